"""Files that are no stereoscopic universal perturbation, or not one of these images."""

import pytest
import torch

from supcore.perturbation import StereoPerturbation
from supcore.tensor_files import write_tensors
from tests.refusal import check_refusal

TILES = {"left": torch.zeros(3, 64, 64), "right": torch.zeros(3, 64, 64)}
HEADER = {"epsilon": 0.02, "image_size": [256, 640], "train_step": 1}
NOT_OURS = "not a perturbation file (it lacks its tiles, epsilon or image_size); choose a SUP's file"
NOT_THEIRS = "not a perturbation file (no perturb0_state_dict / perturb1_state_dict); choose a SUP's file"
NOT_DIVIDING = "tile {} does not divide the image {}; choose a tile whose sides divide the image's"
EPSILON = "epsilon must be in (0, 1] (image intensities are in [0, 1]), got {}"
BEYOND = "elements reach {}, beyond its epsilon 0.02; correct one of them"
TILE = "tiles must both be 3×h×w, found {} and {}; choose a SUP's file"
UNUSUAL = "refused, it holds a tensor of an unusual kind ({}…); save plain numbers"
INFINITE = float("inf")


def ours(tiles=None, **header):
    return lambda path: write_tensors(path, {**TILES, **(tiles or {})}, {**HEADER, **header})


def authors(left, right=None):
    views = (left, left if right is None else right)
    return whole({f"perturb{number}_state_dict": {"weights": view} for number, view in enumerate(views)})


def whole(content):
    return lambda path: torch.save(content, path)


def one(value):
    tile = torch.zeros(3, 64, 64)
    tile[1, 2, 3] = value
    return tile


def whole_with(**entries):
    views = {f"perturb{number}_state_dict": {"weights": one(0.02)} for number in (0, 1)}
    return whole(views | entries)


# How it is made, what the message says behind the file's name.
OURS = {
    "tile that does not divide": (ours(image_size=[100, 100]), NOT_DIVIDING.format("64x64", "100x100")),
    "image of no size": (ours(image_size=[0, 0]), NOT_DIVIDING.format("64x64", "0x0")),
    "image of negative size": (ours(image_size=[-256, 640]), NOT_DIVIDING.format("64x64", "-256x640")),
    "image of infinite size": (ours(image_size=[INFINITE, 640]), NOT_OURS),
    "image of one size": (ours(image_size=[256]), NOT_OURS),
    "image of three sizes": (ours(image_size=[256, 640, 3]), NOT_OURS),
    "infinite step": (ours(train_step=INFINITE), NOT_OURS),
    "epsilon as text": (ours(epsilon="large"), NOT_OURS),
    "epsilon NaN": (ours(epsilon=float("nan")), EPSILON.format("nan")),
    "epsilon on 8 bits": (ours(epsilon=5), EPSILON.format("5")),
    "above epsilon": (ours({"left": one(0.03)}), BEYOND.format("0.03")),
    "below minus epsilon": (ours({"right": one(-1.0)}), BEYOND.format("1")),
    "NaN": (ours({"left": one(float("nan"))}), BEYOND.format("nan")),
    "infinity": (ours({"right": one(INFINITE)}), BEYOND.format("inf")),
    "two channels": (ours({"left": torch.zeros(2, 64, 64)}), TILE.format("(2, 64, 64)", "(3, 64, 64)")),
    "tiles of two sizes": (ours({"left": torch.zeros(3, 64, 32)}), TILE.format("(3, 64, 32)", "(3, 64, 64)")),
    "whole numbers": (ours({"left": TILES["left"].long()}), "tiles are of torch.int64 and torch.float32; save them as"),
    "complex": (ours({"left": TILES["left"] * 1j}), UNUSUAL.format("torch.complex64")),
    "without our header": (lambda path: write_tensors(path, TILES, {}), NOT_OURS),
    "weights of a network": (lambda path: write_tensors(path, {"conv.weight": torch.zeros(3)}, HEADER), NOT_OURS),
    "missing": (lambda path: None, "file not found; check the path"),
    "truncated": (lambda path: path.write_bytes(bytes(9)), "damaged safetensors file (…); make or fetch it again"),
}
AUTHORS = {
    "weights": (whole({"state_dict": TILES}), NOT_THEIRS),
    "list": (whole([1, 2]), NOT_THEIRS),
    "tensor": (whole(torch.zeros(3)), NOT_THEIRS),
    "text for a tile": (authors("x"), NOT_THEIRS),
    "view without a tile": (whole({"perturb0_state_dict": {}}), NOT_THEIRS),
    "image size of one number": (whole_with(image_size=5), NOT_THEIRS),
    "epsilon as text": (whole_with(epsilon="large"), NOT_THEIRS),
    "epsilon on 8 bits": (whole_with(epsilon=5.0), EPSILON.format("5.0")),
    "above its epsilon": (whole_with(epsilon=0.001), BEYOND.replace("0.02", "0.001").format("0.02")),
    "without channels": (authors(torch.zeros(64, 64)), TILE.format("(64, 64)", "(64, 64)")),
    "without rows": (authors(torch.zeros(3, 64)), TILE.format("(3, 64)", "(3, 64)")),
    "one channel": (authors(torch.zeros(1, 4, 4)), TILE.format("(1, 4, 4)", "(1, 4, 4)")),
    "tiles of two sizes": (authors(torch.zeros(3, 4, 4), torch.zeros(3, 4, 8)), TILE.format("(3, 4, 4)", "(3, 4, 8)")),
    "empty tile": (authors(torch.zeros(3, 0, 0)), TILE.format("(3, 0, 0)", "(3, 0, 0)")),
    "odd tile": (authors(torch.zeros(3, 50, 50)), NOT_DIVIDING.format("50x50", "256x640")),
    "NaN": (authors(one(float("nan"))), "elements of the perturbation are not finite; fetch the file again"),
    "infinity": (authors(one(INFINITE)), "elements of the perturbation are not finite; fetch the file again"),
    "truth values": (authors(TILES["left"] > 0), "tiles are of torch.bool and torch.bool; save them as torch.float32"),
    "finite in 64 bits only": (
        authors(one(1.0).double() * 1e300),
        "elements of the perturbation are not finite; fetch",
    ),
    "nested": (
        authors(torch.nested.nested_tensor([torch.zeros(2)])),
        UNUSUAL.format("torch.float32, torch.strided, nes"),
    ),
    "sparse": (authors(TILES["left"].to_sparse()), UNUSUAL.format("torch.float32, torch.sparse_coo")),
    "one number for terabytes": (authors(torch.zeros(1).expand(3, 256_000, 640_000)), UNUSUAL.format("torch.float32")),
    "truncated": (lambda path: path.write_bytes(b"PK\x03\x04"), "damaged or not a PyTorch file (…); fetch it again"),
}
WRONG = [
    pytest.param(name, *case, id=f"{name}: {what}")
    for name, cases in (
        ("sup.safetensors", OURS),
        ("sup.pth", AUTHORS),
        ("norm002.pth", {"beyond the epsilon of the name": (authors(one(0.5)), BEYOND.format("0.5"))}),
        ("sup.npy", {"another format": (lambda path: path.write_bytes(b"\x93NUMPY"), "refused … choose one")}),
    )
    for what, case in cases.items()
]


@pytest.mark.parametrize(("name", "make", "line"), WRONG)
@pytest.mark.filterwarnings("ignore")  # PyTorch warns of what it is asked to save here
def test_a_wrong_perturbation_is_named(name, make, line, tmp_path):
    path = tmp_path / name
    make(path)
    check_refusal(lambda: StereoPerturbation.load(path), tmp_path, f"{path}: {line}")


def test_the_perturbation_that_the_cases_change_is_right(tmp_path):
    ours()(tmp_path / "s.safetensors")
    authors(one(0.02))(tmp_path / "s.pth")
    assert StereoPerturbation.load(tmp_path / "s.safetensors").train_step == 1
    assert StereoPerturbation.load(tmp_path / "s.pth").epsilon == pytest.approx(0.02)


def test_ours_is_known_by_its_content_whatever_its_name(tmp_path):
    ours({"left": one(0.02)})(tmp_path / "mine.pth")
    sup = StereoPerturbation.load(tmp_path / "mine.pth", image_size=(64, 128), epsilon=0.05)
    assert (sup.image_size, sup.epsilon, float(sup.left.max())) == ((64, 128), 0.05, pytest.approx(0.02))


def test_a_perturbation_with_code_is_refused_and_not_executed(tmp_path, trap):
    path = tmp_path / "sup.pth"
    authors(trap)(path)
    line = f"{path}: refused, the file holds objects other than tensors and could run code; choose one of tensors"
    check_refusal(lambda: StereoPerturbation.load(path), tmp_path, line)
    assert not trap.sprung.exists()
