"""What the public doors refuse: images and disparity maps of another kind than the library works on."""

from typing import Any

import torch
from torch import Tensor

from supcore.errors import SupError

# An interpolated or corrupted image may leave [0, 1] by a little; one of 8-bit values or one that is already normalized
# by a mean and a standard deviation leaves it by more.
TOLERANCE = 0.1


class InputError(SupError, ValueError):
    """An argument that cannot be meant."""


class PairCheck:
    """Checks stereo pairs on their way in: floating-point N×3×H×W in [0, 1], both views of one size.

    Values are looked at on the CPU every time. On a GPU that would wait for all the work before it, so they are looked
    at in the first call only: who gives 8-bit values does so from the beginning.
    """

    def __init__(self) -> None:
        self._has_seen_values = False

    def __call__(self, left: Tensor, right: Tensor) -> None:
        """Check one pair or one batch of pairs.

        Raises:
            InputError: it cannot be meant; the message says how to convert it.
        """
        for name, image in (("left", left), ("right", right)):
            check_tensor(name, image)
            if image.dim() != 4 or image.shape[1] != 3 or 0 in image.shape:
                raise InputError(
                    f"left and right must both be N×3×H×W, RGB, got {name} of {tuple(image.shape)}; "
                    f"a single 3×H×W image becomes one with image[None]"
                )
        if left.shape != right.shape:
            raise InputError(
                f"left and right must both be N×3×H×W of one size, got {tuple(left.shape)} and {tuple(right.shape)}; "
                "give both views of the same pairs"
            )
        looked_at = self._has_seen_values and left.device.type != "cpu"
        if looked_at or left.is_meta or torch.compiler.is_compiling():  # without values, or without new ones
            return
        check_values("left", left)
        check_values("right", right)
        self._has_seen_values = True


def check_tensor(name: str, image: Any) -> None:
    """Check that something is a floating-point tensor.

    Raises:
        InputError: it is not; the message says how to convert it.
    """
    if not isinstance(image, Tensor):
        shape = getattr(image, "shape", getattr(image, "size", None))
        kind = f"{type(image).__module__.partition('.')[0]} {type(image).__name__}"
        of_shape = f" of {tuple(shape)}" if isinstance(shape, tuple) else ""
        raise InputError(
            f"{name} is a {kind}{of_shape}, not a tensor; read image files with supcore.data.read_pair, or convert an "
            "image of 8 bits with torchvision.transforms.functional.to_tensor(image)[None]"
        )
    if not image.is_floating_point():
        raise InputError(f"{name} is of {image.dtype}, not floating point; for 8-bit values give image.float() / 255")


def check_values(name: str, image: Tensor) -> None:
    """Check that an image is in [0, 1], give or take :data:`TOLERANCE`.

    Raises:
        InputError: it is not, or holds NaN.
    """
    lowest, highest = (float(value) for value in image.detach().aminmax())
    if not (lowest >= -TOLERANCE and highest <= 1 + TOLERANCE):  # also catches NaN
        raise InputError(
            f"values of {name} must be in [0, 1], found {lowest:.4g} to {highest:.4g}; for 8-bit values give "
            "image / 255, and leave normalization to the network"
        )


def check_maps(**maps: Tensor | None) -> None:
    """Check that disparity maps are floating-point N×1×H×W of one size; a mask, called ``mask``, is boolean.

    Raises:
        InputError: they are not.
    """
    given = {name: values for name, values in maps.items() if values is not None}
    for name, values in given.items():
        if name != "mask":
            check_tensor_map(name, values)
        elif not isinstance(values, Tensor) or values.dtype != torch.bool:
            raise InputError(f"mask must be a boolean tensor, got {getattr(values, 'dtype', type(values).__name__)}")
    shapes = {name: tuple(values.shape) for name, values in given.items()}
    first = next(iter(shapes.values()))
    if len(first) != 4 or first[1] != 1 or any(shape != first for shape in shapes.values()):
        listed = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        raise InputError(
            f"disparity maps must be N×1×H×W of one size, got {listed}; an H×W map becomes map[None, None]"
        )


def check_tensor_map(name: str, values: Any) -> None:
    """Check that a disparity map is a floating-point tensor.

    Raises:
        InputError: it is not.
    """
    if not isinstance(values, Tensor):
        raise InputError(
            f"{name} is a {type(values).__name__}, not a tensor; an H×W array: torch.from_numpy(map)[None, None]"
        )
    if not values.is_floating_point():
        raise InputError(
            f"{name} is of {values.dtype}, not disparity in pixels; KITTI's 16-bit values are 256 times it"
        )
