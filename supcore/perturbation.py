"""The stereoscopic universal perturbation: one pair of tiles, repeated over any stereo pair."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from supcore.errors import SupError
from supcore.inputs import PairCheck
from supcore.perturbation_files import StoredPerturbation, guess_epsilon, read_perturbation, write_perturbation

Size = tuple[int, int] | Literal["full"]
PUBLISHED_IMAGE_SIZE = (256, 640)


class StereoPerturbation:
    """Two independent tiles, for the left and the right view, bounded by epsilon.

    Args:
        size: (h, w) of a tile; must divide ``image_size``. ``"full"`` means the whole image.
        image_size: (H, W) of the images it is made for.
        epsilon: bound of every element, in the images' intensity units, in (0, 1].

    Attributes:
        left: 3×h×w tile of the left view, zero at first.
        right: 3×h×w tile of the right view.
        train_step: number of optimization steps behind the tiles; None where nobody noted it.

    Raises:
        SupError: a size that is not (h, w), a tile that does not divide the image, or an epsilon outside (0, 1].

    Examples:
        >>> sup = StereoPerturbation(size=(16, 16), image_size=(32, 64), epsilon=0.02)
        >>> sup.left = torch.full((3, 16, 16), 0.5)  # beyond epsilon: clipped before it is added
        >>> left, right = torch.zeros(2, 1, 3, 32, 64)
        >>> perturbed_left, perturbed_right = sup(left, right)
        >>> round(float(perturbed_left.max()), 4), float(perturbed_right.max())
        (0.02, 0.0)
    """

    def __init__(self, size: Size, image_size: tuple[int, int], epsilon: float) -> None:
        self.image_size = _two_sides("image_size", image_size)
        self.size = self.image_size if size == "full" else _two_sides("size", size)
        self.epsilon = float(epsilon)
        height, width = self.size
        if min(self.size + self.image_size) < 1 or self.image_size[0] % height or self.image_size[1] % width:
            raise SupError(
                f"tile {height}x{width} does not divide the image {self.image_size[0]}x{self.image_size[1]}; "
                "choose a tile whose sides divide the image's"
            )
        if not 0 < self.epsilon <= 1:
            raise SupError(f"epsilon must be in (0, 1] (image intensities are in [0, 1]), got {epsilon}")
        self.left = torch.zeros(3, height, width)
        self.right = torch.zeros(3, height, width)
        self.train_step: int | None = None
        self._check_pair = PairCheck()

    @classmethod
    def random_signs(
        cls, size: Size, image_size: tuple[int, int], epsilon: float, generator: torch.Generator
    ) -> "StereoPerturbation":
        """The control that every SUP is read against: each element +epsilon or -epsilon at random.

        Examples:
            >>> generator = torch.Generator().manual_seed(0)
            >>> noise = StereoPerturbation.random_signs((8, 8), (32, 64), epsilon=0.5, generator=generator)
            >>> sorted(set(noise.left.flatten().tolist()))
            [-0.5, 0.5]
        """
        noise = cls(size, image_size, epsilon)
        for name in ("left", "right"):
            signs = torch.randint(0, 2, (3, *noise.size), generator=generator) * 2 - 1
            setattr(noise, name, noise.epsilon * signs.to(torch.float32))
        return noise

    def __call__(self, left: Tensor, right: Tensor) -> tuple[Tensor, Tensor]:
        """Project onto the bound, repeat over the image from the top left corner, add, clamp to [0, 1].

        Args:
            left: N×3×H×W in [0, 1], of any size that holds the tile; tiles at the right and lower border are cut off.
                A perturbation of the whole image fits images of its own size and whole multiples of that.
            right: the same shape.

        Returns:
            The perturbed pair. Gradients pass where the sum lies in [0, 1], the bounds included.

        Raises:
            InputError: no such images; their values are checked as :class:`~supcore.inputs.PairCheck` says.
            SupError: the perturbation does not fit their size.
        """
        self._check_pair(left, right)
        return self._apply(left, self.left), self._apply(right, self.right)

    def project(self) -> None:
        """Clip the tiles to ±epsilon."""
        self.left = self.left.clamp(-self.epsilon, self.epsilon)
        self.right = self.right.clamp(-self.epsilon, self.epsilon)

    def to(self, device: torch.device | str) -> "StereoPerturbation":
        """Move the tiles; returns itself."""
        self.left, self.right = self.left.to(device), self.right.to(device)
        return self

    def cuda(self) -> "StereoPerturbation":
        """Move the tiles to the current GPU; returns itself."""
        return self.to("cuda")

    def cpu(self) -> "StereoPerturbation":
        """Move the tiles to the CPU; returns itself."""
        return self.to("cpu")

    def __repr__(self) -> str:
        steps = "" if self.train_step is None else f", train_step={self.train_step}"
        largest = max(float(tile.abs().max()) for tile in (self.left, self.right))
        return (
            f"StereoPerturbation(size={self.size}, image_size={self.image_size}, epsilon={self.epsilon:g}{steps}, "
            f"largest={largest:.3g}, device='{self.left.device}')"
        )

    def state_dict(self) -> dict[str, Any]:
        """Tiles, bound, image size and step: all that :meth:`load_state_dict` needs.

        Examples:
            >>> sup = StereoPerturbation(size=(16, 16), image_size=(32, 64), epsilon=0.02)
            >>> list(sup.state_dict())
            ['left', 'right', 'epsilon', 'image_size', 'train_step']
        """
        return {
            "left": self.left,
            "right": self.right,
            "epsilon": self.epsilon,
            "image_size": self.image_size,
            "train_step": self.train_step,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what :meth:`state_dict` of a perturbation with tiles of this size returned; the device stays.

        Raises:
            SupError: entries are missing or unknown, tiles of another size, or elements beyond epsilon.
        """
        if set(state) != set(self.state_dict()):
            raise SupError(
                f"a perturbation's state has the entries {', '.join(self.state_dict())}, "
                f"got {', '.join(map(str, state)) or 'none'}"
            )
        other = StereoPerturbation.from_tiles(state["left"], state["right"], state["image_size"], state["epsilon"])
        if other.size != self.size:
            raise SupError(
                f"the state holds tiles of {other.size}, this perturbation has {self.size}; build it with them"
            )
        device = self.left.device
        self.left, self.right = other.left.clone().to(device), other.right.clone().to(device)
        self.image_size, self.epsilon, self.train_step = other.image_size, other.epsilon, state["train_step"]

    def tiled(self, tile: Tensor, height: int, width: int) -> Tensor:
        """The projected ``tile`` repeated from the top left corner: 3×height×width.

        Raises:
            SupError: the image is smaller than the tile, or the tile is a perturbation of whole images of another size.
        """
        h, w = tile.shape[-2:]
        whole = not (height % h or width % w)
        if height < h or width < w or (self.size == self.image_size and not whole):
            what = f"perturbation of whole images of {h}x{w}" if self.size == self.image_size else f"tile of {h}x{w}"
            raise SupError(f"a {what} does not fit an image of {height}x{width}; resize the images to fit it")
        repeated = tile.clamp(-self.epsilon, self.epsilon).repeat(1, -(-height // h), -(-width // w))
        return repeated if whole else repeated[:, :height, :width]

    def _apply(self, image: Tensor, tile: Tensor) -> Tensor:
        return clamp_unit(image + self.tiled(tile.to(image.device), *image.shape[-2:]))

    def save(self, path: str | Path, metadata: Mapping[str, Any] | None = None) -> None:
        """Write safetensors, or the format of the authors' code, in which the suffix ``.pth`` is read there.

        Both keep epsilon and the image size; ``metadata`` goes into the header of safetensors.

        Raises:
            SupError: another suffix, or the file cannot be written.
        """
        left, right = (tile.detach().cpu() for tile in (self.left, self.right))
        stored = StoredPerturbation(left, right, self.train_step, self.image_size, self.epsilon)
        write_perturbation(path, stored, metadata or {})

    @classmethod
    def load(
        cls, path: str | Path, *, image_size: tuple[int, int] | None = None, epsilon: float | None = None
    ) -> "StereoPerturbation":
        """Read a perturbation: ours (safetensors, by any name) or the authors' ``.pth``.

        Args:
            path: the file.
            image_size: of the images; if not given, what the file states, and 256×640 for the authors'.
            epsilon: if not given, what the file states; the authors' do not: ``norm002`` in the path means 0.02, else
                it is the largest element.

        Raises:
            SupError: the file is missing, damaged or no perturbation, or elements exceed epsilon.

        Examples:
            >>> sup = StereoPerturbation("full", image_size=(32, 64), epsilon=0.02)
            >>> sup.save("sup.safetensors")
            >>> StereoPerturbation.load("sup.safetensors").epsilon
            0.02
            >>> sup.save("sup.pth")  # what the authors' code reads
            >>> StereoPerturbation.load("sup.pth").image_size
            (32, 64)
        """
        stored = read_perturbation(path)
        if epsilon is None:
            epsilon = guess_epsilon(path, stored) if stored.epsilon is None else stored.epsilon
        image_size = image_size or stored.image_size or PUBLISHED_IMAGE_SIZE
        try:
            sup = cls.from_tiles(stored.left, stored.right, image_size, epsilon)
        except SupError as error:
            raise SupError(f"{path}: {error}") from error
        sup.train_step = stored.train_step
        return sup

    @classmethod
    def from_tiles(
        cls, left: Tensor, right: Tensor, image_size: tuple[int, int], epsilon: float
    ) -> "StereoPerturbation":
        """A perturbation of given tiles, 3×h×w each.

        Raises:
            SupError: not such tiles, tiles that do not divide the image, or elements beyond epsilon.
        """
        if not (left.is_floating_point() and right.is_floating_point()):
            raise SupError(f"tiles are of {left.dtype} and {right.dtype}; save them as torch.float32")
        if left.dim() != 3 or left.shape[0] != 3 or left.shape != right.shape or not left.numel():
            raise SupError(
                f"tiles must both be 3×h×w, found {tuple(left.shape)} and {tuple(right.shape)}; choose a SUP's file"
            )
        sup = cls((left.shape[1], left.shape[2]), image_size, epsilon)
        sup.left, sup.right = left.to(torch.float32), right.to(torch.float32)
        largest = torch.maximum(sup.left.abs().max(), sup.right.abs().max())
        if not largest <= epsilon * (1 + 1e-6):  # also catches NaN
            raise SupError(f"elements reach {float(largest):.6g}, beyond its epsilon {epsilon:g}; correct one of them")
        return sup


def clamp_unit(image: Tensor) -> Tensor:
    """Clamp to [0, 1] with gradient 1 at the bounds themselves.

    ``torch.clamp`` had that sub-gradient when the method was published and has 0 since PyTorch 2.14; saturated
    pixels (sky) would then not contribute to the first step.

    Examples:
        >>> image = torch.tensor([-0.5, 0.0, 1.0, 1.5], requires_grad=True)
        >>> clamp_unit(image).sum().backward()
        >>> image.grad.tolist()
        [0.0, 1.0, 1.0, 0.0]
    """
    inside = (image >= 0) & (image <= 1)
    return torch.where(inside, image, image.detach().clamp(0, 1))


def _two_sides(name: str, sides: Any) -> tuple[int, int]:
    try:
        height, width = map(int, sides)
    except (TypeError, ValueError) as error:
        word = ', or "full"' if name == "size" else ""
        raise SupError(f"{name} must be (height, width){word}, got {sides!r}") from error
    return height, width
