"""Stereo pairs: reading, indexing, rendering."""

from typing import TYPE_CHECKING

from supcore.lazy import lazy_names

if TYPE_CHECKING:
    from supcore.data.own_pairs import find_pairs, read_pair

__all__ = ["find_pairs", "read_pair"]

__getattr__ = lazy_names(__name__, {"find_pairs": "own_pairs", "read_pair": "own_pairs"})
