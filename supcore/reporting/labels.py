"""The order in which networks, sources, sizes and references appear, and their names in print."""

from collections.abc import Callable, Iterable
from typing import Any

from supcore.import_paths import is_import_path
from supcore.metric_names import BAD_PIXELS

CLEAN = "none"
NOISE = "noise"
NO_CORRUPTION = "none"
REFERENCES = ("ground_truth", "ground_truth_visible", "ground_truth_occluded", "clean")
METRIC_LABELS = {
    "d1": "D1 error (%)",
    "epe": "EPE (px)",
    "success": "Within 3 px of the target (%)",
    "d1_change": "Change of D1 (%)",
    "epe_change": "Change of EPE (%)",
    **{name: f"Pixels off by more than {limit} px (%)" for name, limit in BAD_PIXELS.items()},
}

# Controls first, then the networks in the paper's order, then newer ones; names not listed follow alphabetically.
_NAMES = {
    "psmnet": "PSMNet",
    "psmnet_deform6": "PSMNet +6 DC",
    "psmnet_deform25": "PSMNet +25 DC",
    "psmnet_deform25_patchmatch": "PSMNet +25 DC, PM",
    "deeppruner": "DeepPruner",
    "deeppruner_fast": "DeepPruner fast",
    "aanet": "AANet",
    "aanet_plus": "AANet+",
    "gwcnet_g": "GwcNet-g",
    "gwcnet_gc": "GwcNet-gc",
    "raft_stereo": "RAFT-Stereo",
    "raft_stereo_realtime": "RAFT-Stereo real-time",
    "raft_stereo_rvc": "iRaftStereo_RVC",
    "igev_stereo": "IGEV-Stereo",
    "mccnn": "MC-CNN",
    "mccnn_sgm": "MC-CNN, SGM",
    "kitti2012": "KITTI 2012",
    "kitti2015": "KITTI 2015",
    "flyingthings3d": "FlyingThings3D",
}
_WORDS = {
    "fgsm": "FGSM",
    "ifgsm": "I-FGSM",
    "mifgsm": "MI-FGSM",
    "di2fgsm": "DI²-FGSM",
    "mdi2fgsm": "MDI²-FGSM",
    "pgd": "PGD",
    "cospgd": "CosPGD",
    "apgd": "APGD",
    "jpeg": "JPEG",
    "gaussian": "Gaussian blur",
    "gaussian_noise": "Gaussian noise",
    "full": "full image",
    "white_box": "white-box SUP",
    "transfer": "transferred SUPs",
    "before": "before fine-tuning",
    "finetuned_original": "fine-tuned, original SUP",
    "finetuned_new": "fine-tuned, new SUP",
}
_PRINTED = {CLEAN: "none (clean)", NOISE: "random noise", **_NAMES, **_WORDS}
_RANK = {name: rank for rank, name in enumerate(_PRINTED)}


def label(name: str) -> str:
    """Name of a network, source, data set or attack as printed in figures and tables.

    A variant of a known network or data set keeps its name: "psmnet_seed0" is "PSMNet seed0". Of an import path the
    last name is printed: "package.module:HAZE" is "haze".
    """
    if name in _PRINTED:
        return _PRINTED[name]
    if is_import_path(name):
        name = name.partition(":")[2].lower()
    parts = name.split("_")
    for length in range(len(parts) - 1, 0, -1):
        known = _NAMES.get("_".join(parts[:length]))
        if known is not None:
            return " ".join([known, *parts[length:]])
    return " ".join(parts)


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


# How the values of a column are ordered; those of other columns stay in the order of the table.
SORT_KEYS: dict[str, Callable[[Any], Any]] = {
    "dataset": name_key,
    "target": name_key,
    "source": name_key,
    "size": size_key,
    "reference": reference_key,
}


def ordered(names: Iterable[str]) -> list[str]:
    """The distinct ``names`` in printing order."""
    return sorted(set(names), key=name_key)
