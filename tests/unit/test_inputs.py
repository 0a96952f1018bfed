"""Images and maps that cannot be meant are refused at every public door, and never give a number."""

import numpy as np
import pytest
import torch
from PIL import Image

from supcore.attack import PER_IMAGE_ATTACKS, PerImageAttack, UniversalAttack
from supcore.errors import SupError
from supcore.inputs import InputError, PairCheck
from supcore.metrics import d1_error, end_point_error
from supcore.networks import StereoNetwork
from supcore.perturbation import StereoPerturbation


def gray(*shape, value=0.5):
    return torch.full(shape, value)


PAIR = gray(1, 3, 32, 64)
WRONG_PAIRS = {
    "8 bits": ((PAIR * 255).byte(), (PAIR * 255).byte(), "left is of torch.uint8, not floating point; .* / 255"),
    "0 to 255": (PAIR * 255, PAIR * 255, r"values of left must be in \[0, 1\], found 127.5 to 127.5; .*/ 255"),
    "right only": (PAIR, PAIR * 255, "values of right must be in"),
    "normalized": (PAIR - 2.1, PAIR, "values of left must be in .* leave normalization to the network"),
    "NaN": (PAIR, PAIR * torch.nan, "values of right must be in .* found nan"),
    "one channel": (gray(1, 1, 32, 64), gray(1, 1, 32, 64), r"must both be N×3×H×W.*\(1, 1, 32, 64\)"),
    "alpha channel": (gray(1, 4, 32, 64), gray(1, 4, 32, 64), "must both be N×3×H×W"),
    "channels last": (gray(1, 32, 64, 3), gray(1, 32, 64, 3), "must both be N×3×H×W"),
    "no batch": (gray(3, 32, 64), gray(3, 32, 64), r"image\[None\]"),
    "no images": (gray(0, 3, 32, 64), gray(0, 3, 32, 64), "must both be N×3×H×W"),
    "other size": (PAIR, gray(1, 3, 32, 32), "of one size, got .*32, 64.*32, 32"),
    "other number": (PAIR, gray(2, 3, 32, 64), "of one size"),
    "NumPy": (np.zeros((32, 64, 3), np.uint8), PAIR, r"left is a numpy ndarray of \(32, 64, 3\).*read_pair.*to_tensor"),
    "PIL": (PAIR, Image.new("RGB", (64, 32)), r"right is a PIL Image of \(64, 32\), not a tensor.*to_tensor"),
    "path": ("left.png", "right.png", "left is a builtins str, not a tensor; read image files with .*read_pair"),
}


@pytest.fixture
def doors(small_network):
    """Every public function that takes a pair."""
    sup = StereoPerturbation((16, 16), (32, 64), 0.02)
    return {
        "sup": sup,
        "network": small_network,
        "predict": small_network.predict,
        "step": UniversalAttack(small_network, sup, alpha=0.01).step,
        "per image": lambda *pair: PerImageAttack(small_network, 0.02, PER_IMAGE_ATTACKS["fgsm"])(*pair, images=[0]),
    }


@pytest.mark.parametrize("door", ["sup", "network", "predict", "step", "per image"])
@pytest.mark.parametrize("kind", WRONG_PAIRS)
def test_a_wrong_pair_is_refused_in_one_line(kind, door, doors):
    left, right, message = WRONG_PAIRS[kind]
    with pytest.raises(SupError, match=message) as refusal:
        doors[door](left, right)
    assert "\n" not in str(refusal.value)
    assert isinstance(refusal.value, ValueError)


def test_a_wrong_pair_changes_no_perturbation(small_network):
    sup = StereoPerturbation((16, 16), (32, 64), 0.02)
    attack = UniversalAttack(small_network, sup, alpha=0.01)
    for left, right, _ in WRONG_PAIRS.values():
        with pytest.raises(InputError):
            attack.step(left, right)
    assert not sup.left.any()
    assert not sup.right.any()


def test_half_precision_and_slightly_exceeded_bounds_are_no_mistake():
    PairCheck()(PAIR.half(), PAIR.half())
    PairCheck()(gray(1, 3, 2, 2, value=1.05), gray(1, 3, 2, 2, value=-0.05))


def test_what_to_tensor_makes_of_an_image_is_accepted():
    """The remedy that the messages name works."""
    from torchvision.transforms.functional import to_tensor

    image = np.full((32, 64, 3), 255, np.uint8)
    for converted in (to_tensor(image)[None], to_tensor(Image.fromarray(image))[None]):
        PairCheck()(converted, converted)


@pytest.mark.parametrize("target", [gray(1, 32, 64), gray(1, 1, 16, 64), torch.ones(1, 1, 32, 64, dtype=torch.int16)])
@pytest.mark.parametrize("door", ["step", "per image"])
def test_a_target_of_another_kind_is_refused(door, target, small_network):
    sup = StereoPerturbation((16, 16), (32, 64), 0.02)
    call = {
        "step": UniversalAttack(small_network, sup, alpha=0.01).step,
        "per image": lambda *a, **k: PerImageAttack(small_network, 0.02, PER_IMAGE_ATTACKS["fgsm"])(
            *a, images=[0], **k
        ),
    }[door]
    with pytest.raises(InputError, match="target"):
        call(PAIR, PAIR, target=target)


MAP = gray(1, 1, 4, 6, value=5.0)


@pytest.mark.parametrize("metric", [d1_error, end_point_error])
@pytest.mark.parametrize(
    ("maps", "message"),
    [
        ((MAP[0, 0], MAP[0, 0]), r"N×1×H×W of one size, got disparity \(4, 6\).*map\[None, None\]"),
        ((MAP, MAP[0, 0]), "of one size"),
        ((MAP, MAP.expand(2, 1, 4, 6)), "of one size"),
        ((MAP.expand(1, 3, 4, 6), MAP.expand(1, 3, 4, 6)), "N×1×H×W"),
        ((MAP, (MAP * 256).to(torch.int32)), "reference is of torch.int32.*256"),
        ((MAP, MAP.numpy()), "reference is a ndarray, not a tensor; .*torch.from_numpy"),
        ((MAP, MAP, MAP), "mask must be a boolean tensor, got torch.float32"),
        ((MAP, MAP, torch.ones(4, 6, dtype=torch.bool)), "of one size"),
    ],
)
def test_maps_of_another_kind_give_no_error_of_a_disparity(metric, maps, message):
    with pytest.raises(InputError, match=message):
        metric(*maps)


class Returns(StereoNetwork):
    """A network that returns what it is given."""

    padding_unit = 48

    def __init__(self, result):
        super().__init__()
        self.result = result

    def estimate(self, left, right, *, finest_only):
        return self.result

    def loss(self, output, target):
        raise NotImplementedError


@pytest.mark.parametrize(
    ("result", "message"),
    [
        ([gray(1, 48, 96)], r"Returns.estimate returned the finest disparity of \(1, 48, 96\).*\(1, 1, 48, 96\)"),
        (
            [gray(1, 1, 32, 64)],
            r"finest disparity of \(1, 1, 32, 64\) for images of \(1, 3, 48, 96\).*\(1, 1, 48, 96\)",
        ),
        ([gray(1, 1, 48, 96), gray(1, 2, 24, 48)], r"disparity 1 of \(1, 2, 24, 48\)"),
        (gray(1, 1, 48, 96), "returned a Tensor; it must return a list"),
        ([], "returned a list"),
    ],
)
def test_a_wrong_estimate_is_told_where_it_happens(result, message):
    for call in (Returns(result), Returns(result).predict):
        with pytest.raises(SupError, match=message):
            call(PAIR, PAIR)


def test_coarser_further_maps_are_allowed():
    output = Returns([gray(1, 1, 48, 96), gray(1, 1, 16, 32)])(PAIR, PAIR)
    assert [tuple(m.shape[-2:]) for m in (output.disparity, *output.auxiliary)] == [(32, 64), (11, 21)]


class OnGPU(torch.Tensor):
    """Says that it is on a GPU, and notes when somebody waits for its values."""

    waited = 0

    @property
    def device(self):
        return torch.device("cuda")

    def aminmax(self):
        OnGPU.waited += 1
        return super().aminmax()


def test_values_on_a_gpu_are_looked_at_once():
    """Looking means waiting for all the work that the GPU was given before."""
    image = PAIR.as_subclass(OnGPU)
    check = PairCheck()
    for _ in range(3):
        check(image, image)
    assert OnGPU.waited == 2  # left and right of the first call
    with pytest.raises(InputError, match="values of left"):
        PairCheck()(image * 255, image)
