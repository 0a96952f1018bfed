"""The folder of published numbers is looked at before anything is planned with it."""

import shutil

import pytest

from supcore.errors import SupError
from supcore.reporting.published import load_published
from supcore.workflow.paper import TABLES, paper_plots
from tests.unit.workflow.test_settings import REPOSITORY

PUBLISHED = REPOSITORY / "resources/published"


def test_plots_are_those_of_the_evaluated_data_sets():
    everything = paper_plots(PUBLISHED, ["kitti2012", "kitti2015", "flyingthings3d"])
    assert (len(everything), everything[0], everything[-1]) == (24, "P01", "P24")
    assert 0 < len(paper_plots(PUBLISHED, ["kitti2012"])) < 24
    assert paper_plots(PUBLISHED, ["street"]) == []


def test_the_tables_are_those_that_there_are():
    assert {path.stem for path in PUBLISHED.glob("*.csv")} == set(TABLES)


@pytest.mark.parametrize("table", TABLES)
def test_a_folder_without_a_table_is_named(table, tmp_path):
    """All that the reports read, and nothing else."""
    folder = shutil.copytree(PUBLISHED, tmp_path / "published")
    load_published(folder)
    (folder / f"{table}.csv").unlink()
    with pytest.raises(SupError, match=rf"^config key published: \S+ has no {table}\.csv; give the folder"):
        paper_plots(folder, [])
    with pytest.raises((SupError, OSError)):
        load_published(folder)


def test_a_list_of_plots_that_is_none_is_named(tmp_path):
    folder = shutil.copytree(PUBLISHED, tmp_path / "published")
    (folder / "line_plots.csv").write_text("a,b\n1,2\n")
    with pytest.raises(SupError, match=r"^config key published: \S+line_plots\.csv is no table of plots"):
        paper_plots(folder, [])
