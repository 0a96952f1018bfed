"""What every stereo network of this library shares: normalization, padding, cropping, prediction."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from supcore.errors import SupError
from supcore.inputs import PairCheck
from supcore.networks.regression import at_least_float32

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
Precision = Literal["float32", "bfloat16"]
Family = Literal["volume", "PatchMatch", "correlation", "iterative", "matching", "classical"]


@dataclass(frozen=True)
class StereoOutput:
    """The disparity maps of one forward pass.

    Attributes:
        disparity: the finest map, N×1×H×W, in pixels of the input.
        auxiliary: the other maps that the network's loss supervises, in the order of the authors' release.
    """

    disparity: Tensor
    auxiliary: tuple[Tensor, ...] = ()


class StereoNetwork(nn.Module, ABC):
    """A stereo network: N×3×H×W images in [0, 1] in, disparity in pixels out.

    Sub-classes implement :meth:`estimate` on normalized, padded images and :meth:`loss`.

    Attributes:
        family: how it finds matches: in a cost volume that convolutions regularize, by PatchMatch, in a correlation
            that is aggregated, by iterations that look costs up, by comparing descriptors with nothing learned behind
            that (matching), or without learning; None if nobody says.
        year: of publication.
        image_mean: subtracted from the three channels of images in [0, 1].
        image_std: divides what is left. A network made for values in [-1, 1] has 0.5 in both, one for 0 … 255 a mean
            of 0 and a deviation of 1/255.
        padding_unit: sides are padded, after normalization, to a multiple of this.
        padding_mode: what stands there: zeros, or the image's border, repeated.
        padding_side: where: at the top and the right; or half on every side, the odd pixel at the right and the bottom.
        pads_full_block: add a whole extra unit where the side already divides, as the release does for some
            networks wherever it evaluates, attacks or fine-tunes them; where it trains them, it pads nothing.
        optional_weights: prefixes of checkpoint entries that may be present in a file though the network lacks them.
        target_only: it has no gradients to attack it by; perturbations can only be tried on it.
        takes_generator: a forward pass draws random numbers, from the option ``generator`` if it is given.
        options: the dataclass of options that the network was built with.
        architecture: the name that it was built by; None where a class was called itself.
        precision: what the convolutions run in. Matching positions, disparities and losses stay in float32.
    """

    family: ClassVar[Family | None] = None
    year: ClassVar[int | None] = None
    image_mean: ClassVar[Sequence[float]] = IMAGENET_MEAN
    image_std: ClassVar[Sequence[float]] = IMAGENET_STD
    padding_unit: int = 1
    padding_mode: ClassVar[Literal["zeros", "replicate"]] = "zeros"
    padding_side: ClassVar[Literal["top right", "centered"]] = "top right"
    pads_full_block: bool = False
    optional_weights: ClassVar[Sequence[str]] = ()
    target_only: ClassVar[bool] = False
    takes_generator: ClassVar[bool] = False
    options: Any = None
    architecture: str | None = None
    precision: Precision = "float32"
    _mean: Tensor
    _std: Tensor

    def __init__(self) -> None:
        super().__init__()
        self._check_pair = PairCheck()
        # Not persistent: the authors' checkpoints do not hold them.
        self.register_buffer("_mean", torch.tensor(self.image_mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("_std", torch.tensor(self.image_std).view(1, 3, 1, 1), persistent=False)

    @property
    def device(self) -> torch.device:
        """Where the network is; it may have no parameters to ask."""
        return self._mean.device

    @abstractmethod
    def estimate(self, left: Tensor, right: Tensor, *, finest_only: bool, **options: Any) -> list[Tensor]:
        """Disparity maps for normalized and padded images, finest first; only that one if ``finest_only``."""

    @abstractmethod
    def loss(self, output: StereoOutput, target: Tensor) -> Tensor:
        """The network's training loss on N×1×H×W targets in pixels; pixels with target <= 0 do not count.

        Attacks ascend it. A network without gradients raises a :class:`~supcore.errors.SupError` here.
        """

    def forward(self, left: Tensor, right: Tensor, *, extra_block: bool = True, **options: Any) -> StereoOutput:
        """Estimate every supervised disparity map.

        Args:
            left: N×3×H×W, RGB in [0, 1].
            right: the same shape.
            extra_block: False to pad what the network needs and no more, whatever :attr:`pads_full_block` says: for
                crops of a training, whose padding would count in the statistics of batch-norm.
            **options: network-specific, see :meth:`estimate`.

        Raises:
            InputError: no such images; their values are checked as :class:`~supcore.inputs.PairCheck` says.
            SupError: what :meth:`estimate` returned is no disparity of them.
        """
        finest, *others = self._run(left, right, extra_block, finest_only=False, **options)
        return StereoOutput(finest, tuple(others))

    @torch.no_grad()
    def predict(self, left: Tensor, right: Tensor, **options: Any) -> Tensor:
        """The finest disparity only, N×1×H×W in pixels, without gradient."""
        return self._run(left, right, True, finest_only=True, **options)[0]

    def random_options(self, generator: torch.Generator | None) -> dict[str, Any]:
        """Options of a forward pass whose random numbers come from ``generator``; none for a network without any."""
        return {"generator": generator} if self.takes_generator and generator is not None else {}

    def _run(self, left: Tensor, right: Tensor, extra_block: bool, **options: Any) -> list[Tensor]:
        self._check_pair(left, right)
        height, width = left.shape[-2:]
        vertical, horizontal = self._padding(height, extra_block), self._padding(width, extra_block)
        top, start = (vertical // 2, horizontal // 2) if self.padding_side == "centered" else (vertical, 0)
        sides = (start, horizontal - start, top, vertical - top)
        mode = "constant" if self.padding_mode == "zeros" else self.padding_mode
        pair = [F.pad((image - self._mean) / self._std, sides, mode) for image in (left, right)]
        with self._precision_of(left.device):
            maps = self.estimate(*pair, **options)
        self._check_estimate(maps, pair[0])
        padded_height = height + vertical
        return [crop(at_least_float32(d), height, width, top, start, padded_height) for d in maps]

    def _check_estimate(self, maps: Any, image: Tensor) -> None:
        """Raise where the mistake is, and not where a wrong map meets something else."""
        name = f"{type(self).__name__}.estimate"
        if not isinstance(maps, list | tuple) or not maps or not all(isinstance(d, Tensor) for d in maps):
            raise SupError(f"{name} returned a {type(maps).__name__}; it must return a list of disparity maps")
        wanted = (image.shape[0], 1, *image.shape[-2:])
        for place, disparity in enumerate(maps):
            found = tuple(disparity.shape)
            if found != wanted and (place == 0 or len(found) != 4 or found[:2] != wanted[:2]):
                which = "the finest disparity" if place == 0 else f"disparity {place}"
                raise SupError(
                    f"{name} returned {which} of {found} for images of {tuple(image.shape)}; it must be N×1×H×W"
                    f"{f', here {wanted}' if place == 0 else ''}"
                )

    def _precision_of(self, device: torch.device) -> Any:
        """Autocast as :attr:`precision` says; float32 leaves a caller's own autocast alone."""
        if self.precision == "float32":
            return nullcontext()
        return torch.autocast(device.type, getattr(torch, self.precision))

    def _padding(self, side: int, extra_block: bool = True) -> int:
        missing = -side % self.padding_unit
        return self.padding_unit if extra_block and self.pads_full_block and missing == 0 else missing


def crop(disparity: Tensor, height: int, width: int, top: int, start: int, padded_height: int) -> Tensor:
    """Cut the padding off a map whose resolution may be a fraction of the input's.

    Args:
        disparity: N×1×h×w, of the padded image.
        height: of the image, in pixels.
        width: of the image, in pixels.
        top: rows of padding above it, in pixels.
        start: columns of padding left of it, in pixels.
        padded_height: of the padded image, in pixels.
    """
    fraction = disparity.shape[-2] / padded_height
    row, column = round(top * fraction), round(start * fraction)
    rows, columns = round(height * fraction), round(width * fraction)
    return disparity[..., row : row + rows, column : column + columns]
