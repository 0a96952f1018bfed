"""From two folders of pairs to a SUP, perturbed images, and numbers with controls."""

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from supcore.cli.main import main
from supcore.data import read_pair
from supcore.data.image_io import read_image
from supcore.networks import load_pretrained
from supcore.perturbation import StereoPerturbation
from tests.unit.cli.command import DEMO, PAIRS, STREETS, refused, supcore

pytestmark = pytest.mark.thorough


@pytest.fixture(scope="module")
def sup(tmp_path_factory):
    """Two steps on the shipped pairs."""
    path = tmp_path_factory.mktemp("sup") / "sup.safetensors"
    supcore("attack", *DEMO, *PAIRS, "-o", path, "--steps", 2, "--epsilon", 0.03, "--alpha", 0.02)
    return path


def test_attack_writes_a_sup_and_nothing_else(sup):
    loaded = StereoPerturbation.load(sup)
    assert (loaded.size, loaded.image_size, loaded.epsilon, loaded.train_step) == ((64, 64), (128, 256), 0.03, 2)
    assert loaded.left.abs().max() == pytest.approx(0.03)
    assert [file.name for file in sup.parent.iterdir()] == ["sup.safetensors"]


def test_the_same_seed_gives_the_same_bytes_and_another_one_others(sup, tmp_path):
    arguments = ("attack", *DEMO, *PAIRS, "--steps", 2, "--epsilon", 0.03, "--alpha", 0.02)
    for name, seed in (("again", 0), ("other", 1)):
        supcore(*arguments, "-o", tmp_path / f"{name}.safetensors", "--seed", seed)
    assert (tmp_path / "again.safetensors").read_bytes() == sup.read_bytes()
    assert not np.array_equal(
        StereoPerturbation.load(tmp_path / "other.safetensors").left, StereoPerturbation.load(sup).left
    )


def test_evaluate_sets_the_sup_beside_both_controls(sup, tmp_path):
    shown = supcore(
        "evaluate", *DEMO, "--sup", sup, *PAIRS, "--disparity", STREETS / "disparity", "-o", tmp_path / "e.csv"
    )
    rows = [line.rsplit(maxsplit=4) for line in shown.splitlines()[3:]]
    assert [row[0] for row in rows] == ["clean images", "random noise", "SUP"]
    assert rows[0][1:3] == ["-", "-"]  # clean images have no error against themselves
    clean, noise, attacked = (float(row[3]) for row in rows)
    assert clean <= noise < attacked
    records = pd.read_csv(tmp_path / "e.csv")
    assert len(records) == 4 * (1 + 2 + 2)
    means = records[records["reference"] == "ground_truth"].groupby("source")["d1"].mean()
    assert means.round(2).to_dict() == {"none": clean, "noise": noise, "sup": attacked}


def test_evaluate_takes_further_metrics(sup):
    assert "bad2 (%)" in supcore("evaluate", *DEMO, "--sup", sup, *PAIRS, "--metric", "bad2")


def test_attack_leads_to_a_target(tmp_path):
    """Nearer and farther than the clean prediction."""
    network = load_pretrained("psmnet", "demo")
    views = read_pair(STREETS / "left" / "street_0.png", STREETS / "right" / "street_0.png")
    moved = {}
    for shift in ("4", "-4"):
        path = tmp_path / f"by{shift}.safetensors"
        supcore("attack", *DEMO, *PAIRS, "-o", path, "--steps", 4, "--shift", shift)
        moved[shift] = float((network.predict(*StereoPerturbation.load(path)(*views)) - network.predict(*views)).mean())
        assert "shift" in supcore("show", path)
    assert moved["4"] > 0 > moved["-4"]


@pytest.mark.parametrize(("option", "value"), [("--alpha", "0"), ("--steps", "0"), ("--batch", "0"), ("--tile", "0")])
def test_a_number_that_it_cannot_have_names_its_option(option, value, tmp_path):
    done = CliRunner().invoke(main, ["attack", *DEMO, *PAIRS, "-o", str(tmp_path / "s.pth"), option, value])
    assert done.exit_code == 2
    assert f"Invalid value for '{option}'" in done.stderr


def test_one_target_at_a_time(tmp_path):
    options = [*DEMO, *PAIRS, "-o", str(tmp_path / "s.pth"), "--shift", "2", "--scale", "2"]
    done = CliRunner().invoke(main, ["attack", *options])
    assert done.exit_code == 2
    assert "--shift, --scale: a target needs a shift or a scale" in done.stderr


def test_without_ground_truth_only_the_clean_prediction_is_the_reference(sup):
    shown = supcore("evaluate", *DEMO, "--sup", sup, *PAIRS)
    assert "clean prediction" in shown
    assert "ground truth" not in shown


def test_apply_changes_no_pixel_by_more_than_epsilon_and_keeps_sizes(sup, tmp_path):
    supcore("apply", sup, *PAIRS, "-o", tmp_path)
    for side in ("left", "right"):
        assert sorted(f.name for f in (tmp_path / side).iterdir()) == [f"street_{n}.png" for n in range(4)]
        clean, perturbed = (read_image(folder / side / "street_1.png").astype(int) for folder in (STREETS, tmp_path))
        assert np.abs(perturbed - clean).max() == 7  # 0.03 · 255 = 7.65


def test_apply_takes_pairs_of_any_size(sup, tmp_path):
    supcore("apply", sup, *PAIRS, "-o", tmp_path, "--image-size", "100x150")
    assert read_image(tmp_path / "left" / "street_0.png").shape == (100, 150, 3)


def test_show_tells_what_a_file_holds_and_draws_it(sup, tmp_path):
    shown = supcore("show", sup, "-o", tmp_path / "preview.png")
    for text in ("64x64", "128x256", "0.03 (7.6 of 255", "psmnet", "demo", "largest 0.03"):
        assert text in shown
    assert read_image(tmp_path / "preview.png").ndim == 3


def test_pairs_that_do_not_consist_of_whole_tiles_are_cropped(tmp_path):
    supcore("attack", *DEMO, *PAIRS, "-o", tmp_path / "s.pth", "--steps", 1, "--tile", "48x100")
    assert StereoPerturbation.load(tmp_path / "s.pth").image_size == (96, 200)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("attack", *DEMO, *PAIRS, "-o", "sup.npy"), "sup.npy: a perturbation is saved as"),
        (("attack", *DEMO, *PAIRS, "-o", "s.pth", "--tile", "512"), "is smaller than a tile of 512x512"),
        (("attack", *DEMO, "--left", "nowhere", *PAIRS[2:], "-o", "s.pth"), "nowhere: no .png"),
        (("attack", *DEMO, *PAIRS, "-o", "s.pth", "--option", "width=4"), "unknown option width"),
        (("evaluate", *DEMO, *PAIRS, "--sup", "nowhere.pth"), "nowhere.pth: file not found"),
        (("evaluate", *DEMO, *PAIRS, "--sup", "s.pth", "--device", "tpu"), "s.pth: file not found"),
        (("show", str(STREETS / "left" / "street_0.png")), "street_0.png: refused, the file holds objects other"),
    ],
)
def test_what_cannot_be_done_is_one_line(arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert message in refused(*arguments)
    assert not list(tmp_path.iterdir())
