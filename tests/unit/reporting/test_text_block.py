"""The evaluation text in the paper's form."""

import pandas as pd

from supcore.reporting.text_block import validation_block, validation_text


def records(**columns):
    return pd.DataFrame({"n_valid": 10, **columns})


def test_both_references_with_four_decimals_and_the_population_deviation():
    text = validation_block(
        records(
            reference=["clean", "clean", "ground_truth", "ground_truth"],
            d1=[50.0, 60.0, 40.0, 44.0],
            epe=[1.0, 3.0, 2.0, 2.5],
        ),
        14000,
    )
    lines = [line.split() for line in text.splitlines()]
    assert " ".join(lines[0]) == "Validation results @ step=14000:"
    assert " ".join(lines[1]) == "Error w.r.t. clean images"
    assert lines[2] == ["D1-Error", "+/-", "EPE", "+/-"]
    assert lines[3] == ["55.0000", "5.0000", "2.0000", "1.0000"]
    assert " ".join(lines[4]) == "Error w.r.t. ground truth"
    assert lines[6] == ["42.0000", "2.0000", "2.2500", "0.2500"]


def test_images_without_valid_pixels_do_not_count_and_an_unknown_step_is_not_a_number():
    table = records(reference=["ground_truth"] * 2, d1=[10.0, None], epe=[1.0, None])
    table["n_valid"] = [5, 0]
    text = validation_block(table, None)
    assert "step=N/A" in text
    assert "clean images" not in text
    assert text.splitlines()[3].split() == ["10.0000", "0.0000", "1.0000", "0.0000"]


def test_one_titled_block_for_each_perturbation_in_the_order_asked_for():
    table = records(reference=["ground_truth"] * 2, d1=[10.0, 20.0], epe=[1.0, 2.0], size="tile64", seed="0")
    table["epsilon"] = ["0.01", "0.02"]
    text = validation_text(table, {("tile64", "0.02", "0"): 5, ("tile64", "0.01", "0"): None})
    first, second = text.split("\n\n")
    assert first.splitlines()[0] == "tile64, epsilon 0.02, seed 0"
    assert "20.0000" in first
    assert "10.0000" in second
