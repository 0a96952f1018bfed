"""Tables of the studies that evaluate networks."""

import pandas as pd
import pytest

from supcore.errors import SupError
from supcore.reporting.summary import write_csv
from supcore.studies import make_study
from supcore.studies.classes import drawn_classes

CLASS_SETTINGS = {"min_images": 2, "as_published": False}


def records(rows, **common):
    base = {"dataset": "street", "target": "psmnet", "source": "none", "size": "", "epsilon": 0.0, "seed": pd.NA}
    base |= {"reference": "ground_truth", "image": 0, "d1": 1.0, "epe": 0.5, "n_valid": 10}
    return pd.DataFrame([{**base, **common, **row} for row in rows])


def table_of(study, frame, folder, settings=None):
    write_csv(frame, folder / "records.csv")
    return make_study(study, settings or {}).table([folder / "records.csv"], {}, None, seed=0)


def test_change_is_relative_to_the_uncorrupted_images_of_the_same_network(tmp_path):
    rows = []
    for target, clean in (("psmnet", 2.0), ("aanet", 4.0)):
        for corruption, severity, factor in (("none", 0, 1.0), ("jpeg", 1, 1.5), ("jpeg", 2, 2.0)):
            label = {"target": target, "corruption": corruption, "severity": severity}
            rows.append({**label, "d1": factor * clean, "epe": factor})
            rows.append({**label, "d1": 9.0, "reference": "clean"})
    table = table_of("corruptions", records(rows), tmp_path)
    truth = table[table["reference"] == "ground_truth"].set_index(["target", "corruption", "severity"])
    for target in ("psmnet", "aanet"):
        assert truth.loc[(target, "none", 0), "d1_change"] == 0
        assert truth.loc[(target, "jpeg", 1), "d1_change"] == pytest.approx(50)
        assert truth.loc[(target, "jpeg", 2), "epe_change"] == pytest.approx(100)
    assert table.loc[table["reference"] == "clean", ["d1_change", "epe_change"]].isna().all(axis=None)


def test_corrupted_attacks_are_read_against_the_clean_images_too(tmp_path):
    attacked = {"source": "psmnet", "size": "tile64", "epsilon": 0.02, "seed": 0, "corruption": "none", "severity": 0}
    rows = [{"corruption": "none", "severity": 0, "d1": 2.0}, {**attacked, "d1": 50.0}]
    table = table_of("corruptions", records(rows), tmp_path)
    assert table.set_index("source").loc["psmnet", "d1_change"] == pytest.approx(2400)


def test_missing_clean_images_are_named(tmp_path):
    with pytest.raises(SupError, match="lack the clean images of a network"):
        table_of("corruptions", records([{"corruption": "jpeg", "severity": 1}]), tmp_path)


def test_rare_classes_are_left_out_by_their_number_of_images_alone(tmp_path):
    rows = [{"class_id": 0, "class": "road", "image": i, "d1": 0.0} for i in range(3)]
    rows += [{"class_id": 13, "class": "car", "image": 0, "d1": 90.0}]
    table = table_of("classes", records(rows), tmp_path, CLASS_SETTINGS)
    assert table["class"].tolist() == ["road"]
    assert table["n_images"].tolist() == [3]


def test_as_published_all_classes_stand_in_the_table(tmp_path):
    rows = [{"class_id": c, "class": f"c{c}", "image": i} for c in range(7) for i in range(1 + c)]
    table = table_of("classes", records(rows), tmp_path, CLASS_SETTINGS | {"as_published": True})
    assert table["n_images"].tolist() == [1, 2, 3, 4, 5, 6, 7]


def test_the_published_figure_sorts_by_error_and_drops_the_last_five():
    """Of eight classes one is too rare and counts as 0; the five smallest go, however many images they have."""
    names = [f"c{i}" for i in range(8)]
    table = records([{"class_id": i, "class": name, "n_images": 9} for i, name in enumerate(names)])
    table["d1_mean"] = [5.0, 80.0, 7.0, 6.0, 90.0, 1.0, 2.0, 3.0]
    table.loc[4, "n_images"] = 4
    assert drawn_classes(table, 5)["class"].tolist() == ["c1", "c2", "c3"]


def test_per_image_attacks_are_kept_apart_in_the_order_of_the_configuration(tmp_path):
    attacks = ["ifgsm", "di2fgsm"]
    rows = [{"attack": attack, "target": target} for target in ("psmnet", "aanet") for attack in sorted(attacks)]
    frame = records([{**row, "d1": d1} for d1, row in enumerate(rows, start=1)])
    table = table_of("per_image", frame, tmp_path, {"attacks": attacks})
    assert table[["attack", "target", "d1_mean"]].to_numpy().tolist() == [
        ["ifgsm", "psmnet", 2.0],
        ["ifgsm", "aanet", 4.0],
        ["di2fgsm", "psmnet", 1.0],
        ["di2fgsm", "aanet", 3.0],
    ]


def test_samples_rise(tmp_path):
    frame = records([{"samples": n, "d1": 1.0} for n in (200, 40, 1000)])
    assert table_of("sampling_efficiency", frame, tmp_path)["samples"].tolist() == [40, 200, 1000]
