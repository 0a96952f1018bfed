"""Files that are no stereoscopic universal perturbation, or not one of these images."""

import pytest
import torch
from safetensors.torch import save_file

from supcore.perturbation import StereoPerturbation
from supcore.tensor_files import write_tensors
from tests.bad_input.refusal import check_refusal

TILES = {"left": torch.zeros(3, 64, 64), "right": torch.zeros(3, 64, 64)}
HEADER = {"epsilon": 0.02, "image_size": [256, 640], "train_step": 1}
NOT_A_SUP = "not a perturbation file"
CHOOSE = "choose a SUP's file"
INFINITE = float("inf")


def ours(tiles=None, **header):
    return lambda path: write_tensors(path, {**TILES, **(tiles or {})}, {**HEADER, **header})


def authors(left, right=None):
    content = {
        "perturb0_state_dict": {"weights": left},
        "perturb1_state_dict": {"weights": left if right is None else right},
    }
    return lambda path: torch.save(content, path)


def one(value):
    tile = torch.zeros(3, 64, 64)
    tile[1, 2, 3] = value
    return tile


# Name: file name, how it is made, fault, remedy.
WRONG = {
    "tile that does not divide": ("s.safetensors", ours(image_size=[100, 100]), "does not divide", "choose a tile"),
    "image of no size": ("s.safetensors", ours(image_size=[0, 0]), "does not divide the image 0x0", "choose a tile"),
    "image of negative size": ("s.safetensors", ours(image_size=[-256, 640]), "-256x640", "choose a tile"),
    "image of infinite size": ("s.safetensors", ours(image_size=[INFINITE, 640]), NOT_A_SUP, CHOOSE),
    "image of three sizes": ("s.safetensors", ours(image_size=[256, 640, 3]), NOT_A_SUP, CHOOSE),
    "infinite step": ("s.safetensors", ours(train_step=INFINITE), NOT_A_SUP, CHOOSE),
    "epsilon as text": ("s.safetensors", ours(epsilon="large"), NOT_A_SUP, CHOOSE),
    "epsilon NaN": ("s.safetensors", ours(epsilon=float("nan")), r"epsilon must be in \(0, 1\]", "got nan"),
    "epsilon on 8 bits": ("s.safetensors", ours(epsilon=5), r"epsilon must be in \(0, 1\]", "got 5"),
    "above epsilon": ("s.safetensors", ours({"left": one(0.03)}), "reach 0.03, beyond its epsilon 0.02", "correct one"),
    "below minus epsilon": ("s.safetensors", ours({"right": one(-1.0)}), "reach 1, beyond its epsilon", "correct one"),
    "NaN": ("s.safetensors", ours({"left": one(float("nan"))}), "reach nan, beyond its epsilon", "correct one"),
    "two channels": ("s.safetensors", ours({"left": torch.zeros(2, 64, 64)}), "tiles must both be 3×h×w", CHOOSE),
    "tiles of two sizes": ("s.safetensors", ours({"left": torch.zeros(3, 64, 32)}), "must both be 3×h×w", CHOOSE),
    "complex": ("s.safetensors", ours({"left": TILES["left"] * 1j}), "unusual kind .*complex64", "save plain numbers"),
    "weights of a network": (
        "s.safetensors",
        lambda path: save_file({"conv.weight": torch.zeros(3)}, path),
        NOT_A_SUP,
        CHOOSE,
    ),
    "authors' file of weights": ("s.pth", lambda path: torch.save({"state_dict": TILES}, path), NOT_A_SUP, CHOOSE),
    "authors' file of a list": ("s.pth", lambda path: torch.save([1], path), NOT_A_SUP, CHOOSE),
    "authors' file of text": ("s.pth", authors("x"), NOT_A_SUP, CHOOSE),
    "authors' tile without channels": ("s.pth", authors(torch.zeros(64, 64)), "must both be 3×h×w", CHOOSE),
    "authors' empty tile": ("s.pth", authors(torch.zeros(3, 0, 0)), "must both be 3×h×w", CHOOSE),
    "authors' odd tile": ("s.pth", authors(torch.zeros(3, 50, 50)), "50x50 does not divide", "choose a tile"),
    "authors' NaN": ("s.pth", authors(one(float("nan"))), "not finite", "fetch the file again"),
    "authors' infinity": ("s.pth", authors(one(INFINITE)), "not finite", "fetch the file again"),
    "beyond the epsilon of the name": ("norm002.pth", authors(one(0.5)), "beyond its epsilon 0.02", "correct one"),
    "sparse": ("s.pth", authors(TILES["left"].to_sparse()), "unusual kind .*sparse", "save plain numbers"),
    "one number for terabytes": (
        "s.pth",
        authors(torch.zeros(1).expand(3, 256_000, 640_000)),
        "unusual kind",
        "save plain numbers",
    ),
    "another format": ("s.npy", lambda path: path.write_bytes(b"\x93NUMPY"), "refused|damaged", "file"),
}


@pytest.mark.parametrize("case", WRONG)
@pytest.mark.filterwarnings("ignore")  # PyTorch warns of what it is asked to save here
def test_a_wrong_perturbation_is_named(case, tmp_path):
    name, make, fault, remedy = WRONG[case]
    path = tmp_path / name
    make(path)
    check_refusal(lambda: StereoPerturbation.load(path), tmp_path, path, fault, remedy)


def test_the_perturbation_that_the_cases_change_is_right(tmp_path):
    ours()(tmp_path / "s.safetensors")
    authors(one(0.02))(tmp_path / "s.pth")
    assert StereoPerturbation.load(tmp_path / "s.safetensors").train_step == 1
    assert StereoPerturbation.load(tmp_path / "s.pth").epsilon == pytest.approx(0.02)


def test_a_perturbation_with_code_is_refused_and_not_executed(tmp_path, trap):
    authors(trap)(tmp_path / "s.pth")
    check_refusal(
        lambda: StereoPerturbation.load(tmp_path / "s.pth"), tmp_path, tmp_path / "s.pth", "refused", "could run code"
    )
    assert not trap.sprung.exists()
