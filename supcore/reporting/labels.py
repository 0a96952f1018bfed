"""The order in which networks, sources, sizes and references appear, and their names in print."""

from collections.abc import Iterable

import numpy as np

CLEAN = "none"
NOISE = "noise"
REFERENCES = ("ground_truth", "clean")
METRIC_LABELS = {"d1": "D1 error (%)", "epe": "EPE (px)"}

# Controls first, then the networks in the paper's order; names not listed follow alphabetically.
_PRINTED = {
    CLEAN: "none (clean)",
    NOISE: "random noise",
    "psmnet": "PSMNet",
    "psmnet_deform6": "PSMNet +6 DC",
    "psmnet_deform25": "PSMNet +25 DC",
    "psmnet_deform25_patchmatch": "PSMNet +25 DC, PM",
    "deeppruner": "DeepPruner",
    "deeppruner_fast": "DeepPruner fast",
    "aanet": "AANet",
    "aanet_plus": "AANet+",
    "kitti2012": "KITTI 2012",
    "kitti2015": "KITTI 2015",
    "flyingthings3d": "FlyingThings3D",
}
_RANK = {name: rank for rank, name in enumerate(_PRINTED)}


def label(name: str) -> str:
    """Name of a network, source or data set as printed in figures and tables."""
    return _PRINTED.get(name, name.replace("_", " "))


def source_label(source: str) -> str:
    """Legend entry of a source: what is done to the images."""
    return {CLEAN: "clean", NOISE: "random noise"}.get(source, f"SUP from {label(source)}")


def name_key(name: str) -> tuple[int, str]:
    """Sort key of a network, source or data set."""
    return _RANK.get(name, len(_RANK)), name


def size_key(size: str) -> tuple[int, int, str]:
    """Sort key of a perturbation size: none, the tiles by width, then the full image and anything unknown."""
    digits = size.removeprefix("tile")
    if not size:
        return 0, 0, size
    return (1, int(digits), size) if digits.isdigit() else (2, 0, size)


def reference_key(reference: str) -> tuple[int, str]:
    """Sort key of a reference: ground truth first."""
    return (REFERENCES.index(reference) if reference in REFERENCES else len(REFERENCES)), reference


def ordered(names: Iterable[str]) -> list[str]:
    """The distinct ``names`` in printing order."""
    return sorted(set(names), key=name_key)


def format_epsilon(epsilon: float) -> str:
    """Shortest positional notation of an epsilon: "0.02", "0.00001", "0"."""
    return np.format_float_positional(epsilon, trim="-")
