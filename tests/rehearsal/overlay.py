"""What the rehearsal changes in the paper's configurations: sizes, widths, steps and epochs, and nothing else."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from snakemake.utils import update_config

from supcore.yaml_files import read_yaml

REGISTRY, PUBLISHED = "weights.yaml", "published"
IMAGE_SIZE = (128, 128)  # the tiles of 128 px still divide it
CROP_SIZE = (64, 128)
NATIVE_SIZE = (96, 312)  # of recipes that crop from images at about KITTI's own size
BATCH, STEPS = 2, 6
ATTACK_STEPS = 4  # on every single image
SNAPSHOTS = tuple(range(1, STEPS + 1))  # as many as the paper has
# Of a part of the grid. The second network has DeepPruner's layers and deformable ones.
FAMILIES, EPSILONS = ("psmnet", "psmnet_deform25_patchmatch", "aanet"), [0.02]

_PYRAMID = {"base_channels": 2, "block_counts": [1, 1, 1, 1], "pooling_sizes": [16, 8, 4, 2]}
_PSMNET = {**_PYRAMID, "max_disparity": 16}
_DEEPPRUNER = {**_PYRAMID, "max_disparity": 32, "intervals": 3, "range_samples": 3, "patch_match_iterations": 1}
OPTIONS: dict[str, dict[str, Any]] = {
    "psmnet": _PSMNET,
    "psmnet_deform6": _PSMNET,
    "psmnet_deform25": _PSMNET,
    "deeppruner": _DEEPPRUNER,
    "psmnet_deform25_patchmatch": _DEEPPRUNER,
    "aanet": {
        "base_channels": 2,
        "block_counts": [1, 1, 1],
        "pyramid_channels": 4,
        "refinement_channels": 2,
        "aggregation_modules": 2,
        "deformable_modules": 1,
        "max_disparity": 24,
    },
}


def merged(files: Iterable[Path]) -> dict[str, Any]:
    """A configuration as Snakemake reads it from several files: later ones win, mappings are merged."""
    config: dict[str, Any] = {}
    for file in files:
        update_config(config, read_yaml(file))
    return config


def miniature(config: Mapping[str, Any], *, device: str = "cpu") -> dict[str, Any]:
    """The overlay that makes one of the paper's configurations small.

    Args:
        config: merged from the paper's files.
        device: ``cpu`` or ``cuda``.
    """
    networks = {n: OPTIONS[network.get("architecture", n)] for n, network in config["networks"].items()}
    sups: dict[str, Any] = {"checkpoint_every": STEPS // 2, "batch": BATCH}
    sources = {name: source or {} for name, source in config["sups"]["sources"].items()}
    sups["sources"] = {n: {"snapshots": list(SNAPSHOTS)} for n, source in sources.items() if source.get("snapshots")}
    if config["sups"]["steps"] is not None:
        sups["steps"] = STEPS
    recipes = {
        section: {name: _short(recipe) for name, recipe in config[section].items()}
        for section in ("training", "finetuning")
        if section in config
    }
    return {
        "device": device,
        "threads": 1,
        "workers": 0,
        "keep_in_memory": True,
        "image_size": list(IMAGE_SIZE),
        "weights_registry": REGISTRY,
        "published": PUBLISHED,
        "networks": {name: {"options": options} for name, options in networks.items()},
        "sups": sups,
        "studies": {"per_image": {"steps": ATTACK_STEPS}},
        **recipes,
    }


def part(config: Mapping[str, Any]) -> dict[str, Any]:
    """A part of a configuration: one network of each family, one epsilon, two data sets, two sizes, two attacks."""
    names = set(config["networks"])
    chosen: dict[str, Any] = _without(config, {n for n in names if n.removesuffix("_finetuned") not in FAMILIES})
    del chosen["evaluation"]["datasets"]["kitti2012"]
    chosen["evaluation"]["datasets"]["flyingthings3d"]["networks"] = ["psmnet"]
    chosen["sups"]["epsilons"] = EPSILONS
    aanet = chosen["sups"]["sources"]["aanet"]
    aanet |= {"sizes": [size for size in ("tile16", "tile64") if size in aanet["sizes"]], "epsilons": EPSILONS}
    chosen["studies"]["per_image"]["attacks"] = ["fgsm", "di2fgsm"]
    for recipe in chosen.get("finetuning", {}).values():
        recipe["sups"]["epsilons"] = EPSILONS
    return chosen


def _without(value: Any, names: set[str]) -> Any:
    """A copy of nested mappings and lists without these names, and without what is empty for want of them."""
    if isinstance(value, Mapping):
        kept = {key: (old, _without(old, names)) for key, old in value.items() if key not in names}
        return {key: new for key, (old, new) in kept.items() if new or not old}
    if isinstance(value, list | tuple):
        return [_without(item, names) for item in value if not isinstance(item, str) or item not in names]
    return value


def _short(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """A recipe with every change that it makes on the way, an epoch after the one before."""
    changes = len(recipe.get("change_at", []))
    groups = recipe.get("batch_norm_groups", 1)
    short = {"epochs": changes + 1, "batch": max(groups, BATCH), "checkpoint_every": 2}
    if changes:
        short["change_at"] = list(range(1, changes + 1))
    if "crop_size" in recipe:
        short["crop_size"] = list(CROP_SIZE)
    if "image_size" in recipe:
        short["image_size"] = list(NATIVE_SIZE if "crop_size" in recipe else IMAGE_SIZE)
    if "freeze_batch_norm_from" in recipe:
        short["freeze_batch_norm_from"] = changes
    return short
