"""What a PyTorch user expects of a perturbation: it says what it is, moves, and hands out and takes over its state."""

import pytest
import torch

from supcore.errors import SupError
from supcore.perturbation import StereoPerturbation


@pytest.fixture
def sup():
    sup = StereoPerturbation((4, 8), (16, 32), 0.02)
    sup.left, sup.right, sup.train_step = torch.full((3, 4, 8), 0.02), torch.full((3, 4, 8), -0.01), 7
    return sup


def test_it_says_what_it_is(sup):
    assert repr(sup) == (
        "StereoPerturbation(size=(4, 8), image_size=(16, 32), epsilon=0.02, train_step=7, largest=0.02, device='cpu')"
    )
    assert "train_step" not in repr(StereoPerturbation((4, 8), (16, 32), 0.02))


def test_state_goes_through_a_file_into_another_perturbation(sup, tmp_path):
    torch.save(sup.state_dict(), tmp_path / "state.pt")
    other = StereoPerturbation((4, 8), (32, 64), 0.5)
    other.load_state_dict(torch.load(tmp_path / "state.pt", weights_only=True))
    assert repr(other) == repr(sup)
    assert torch.equal(other.left, sup.left)
    assert torch.equal(other.right, sup.right)


def test_loaded_state_does_not_share_memory(sup):
    other = StereoPerturbation((4, 8), (16, 32), 0.02)
    other.load_state_dict(sup.state_dict())
    sup.left += 1
    assert float(other.left.max()) == pytest.approx(0.02)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"left": torch.zeros(3, 8, 8), "right": torch.zeros(3, 8, 8)},
            r"tiles of \(8, 8\), this perturbation has \(4, 8\)",
        ),
        ({"left": torch.ones(3, 4, 8)}, "beyond its epsilon"),
        ({"more": 1}, "has the entries left, right, epsilon, image_size, train_step, got .*more"),
    ],
)
def test_state_of_another_kind_is_refused_and_nothing_changes(sup, change, message):
    before = sup.left.clone()
    with pytest.raises(SupError, match=message):
        sup.load_state_dict(sup.state_dict() | change)
    assert torch.equal(sup.left, before)


def test_it_moves_to_a_device_and_back(sup):
    moved = sup.to("meta")
    assert moved is sup
    assert {sup.left.device.type, sup.right.device.type} == {"meta"}
    fresh = StereoPerturbation((4, 8), (16, 32), 0.02)
    assert fresh.cpu() is fresh


@pytest.mark.skipif(not torch.cuda.is_available(), reason="PyTorch sees no GPU")
def test_it_moves_to_the_gpu(sup):
    assert sup.cuda().left.device.type == sup.right.device.type == "cuda"
