"""The numbers in README and documentation are those of the stored results."""

import re

import pytest

from docs.extensions.result_tables import PAGES, TABLE, table, written

MARKED = [page for page in PAGES if TABLE.search(page.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("page", MARKED, ids=lambda page: page.name)
def test_tables_are_those_of_the_stored_results(page):
    """``make result-tables`` writes them anew."""
    text = page.read_text(encoding="utf-8")
    assert written(text) == text


def test_there_are_some():
    assert MARKED


def test_a_cell_is_of_one_condition():
    with pytest.raises(ValueError, match="say more"):
        table("demo/transfer.csv source target dataset=synthetic_driving")


def test_an_interval_stands_where_there_are_several_images():
    mark = "real/transfer.csv target source dataset={} reference=ground_truth epsilon=0 source=none intervals"
    for dataset, written_so in [
        ("kitti2015_frames", r"\| PSMNet +\| \d+\.\d \(\d+ to \d+\) +\|"),
        ("motorcycle", r"\| PSMNet +\| \d+\.\d +\|"),
    ]:
        assert re.search(written_so, table(mark.format(dataset)))
