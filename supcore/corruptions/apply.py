"""Corrupting tensors of images, with draws that depend on nothing but the generator."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from supcore.corruptions.registry import Corruption, find_corruption
from supcore.errors import SupError
from supcore.inputs import InputError, check_tensor


def corrupt(
    image: Tensor, name: str, severity: int | None = None, *, generator: torch.Generator | None = None
) -> Tensor:
    """Corrupt one image or each image of a batch.

    Args:
        image: 3×H×W or N×3×H×W float in [0, 1], RGB; any size, on any device. No gradient passes.
        name: a key of :data:`~supcore.corruptions.CORRUPTIONS`, or the import path of a :class:`Corruption`.
        severity: 1 and up; None is the entry's default, which is the published setting of the release's corruptions.
        generator: of the random draws. Each image takes one number from it, in order, as the seed of its own stream:
            a batch gives the same result as its images one after the other.

    Returns:
        float32 of the same shape in [0, 1], on the same device. The work is done on the CPU.

    Raises:
        SupError: unknown name or severity, no generator for a random corruption, or no such image.

    Examples:
        >>> image = torch.full((3, 32, 64), 0.5)
        >>> noisy = corrupt(image, "gaussian_noise", severity=2, generator=torch.Generator().manual_seed(0))
        >>> round(float(noisy.std()), 2)
        0.04
    """
    entry, parameters = _setting(name, severity)
    batch = _images(image, name)
    seeds = _seeds(name, entry, len(batch), generator)
    return _apply(batch, entry, parameters, seeds).reshape(image.shape).to(image.device)


def corrupt_pair(
    left: Tensor,
    right: Tensor,
    name: str,
    severity: int | None = None,
    *,
    generator: torch.Generator | None = None,
    shared_draws: bool = False,
) -> tuple[Tensor, Tensor]:
    """Corrupt both views of one stereo pair or of a batch of pairs.

    Args:
        left: 3×H×W or N×3×H×W float in [0, 1].
        right: the same shape.
        name: as for :func:`corrupt`.
        severity: as for :func:`corrupt`.
        generator: of the random draws, pair by pair, the left view first.
        shared_draws: whether both views get the same draw, e.g. one direction of motion. False is published: the two
            cameras' draws are independent, also of what a real pair would share.

    Returns:
        The corrupted pair, as :func:`corrupt` returns it.

    Raises:
        SupError: as for :func:`corrupt`, or views of different shapes.

    Examples:
        >>> left = right = torch.full((3, 32, 64), 0.5)
        >>> generator = torch.Generator().manual_seed(0)
        >>> pair = corrupt_pair(left, right, "brightness", generator=generator)  # each camera its own brightness
        >>> torch.equal(*pair)
        False
        >>> pair = corrupt_pair(left, right, "brightness", generator=generator, shared_draws=True)
        >>> torch.equal(*pair)
        True
    """
    for view, image in (("left", left), ("right", right)):
        check_tensor(view, image)
    if left.shape != right.shape:
        raise SupError(
            f"corruption {name}: the views differ in shape, {tuple(left.shape)} and {tuple(right.shape)}; "
            "give both views of the same pairs"
        )
    entry, parameters = _setting(name, severity)
    views = [_images(view, name) for view in (left, right)]
    draws = 1 if shared_draws else 2
    seeds = _seeds(name, entry, draws * len(views[0]), generator)
    results = [
        _apply(batch, entry, parameters, chosen).reshape(view.shape).to(view.device)
        for view, batch, chosen in zip((left, right), views, (seeds[::draws], seeds[draws - 1 :: draws]), strict=True)
    ]
    return results[0], results[1]


def _setting(name: str, severity: int | None) -> tuple[Corruption, tuple[Any, ...]]:
    """The entry and the parameters of the severity."""
    entry = find_corruption(name)
    chosen = entry.default_severity if severity is None else severity
    if chosen not in range(1, len(entry.severities) + 1):
        raise SupError(f"corruption {name}: severity {severity!r} is not in 1 to {len(entry.severities)}")
    return entry, entry.severities[int(chosen) - 1]


def _images(image: Tensor, name: str) -> Tensor:
    """The images as N×3×H×W float32 on the CPU, checked."""
    check_tensor(f"the image for corruption {name}", image)
    if image.dim() not in (3, 4) or image.shape[-3] != 3 or 0 in image.shape[-2:]:
        raise InputError(f"corruption {name}: needs 3×H×W or N×3×H×W images, RGB, got {tuple(image.shape)}")
    batch = image.detach().to("cpu", torch.float32).reshape(-1, *image.shape[-3:])
    if not ((batch >= 0) & (batch <= 1)).all():  # also catches NaN
        raise SupError(f"corruption {name}: image values must be in [0, 1]; scale or clamp the images first")
    return batch


def _seeds(name: str, entry: Corruption, count: int, generator: torch.Generator | None) -> Sequence[int | None]:
    if not entry.random:
        return [None] * count
    if generator is None:
        raise SupError(f"corruption {name} is random; pass generator=torch.Generator().manual_seed(...)")
    device = generator.device
    return [int(torch.randint(2**63 - 1, (), generator=generator, device=device)) for _ in range(count)]


def _apply(batch: Tensor, entry: Corruption, parameters: tuple[Any, ...], seeds: Sequence[int | None]) -> Tensor:
    """Each image of the N×3×H×W batch with the random stream of its seed."""
    corrupted = torch.empty_like(batch)
    for image, seed, result in zip(batch, seeds, corrupted, strict=True):
        stream = () if seed is None else (np.random.default_rng(seed),)
        values = entry.function(image.permute(1, 2, 0).contiguous().numpy(), *parameters, *stream)
        result.copy_(torch.from_numpy(np.clip(values, 0, 1).astype(np.float32)).permute(2, 0, 1))
    return corrupted
