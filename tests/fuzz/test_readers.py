"""A few hundred mutations of every kind of file; ``python -m tests.fuzz.run`` tries more."""

import pytest
from hypothesis import given, settings

from tests.fuzz.harness import execute
from tests.fuzz.mutations import EDITS, mutated
from tests.fuzz.targets import TARGETS


@pytest.mark.parametrize("name", TARGETS)
def test_a_valid_file_is_read(name, tmp_path):
    target = TARGETS[name]
    assert execute(target, target.complete(target.valid()), tmp_path)


@pytest.mark.parametrize("name", TARGETS)
def test_a_mutated_file_is_read_or_refused(name, tmp_path):
    target = TARGETS[name]
    valid = target.valid()

    @settings(max_examples=150, deadline=None, derandomize=True, database=None)
    @given(EDITS)
    def check(edits):
        execute(target, target.complete(mutated(valid, edits)), tmp_path)

    check()
