"""Independent random streams from one seed and a name.

Every consumer of randomness (a batch order, an image's noise, an attack) asks for its own stream by name. Adding or
reordering consumers therefore never changes the numbers another one sees.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:  # tables and figures need no PyTorch, whose import takes seconds
    import torch


def derived_seed(seed: int, *names: object) -> int:
    """A 63-bit seed determined by ``seed`` and the sequence of ``names``.

    Examples:
        >>> derived_seed(0, "noise", 7)
        5860266958076283199
        >>> derived_seed(0, "noise", 8) == derived_seed(0, "noise", 7)
        False
    """
    text = "/".join([str(seed), *map(str, names)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little") >> 1


def numpy_generator(seed: int, *names: object) -> np.random.Generator:
    """NumPy generator of the stream called ``names``.

    Examples:
        >>> numpy_generator(0, "order").permutation(5).tolist()
        [1, 2, 4, 0, 3]
        >>> numpy_generator(0, "order").permutation(5).tolist()  # the same stream, from its beginning
        [1, 2, 4, 0, 3]
    """
    return np.random.default_rng(derived_seed(seed, *names))


def torch_generator(seed: int, *names: object, device: torch.device | str = "cpu") -> torch.Generator:
    """Torch generator of the stream called ``names``.

    Examples:
        >>> import torch
        >>> torch.randint(100, (4,), generator=torch_generator(0, "starts")).tolist()
        [10, 18, 57, 42]
    """
    import torch

    return torch.Generator(device=device).manual_seed(derived_seed(seed, *names))
