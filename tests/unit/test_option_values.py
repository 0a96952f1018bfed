"""Options by name and type, with the annotations that options have."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pytest

from supcore.errors import SupError
from supcore.option_values import check_options


@pytest.mark.parametrize(
    ("annotation", "right", "wrong", "words"),
    [
        (int, [3, np.int64(3)], [3.0, "3", True, None], "a whole number"),
        (float, [3, 0.5, np.float32(1)], ["0.5", False, None], "a number"),
        (bool, [True], [1, "yes"], "true or false"),
        (str, ["a", ""], [1, None, ["a"]], "text"),
        (str | None, ["a", None], [1], "text or null"),
        (Literal["a", "b"], ["a"], ["c", None], "one of a, b"),
        (tuple[int, int], [(1, 2), [1, 2]], [[1], [1, 2, 3], [1, "2"], 1, "12"], "a list of 2, each a whole number"),
        (tuple[int, ...], [(), [1, 2, 3]], [["1"], 1], "a list, each item a whole number"),
        (Sequence[Literal["A"]], [["A"]], ["A", ["B"]], "a list, each item one of A"),
    ],
)
def test_values_have_the_annotated_type(annotation, right, wrong, words):
    for value in right:
        check_options("network n", {"option": annotation}, {"option": value})
    for value in wrong:
        with pytest.raises(SupError) as caught:
            check_options("network n", {"option": annotation}, {"option": value})
        assert str(caught.value) == f"network n: option must be {words}, got {value!r}"


@pytest.mark.parametrize("annotation", [Any, "int", dict[str, int]])
def test_annotations_that_options_do_not_need_take_everything(annotation):
    """Those of a network of one's own may be any; it says itself what it cannot take."""
    check_options("network n", {"option": annotation}, {"option": object()})


def test_unknown_names_come_with_the_known_ones():
    with pytest.raises(SupError, match=r"^layout l: unknown option c, d; known options: a, b$"):
        check_options("layout l", {"a": int, "b": int}, {"d": 1, "a": 1, "c": 1})
    with pytest.raises(SupError, match=r"known options: none$"):
        check_options("layout l", {}, {"d": 1})
