"""Run times: sums of the benchmark files of this workflow's stages, and of no other's."""

import pandas as pd
import pytest
from supcore.reporting.run_times import COLUMNS, run_time_bars, run_times, write_run_times

HEAD = "s\th:m:s\tmax_rss\tmax_vms\tmax_uss\tmax_pss\tio_in\tio_out\tmean_load\tcpu_time\n"


@pytest.fixture
def benchmarks(tmp_path):
    jobs = {"train/a/one.tsv": (30, 500, 20), "train/a/two.tsv": (10, 700, 8), "figures/bars.tsv": (1, "NA", "NA")}
    jobs |= {"real_sample/train/one.tsv": (999, 1, 1)}
    for name, (seconds, memory, cpu) in jobs.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{HEAD}{seconds}\t0:00:{seconds}\t{memory}\t1\t1\t1\t0\t0\t50\t{cpu}\n")
    return tmp_path


def test_stages_are_summed_longest_first(benchmarks):
    table = run_times(benchmarks, ["figures", "tables", "train"])
    assert list(table.columns) == COLUMNS
    train, figures = table.to_dict("records")
    assert train == {
        "stage": "train",
        "jobs": 2,
        "seconds": 40,
        "median_seconds": 20,
        "longest_seconds": 30,
        "cpu_seconds": 28,
        "peak_memory_mb": 700,
    }
    assert (figures["stage"], figures["seconds"]) == ("figures", 1)


def test_a_job_too_short_to_be_measured_has_no_memory(benchmarks, tmp_path):
    table = run_times(benchmarks, ["figures"])
    assert table[["cpu_seconds", "peak_memory_mb"]].isna().all(axis=None)
    write_run_times(table, tmp_path / "run_times.csv")
    assert (tmp_path / "run_times.csv").read_text().splitlines()[1] == "figures,1,1,1.00,1,,"


def test_bars_are_as_long_as_the_jobs_took(benchmarks):
    table = run_times(benchmarks, ["figures", "train"])
    axes = run_time_bars(table).axes[0]
    assert [bar.get_width() for bar in axes.patches] == [40, 1]
    assert [text.get_text() for text in axes.texts] == ["40.0 in 2 jobs", "1.0 in 1 job"]
    long = run_time_bars(table.assign(seconds=60 * table["seconds"])).axes[0]
    assert [bar.get_width() for bar in long.patches] == [40, 1]
    assert "minutes" in long.get_xlabel()


def test_without_benchmark_files_the_table_is_empty_and_the_figure_says_so(tmp_path):
    table = run_times(tmp_path / "nowhere", ["train"])
    assert table.empty
    assert list(table.columns) == COLUMNS
    assert run_time_bars(table).axes[0].texts[0].get_text() == "no benchmark files"


def test_the_order_of_equal_stages_is_that_of_their_names(tmp_path):
    for stage in "ba":
        (tmp_path / stage).mkdir()
        (tmp_path / stage / "job.tsv").write_text(f"{HEAD}1\t0\t1\t1\t1\t1\t0\t0\t1\t1\n")
    assert run_times(tmp_path, ["b", "a"])["stage"].tolist() == ["a", "b"]
    assert isinstance(run_times(tmp_path, ["a"]), pd.DataFrame)
