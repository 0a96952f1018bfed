"""Stereo networks: N×3×H×W pairs in [0, 1] in, disparity in pixels out."""

from supcore.networks.base import StereoNetwork, StereoOutput
from supcore.networks.checkpoints import load_weights, save_weights
from supcore.networks.registry import NETWORKS, build_network

__all__ = [
    "NETWORKS",
    "StereoNetwork",
    "StereoOutput",
    "build_network",
    "load_weights",
    "save_weights",
]
