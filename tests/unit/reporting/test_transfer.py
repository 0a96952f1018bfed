import numpy as np
import pandas as pd
import pytest

from supcore.errors import SupError
from supcore.reporting.bootstrap import bootstrap_interval
from supcore.reporting.summary import read_records, write_csv
from supcore.reporting.transfer import COLUMNS, read_table, transfer_table
from supcore.sup_names import epsilon_text
from tests.unit.reporting.conftest import RECORD_COLUMNS


def group(values, n_valid=None):
    n_valid = n_valid or [100] * len(values)
    rows = [
        (
            "kitti2015",
            "psmnet",
            "psmnet",
            "tile64",
            0.02,
            0,
            "ground_truth",
            f"{index}.png",
            value,
            value,
            valid,
        )
        for index, (value, valid) in enumerate(zip(values, n_valid, strict=True))
    ]
    return pd.DataFrame(rows, columns=RECORD_COLUMNS)


def test_mean_and_population_std_over_images():
    row = transfer_table(group([1.0, 3.0]), None).iloc[0]
    assert (row["n_images"], row["d1_mean"], row["d1_std"]) == (2, 2.0, 1.0)


def test_columns_and_published_values(records, published):
    table = transfer_table(records, published, bootstrap_resamples=50)
    assert list(table.columns) == COLUMNS
    own = table.query("target == 'psmnet' and source == 'psmnet' and epsilon == 0.02")
    by_reference = own.groupby("reference")["published_d1"].first()
    assert by_reference["ground_truth"] == 87.7183
    assert np.isnan(by_reference["clean"])
    clean = table.query("target == 'psmnet' and source == 'none' and reference == 'ground_truth'")
    assert clean["published_d1"].item() == 4.2461


def test_controls_come_first(table):
    sources = table.query("target == 'aanet'")["source"].drop_duplicates()
    assert list(sources) == ["none", "noise", "psmnet", "aanet"]


def test_image_without_valid_pixels_is_left_out():
    row = transfer_table(group([1.0, np.nan, 3.0], [10, 0, 10]), None).iloc[0]
    assert (row["n_images"], row["d1_mean"]) == (2, 2.0)


def test_one_valid_pixel_is_enough_for_an_image_to_count():
    row = transfer_table(group([1.0, 3.0], [1, 100]), None).iloc[0]
    assert (row["n_images"], row["d1_mean"]) == (2, 2.0)


def test_numbers_are_written_with_six_decimals(tmp_path):
    write_csv(pd.DataFrame({"epsilon": [0.0020], "d1_mean": [1 / 3], "d1_std": [2.0]}), tmp_path / "table.csv")
    assert (tmp_path / "table.csv").read_text() == "epsilon,d1_mean,d1_std\n0.002,0.333333,2.000000\n"


def test_group_without_usable_image_is_kept_empty(tmp_path):
    table = transfer_table(group([np.nan], [0]), None)
    assert table.loc[0, "n_images"] == 0
    assert table.loc[0, "d1_mean":].isna().all()
    write_csv(table, tmp_path / "transfer.csv")
    line = (tmp_path / "transfer.csv").read_text().splitlines()[1]
    assert line == "kitti2015,psmnet,psmnet,tile64,0.02,0,ground_truth,0" + "," * 10


def test_single_image_has_its_value_as_interval():
    row = transfer_table(group([7.5]), None).iloc[0]
    assert row["d1_ci_low"] == row["d1_mean"] == row["d1_ci_high"] == 7.5


def test_bootstrap_agrees_with_the_normal_interval():
    values = np.random.default_rng(0).normal(50, 10, size=(400, 1))
    low, high = bootstrap_interval(values, np.random.default_rng(1), 4000)[:, 0]
    half = 1.96 * values.std() / np.sqrt(400)
    assert low == pytest.approx(values.mean() - half, abs=0.15)
    assert high == pytest.approx(values.mean() + half, abs=0.15)


def test_result_depends_on_neither_row_order_nor_other_groups(records):
    table = transfer_table(records, None, bootstrap_resamples=100)
    shuffled = transfer_table(records.sample(frac=1, random_state=3), None, bootstrap_resamples=100)
    pd.testing.assert_frame_equal(table, shuffled)
    only_clean = transfer_table(records[records["source"] == "none"], None, bootstrap_resamples=100)
    same = table[table["source"] == "none"].reset_index(drop=True)
    pd.testing.assert_frame_equal(only_clean, same)


def test_bootstrap_follows_the_seed(records):
    first, second = (transfer_table(records, None, bootstrap_resamples=50, seed=seed) for seed in (0, 1))
    assert (first["d1_mean"] == second["d1_mean"]).all()
    assert (first["d1_ci_low"] != second["d1_ci_low"]).any()


def test_same_bytes_and_round_trip(tmp_path, records, published):
    paths = [tmp_path / "a.csv", tmp_path / "b.csv"]
    for path in paths:
        write_csv(transfer_table(records, published, bootstrap_resamples=50), path)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    table = read_table(paths[0])
    write_csv(table, paths[1])
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert set(table["source"]) == {"none", "noise", "psmnet", "aanet"}
    assert set(table.loc[table["source"] == "none", "size"]) == {""}


def test_records_survive_a_file(tmp_path, records, published):
    paths = []
    for source, part in records.groupby("source"):
        paths.append(tmp_path / f"from-{source}.csv")
        part.to_csv(paths[-1], index=False)
    read = transfer_table(read_records(paths), published, bootstrap_resamples=50)
    pd.testing.assert_frame_equal(read, transfer_table(records, published, bootstrap_resamples=50))


def test_duplicate_image_is_refused():
    with pytest.raises(SupError, match="recorded twice"):
        transfer_table(pd.concat([group([1.0]), group([2.0])]), None)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("dataset,target\na,b\n", "lacks the column"),
        ("", "not readable"),
        ("a,b\n1,2\n1,2,3\n", "not readable"),
        (",".join(RECORD_COLUMNS) + "\nd,t,none,,0,,clean,i,,,5\n", "no error value"),
        (",".join(RECORD_COLUMNS) + "\nd,t,none,,0,,clean,i,inf,1,5\n", "no error value"),
        (",".join(RECORD_COLUMNS) + "\nd,t,none,,0,,clean,i,1,-1,5\n", "no error value"),
        (",".join(RECORD_COLUMNS) + "\nd,t,none,,0,,clean,i,1,1,\n", "no error value"),
        (",".join(RECORD_COLUMNS) + "\nd,t,none,,0,,clean,i,1,1,many\n", "no error value"),
        (",".join(RECORD_COLUMNS) + "\nd,t,none,,0,,clean,i,some,1,5\n", "not readable"),
        (",".join(RECORD_COLUMNS) + f"\nd,t,none,,0,{1 << 64},clean,i,1,1,5\n", "not readable"),
        (",".join(RECORD_COLUMNS) + "\nd,t,none,,large,,clean,i,1,1,5\n", "not readable"),
    ],
)
def test_bad_record_files_are_named(tmp_path, content, message):
    path = tmp_path / "clean.csv"
    path.write_text(content)
    with pytest.raises(SupError, match=message) as error:
        read_records([path])
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_missing_record_file_is_named(tmp_path):
    with pytest.raises(SupError, match=r"absent\.csv"):
        read_records([tmp_path / "absent.csv"])


def test_no_record_file_is_an_error():
    with pytest.raises(SupError, match="no record files"):
        read_records([])


@pytest.mark.parametrize(("epsilon", "text"), [(0.0, "0"), (0.02, "0.02"), (0.00001, "0.00001"), (1.0, "1")])
def test_epsilon_notation(epsilon, text):
    assert epsilon_text(epsilon) == text
