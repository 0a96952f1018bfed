"""The stereoscopic universal perturbation: one pair of tiles, repeated over any stereo pair."""

import io
import re
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from supcore.errors import SupError
from supcore.files import atomic_path
from supcore.inputs import PairCheck
from supcore.tensor_files import is_safetensors, read_tensors, read_torch, write_tensors

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
        SupError: a tile that does not divide the image, or an epsilon outside (0, 1].

    Examples:
        >>> sup = StereoPerturbation(size=(16, 16), image_size=(32, 64), epsilon=0.02)
        >>> sup.left = torch.full((3, 16, 16), 0.5)  # beyond epsilon: clipped before it is added
        >>> left, right = torch.zeros(2, 1, 3, 32, 64)
        >>> perturbed_left, perturbed_right = sup(left, right)
        >>> round(float(perturbed_left.max()), 4), float(perturbed_right.max())
        (0.02, 0.0)
    """

    def __init__(self, size: Size, image_size: tuple[int, int], epsilon: float) -> None:
        self.image_size = (int(image_size[0]), int(image_size[1]))
        self.size = self.image_size if size == "full" else (int(size[0]), int(size[1]))
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
        """Project onto the bound, repeat over the image, add, clamp to [0, 1].

        Args:
            left: N×3×H×W in [0, 1]; H and W must be multiples of the tile's.
            right: the same shape.

        Returns:
            The perturbed pair. Gradients pass where the sum lies in [0, 1], the bounds included.

        Raises:
            InputError: no such images; their values are checked as :class:`~supcore.inputs.PairCheck` says.
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

    def tiled(self, tile: Tensor, height: int, width: int) -> Tensor:
        """The projected ``tile`` repeated from the top left corner: 3×height×width.

        Raises:
            SupError: the tile does not divide this image.
        """
        h, w = tile.shape[-2:]
        if height % h or width % w:
            raise SupError(f"tile {h}x{w} does not divide an image of {height}x{width}; resize the images or retrain")
        return tile.clamp(-self.epsilon, self.epsilon).repeat(1, height // h, width // w)

    def _apply(self, image: Tensor, tile: Tensor) -> Tensor:
        return clamp_unit(image + self.tiled(tile.to(image.device), *image.shape[-2:]))

    def save(self, path: str | Path, metadata: dict[str, str] | None = None) -> None:
        """Write safetensors, or the authors' checkpoint format if the suffix is ``.pth``."""
        if Path(path).suffix == ".pth":
            buffer = io.BytesIO()  # a failed write to the file itself would not be an OSError
            torch.save(_authors_format(self), buffer)
            with atomic_path(path) as temporary:
                temporary.write_bytes(buffer.getvalue())
            return
        header = {
            "epsilon": self.epsilon,
            "image_size": self.image_size,
            "train_step": self.train_step,
            **(metadata or {}),
        }
        write_tensors(path, {"left": self.left, "right": self.right}, header)

    @classmethod
    def load(
        cls, path: str | Path, *, image_size: tuple[int, int] | None = None, epsilon: float | None = None
    ) -> "StereoPerturbation":
        """Read a perturbation: ours (safetensors, by any name) or the authors' ``.pth``.

        Args:
            path: the file.
            image_size: of the images; if not given, what our file states, and 256×640 for the authors'.
            epsilon: if not given, what our file states; for the authors' it is taken from ``norm002`` in the path, else
                the largest element.

        Raises:
            SupError: the file is missing, damaged or no perturbation, or elements exceed epsilon.

        Examples:
            >>> sup = StereoPerturbation("full", image_size=(32, 64), epsilon=0.02)
            >>> sup.save("sup.safetensors")
            >>> StereoPerturbation.load("sup.safetensors").epsilon
            0.02
            >>> sup.save("norm002.pth")  # the authors' format does not state epsilon, but a file's name may
            >>> StereoPerturbation.load("norm002.pth", image_size=(32, 64)).epsilon
            0.02
        """
        path = Path(path)
        if path.suffix == ".safetensors" or is_safetensors(path):
            left, right, train_step, stored_size, stored_epsilon = _read_safetensors(path)
            image_size, epsilon = image_size or stored_size, stored_epsilon if epsilon is None else epsilon
        else:
            left, right, train_step = _read_authors_file(path)
            epsilon = epsilon or _epsilon_in_name(path) or _largest_element(path, left, right)
            image_size = image_size or PUBLISHED_IMAGE_SIZE
        try:
            sup = cls.from_tiles(left, right, image_size, epsilon)
        except SupError as error:
            raise SupError(f"{path}: {error}") from error
        sup.train_step = train_step
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


def _authors_format(sup: StereoPerturbation) -> dict[str, Any]:
    return {
        "train_step": sup.train_step or 0,
        "perturb0_state_dict": {"weights": sup.left.detach().cpu()},
        "perturb1_state_dict": {"weights": sup.right.detach().cpu()},
    }


def _read_safetensors(path: Path) -> tuple[Tensor, Tensor, int | None, tuple[int, int], float]:
    tensors, header = read_tensors(path)
    try:
        height, width = header["image_size"]
        step = header.get("train_step")
        train_step = None if step is None else int(step)
        return tensors["left"], tensors["right"], train_step, (int(height), int(width)), float(header["epsilon"])
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise SupError(
            f"{path}: not a perturbation file (it lacks its tiles, epsilon or image_size); choose a SUP's file"
        ) from error


def _read_authors_file(path: Path) -> tuple[Tensor, Tensor, int | None]:
    content = read_torch(path)
    try:
        left, right = (content[f"perturb{view}_state_dict"]["weights"].detach() for view in (0, 1))
        step = content.get("train_step")
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise SupError(
            f"{path}: not a perturbation file (no perturb0_state_dict / perturb1_state_dict); choose a SUP's file"
        ) from error
    return left, right, step if isinstance(step, int) else None


def _largest_element(path: Path, left: Tensor, right: Tensor) -> float:
    elements = torch.cat((left.flatten(), right.flatten())).float().abs()
    if not elements.isfinite().all():
        raise SupError(f"{path}: elements of the perturbation are not finite; fetch the file again")
    return max(float(elements.max()) if elements.numel() else 0.0, 1e-8)


def _epsilon_in_name(path: Path) -> float | None:
    """``norm002`` in a file or folder name means epsilon 0.02."""
    found = re.findall(r"norm0(\d+)", str(path))
    return float(f"0.{found[-1]}") if found else None
