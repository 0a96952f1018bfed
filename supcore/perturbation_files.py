"""How a perturbation lies on disk: our safetensors, and the checkpoint format of the paper's code."""

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from supcore.errors import SupError
from supcore.files import atomic_path
from supcore.tensor_files import is_safetensors, read_tensors, read_torch, write_tensors

SUFFIXES = (".safetensors", ".pth")


@dataclass(frozen=True)
class StoredPerturbation:
    """What a file holds.

    Attributes:
        left: tile of the left view.
        right: tile of the right view.
        train_step: number of steps behind them; None where nobody noted it.
        image_size: (H, W); None where the file does not state it, as the authors' do not.
        epsilon: None where the file does not state it.
    """

    left: Tensor
    right: Tensor
    train_step: int | None = None
    image_size: tuple[int, int] | None = None
    epsilon: float | None = None


def write_perturbation(path: str | Path, stored: StoredPerturbation, metadata: Mapping[str, Any]) -> None:
    """Write safetensors or the authors' format, as the suffix says; ``metadata`` goes into the header of the former.

    Raises:
        SupError: another suffix, or the file cannot be written.
    """
    check_suffix(path)
    header = {name: getattr(stored, name) for name in ("epsilon", "image_size", "train_step")}
    if Path(path).suffix == ".safetensors":
        write_tensors(path, {"left": stored.left, "right": stored.right}, {**header, **metadata})
        return
    buffer = io.BytesIO()  # a failed write to the file itself would not be an OSError
    views = {f"perturb{n}_state_dict": {"weights": tile} for n, tile in enumerate((stored.left, stored.right))}
    # Their reader asks for a step, and does not mind more keys than its own.
    torch.save({**header, "train_step": stored.train_step or 0, **views}, buffer)
    with atomic_path(path) as temporary:
        temporary.write_bytes(buffer.getvalue())


def check_suffix(path: str | Path) -> None:
    """Check the name of a file to write, before the work.

    Raises:
        SupError: a perturbation is not stored under this suffix.
    """
    if Path(path).suffix not in SUFFIXES:
        raise SupError(f"{path}: a perturbation is saved as .safetensors, or as .pth for the paper's code; rename it")


def read_perturbation(path: str | Path) -> StoredPerturbation:
    """Read a perturbation; ours, by any name, is known by its content.

    Raises:
        SupError: the file is missing, damaged or no perturbation.
    """
    if Path(path).suffix == ".safetensors" or is_safetensors(path):
        return _read_safetensors(path)
    return _read_authors_file(path)


def _read_safetensors(path: str | Path) -> StoredPerturbation:
    tensors, header = read_tensors(path)
    try:
        step = header.get("train_step")
        train_step = None if step is None else int(step)
        image_size, epsilon = _size(header["image_size"]), float(header["epsilon"])
        return StoredPerturbation(tensors["left"], tensors["right"], train_step, image_size, epsilon)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise SupError(
            f"{path}: not a perturbation file (it lacks its tiles, epsilon or image_size); choose a SUP's file"
        ) from error


def _read_authors_file(path: str | Path) -> StoredPerturbation:
    content = read_torch(path)
    try:
        left, right = (content[f"perturb{view}_state_dict"]["weights"].detach() for view in (0, 1))
        step, size, epsilon = (content.get(name) for name in ("train_step", "image_size", "epsilon"))
        image_size = None if size is None else _size(size)
        epsilon = None if epsilon is None else float(epsilon)
    except (KeyError, TypeError, AttributeError, IndexError, ValueError, OverflowError) as error:
        raise SupError(
            f"{path}: not a perturbation file (no perturb0_state_dict / perturb1_state_dict); choose a SUP's file"
        ) from error
    return StoredPerturbation(left, right, step if isinstance(step, int) else None, image_size, epsilon)


def _size(values: Any) -> tuple[int, int]:
    height, width = values
    return int(height), int(width)


def guess_epsilon(path: str | Path, stored: StoredPerturbation) -> float:
    """Epsilon of a file that states none: ``norm002`` in its path means 0.02; else its largest element.

    Raises:
        SupError: elements are not finite.
    """
    if found := re.findall(r"norm0(\d+)", str(path)):
        return float(f"0.{found[-1]}")
    elements = torch.cat((stored.left.flatten(), stored.right.flatten())).float().abs()
    if not elements.isfinite().all():
        raise SupError(f"{path}: elements of the perturbation are not finite; fetch the file again")
    return max(float(elements.max()) if elements.numel() else 0.0, 1e-8)
