"""Cards of shared files: what stands on them is that of the file, and errors stand beside their controls."""

import json

import pytest
import torch

from supcore.errors import SupError
from supcore.files import sha256
from supcore.networks import save_weights
from supcore.perturbation import StereoPerturbation
from supcore.reporting.summary import write_csv
from supcore.reporting.transfer import transfer_table
from supcore.sharing.cards import card
from supcore.tensor_files import write_tensors
from tests.unit.cli.command import refused, supcore
from tests.unit.reporting.conftest import make_records

HEADER = {"source": "aanet", "weights": "kitti15"}


@pytest.fixture
def sup(tmp_path):
    """A SUP of the workflow."""
    perturbation = StereoPerturbation.random_signs((64, 64), (128, 256), 0.02, torch.Generator().manual_seed(0))
    perturbation.train_step = 1234
    perturbation.save(tmp_path / "sup.safetensors", HEADER)
    return tmp_path / "sup.safetensors"


@pytest.fixture
def transfer(tmp_path):
    """A transfer table of two networks, two epsilons and two seeds."""
    table = transfer_table(make_records(), None, bootstrap_resamples=50)
    write_csv(table, tmp_path / "transfer.csv")
    return table


def write_provenance(file, **settings):
    manifest = {"path": "results/manifests/kitti_raw/train.csv", "sha256": "ab"}
    content = {
        "artifacts": {"sup": {"path": "x", "sha256": sha256(file)}},
        "inputs": {"training_manifest": manifest, "weights[0]": {"path": "w/kitti15.safetensors", "sha256": "cd" * 32}},
        "settings": {"mode": "corrected", **settings},
        "versions": {"supcore": "0.1.0", "torch": "2.14.1"},
        "git_commit": "1a2b",
    }
    file.with_suffix(".json").write_text(json.dumps(content))


PARAMS = {"networks": [{"architecture": "aanet"}], "attack": {"alpha": 0.004, "step_rule": "sign", "batch": 3}}


def facts(text):
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return {row[0]: row[1] for row in rows if len(row) == 2}


def test_a_header_alone_says_what_the_file_is(sup):
    found = facts(card(sup))
    assert found["Attacked networks"] == "aanet"
    assert found["Their weights"] == "kitti15"
    assert found["Size"] == "tiles of 64×64 px, for images of 128×256"
    assert found["Epsilon"] == "0.02 (5.1 of 255 gray levels)"
    assert found["Steps"] == "1234"
    assert found["SHA-256 of the file"] == sha256(sup)
    assert not {"Optimized on", "Seed", "Commit"} & set(found)


def test_provenance_adds_how_it_was_made(sup):
    write_provenance(sup, params=PARAMS, wildcards={"seed": "1"})
    found = facts(card(sup))
    assert found["Optimized on"] == "data set kitti_raw, split train"
    assert found["Files of the weights"] == "kitti15.safetensors (SHA-256 cdcdcdcdcdcd…)"
    assert found["Step rule"] == "sign"
    assert found["Options of the steps"] == "alpha 0.004, batch 3"
    assert (found["Seed"], found["Mode"], found["Commit"]) == ("1", "corrected", "1a2b")
    assert found["Made with"] == "supcore 0.1.0, torch 2.14.1"


def test_provenance_of_another_file_is_left_alone(sup):
    """A SUP that was replaced keeps its old JSON."""
    write_provenance(sup, params=PARAMS, wildcards={"seed": "1"})
    StereoPerturbation((64, 64), (128, 256), 0.02).save(sup, HEADER)
    assert not {"Optimized on", "Seed", "Commit"} & set(facts(card(sup)))


def test_errors_of_the_sup_stand_beside_clean_images_and_noise(sup, transfer, tmp_path):
    write_provenance(sup, params=PARAMS, wildcards={"seed": "1"})
    text = card(sup, tmp_path / "transfer.csv")
    lines = [line for line in text.splitlines() if "D1 (%)" in line]
    assert len(lines) == 4, "two networks, two references; one epsilon and one seed"
    wanted = transfer.query("target == 'psmnet' and reference == 'ground_truth'")

    def cell(rows):
        row = rows.iloc[0]
        return f"{row['d1_mean']:.2f} [{row['d1_ci_low']:.2f}, {row['d1_ci_high']:.2f}]"

    cells = [
        wanted.query("source == 'none'"),
        wanted.query("source == 'noise' and epsilon == 0.02"),
        wanted.query("source == 'aanet' and epsilon == 0.02 and seed == 1"),
    ]
    columns = [column.strip() for column in lines[0].strip("|").split("|")]
    assert columns[:4] == ["KITTI 2015", "PSMNet", "ground truth", "D1 (%)"]
    assert columns[4:] == [cell(rows) for rows in cells]


def test_a_table_without_the_sup_is_refused(sup, transfer, tmp_path):
    write_csv(transfer.query("source != 'aanet'"), tmp_path / "transfer.csv")
    with pytest.raises(SupError, match=r"transfer\.csv: has no row about .*sup\.safetensors; give the transfer table"):
        card(sup, tmp_path / "transfer.csv")


def test_weights_have_a_card_with_every_sup_that_met_them(small_network, transfer, tmp_path):
    save_weights(small_network, tmp_path / "mine.safetensors")
    text = card(tmp_path / "mine.safetensors", tmp_path / "transfer.csv", "MIT")
    found = facts(text)
    assert found["Network"] == "psmnet"
    assert "max_disparity 16" in found["Options"]
    assert int(found["Parameters and buffers"].replace(",", "")) == sum(
        value.numel() for value in small_network.state_dict().values()
    )
    lines = [line for line in text.splitlines() if "EPE (px)" in line]
    assert len(lines) == 2 * 2 * 2, "sources, epsilons, references; seeds are averaged"
    assert all("PSMNet" in line.split("|")[2] for line in lines)
    assert "\n## License\n\nMIT\n" in text
    assert 'load_pretrained("psmnet", "mine.safetensors")' in text


def test_a_header_cannot_break_the_table(tmp_path):
    sup = StereoPerturbation("full", (32, 64), 0.02)
    sup.save(tmp_path / "odd.safetensors", {"source": "a|b\n\n# c", "seed": "x"})
    assert "| Attacked networks | a\\|b # c |" in card(tmp_path / "odd.safetensors")


def test_the_authors_format_has_a_card_too(tmp_path):
    StereoPerturbation((32, 32), (32, 64), 0.01).save(tmp_path / "sup.pth")
    assert facts(card(tmp_path / "sup.pth"))["Epsilon"] == "0.01 (2.6 of 255 gray levels)"


def test_other_tensors_are_refused(tmp_path):
    write_tensors(tmp_path / "t.safetensors", {"x": torch.zeros(1)}, {})
    line = refused("export-card", tmp_path / "t.safetensors")
    assert line.endswith("neither a SUP nor weights whose header names their network; choose one of them")


def test_the_command_prints_the_card_or_writes_it(sup, tmp_path):
    shown = supcore("export-card", sup)
    assert shown == card(sup)
    assert "Not stated. Whoever shares the file has to say under which terms." in shown
    supcore("export-card", sup, "--license", "CC0", "-o", tmp_path / "card.md")
    assert (tmp_path / "card.md").read_text() == card(sup, terms="CC0")
