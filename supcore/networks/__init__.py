"""Stereo networks: N×3×H×W pairs in [0, 1] in, disparity in pixels out."""

from typing import TYPE_CHECKING

from supcore.lazy import lazy_names
from supcore.networks.registry import NETWORKS, build_network

if TYPE_CHECKING:
    from supcore.networks.base import StereoNetwork, StereoOutput
    from supcore.networks.checkpoints import load_weights, save_weights
    from supcore.networks.pretrained import load_pretrained

__all__ = [
    "NETWORKS",
    "StereoNetwork",
    "StereoOutput",
    "build_network",
    "load_pretrained",
    "load_weights",
    "save_weights",
]

__getattr__ = lazy_names(
    __name__,
    {
        "StereoNetwork": "base",
        "StereoOutput": "base",
        "load_pretrained": "pretrained",
        "load_weights": "checkpoints",
        "save_weights": "checkpoints",
    },
)
