"""Released files in the authors' formats: archives of checkpoints, SUPs and class maps, and their registry."""

import csv
import hashlib
import io
import json
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from supcore.download.registry import load_registry
from supcore.networks import StereoNetwork, build_network
from supcore.perturbation import StereoPerturbation
from supcore.seeding import derived_seed
from supcore.sup_names import tile_size
from supcore.yaml_files import read_yaml
from tests.rehearsal.overlay import BATCH, IMAGE_SIZE, OPTIONS, SNAPSHOTS
from tests.rehearsal.trees import write_class_maps

REPOSITORY = Path(__file__).resolve().parents[2]
# What the release's scripts name: one SUP of every network, and AANet's at the other bounds.
SUPS: dict[str, tuple[float, ...]] = {**dict.fromkeys(OPTIONS, (0.02,)), "aanet": (0.02, 0.01, 0.005, 0.002)}
# Heads that AANet's files hold beside the network, by the shapes of their tensors.
UNUSED_HEADS = {
    "aggregation.fusions.5.fuse_layers.1.0.0.weight": (4, 8, 3, 3),
    "aggregation.final_conv.1.weight": (4, 4, 1, 1),
    "aggregation.final_conv.2.bias": (2,),
}
CLASS_MAPS = "kitti_segmentation/data/kitti_scene_flow/training/image_2"


def write_releases(folder: Path) -> None:
    """Write every archive of the SUP authors below ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    registry = load_registry(REPOSITORY / "config/weights.yaml")
    members: dict[str, dict[str, bytes]] = {}
    for network, entries in registry.weights.items():
        for name, entry in entries.items():
            if network in OPTIONS and entry.origins[0].file.name.startswith("pretrained_"):
                origin = entry.origins[0]
                content = checkpoint(network, entry.options, derived_seed(0, origin.member or name))
                members.setdefault(origin.file.name, {})[str(origin.member)] = content
    collection = registry.collection("authors")
    for network, epsilons in SUPS.items():
        for epsilon in epsilons:
            origin = collection.checkpoint(network, "tile64", epsilon).origins[0]
            members.setdefault(origin.file.name, {})[str(origin.member)] = released_sup(network, epsilon)
    for archive, content in members.items():
        _zip(folder / archive, content)
    maps = folder / "class_maps"
    write_class_maps(maps)
    _zip(folder / "kitti_segmentation.zip", {f"{CLASS_MAPS}/{f.name}": f.read_bytes() for f in sorted(maps.iterdir())})


def checkpoint(network: str, options: Mapping[str, Any], seed: int) -> bytes:
    """A narrow network with random weights, as the authors' ``.tar`` and ``.pth`` files hold the published one."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        weights = build_network(network, **OPTIONS[network] | dict(options)).state_dict()
    if network == "aanet":
        weights |= {name: torch.zeros(shape) for name, shape in UNUSED_HEADS.items()}
    else:  # from before PyTorch counted batches
        weights = {name: value for name, value in weights.items() if not name.endswith("num_batches_tracked")}
    content = {
        "epoch": 300,
        "state_dict": {f"module.{name}": value for name, value in weights.items()},
        "train_loss": np.float64(0.5),
    }
    return _saved(content)


def released_sup(network: str, epsilon: float) -> bytes:
    """Random signs, as the authors' SUPs are stored."""
    generator = torch.Generator().manual_seed(derived_seed(0, network, epsilon))
    sup = StereoPerturbation.random_signs(tile_size("tile64", IMAGE_SIZE), IMAGE_SIZE, epsilon, generator)
    tiles = {f"perturb{view}_state_dict": {"weights": tile} for view, tile in enumerate((sup.left, sup.right))}
    return _saved({"train_step": 9000, **tiles})


def registry_of(releases: Path, address: str) -> dict[str, Any]:
    """``config/weights.yaml`` with the addresses, the hashes and the numbers of parameters of the miniatures."""
    registry: dict[str, Any] = read_yaml(REPOSITORY / "config/weights.yaml")
    for name, file in registry["files"].items():
        for source in ("drive", "pypi", "sha256", "size"):
            file.pop(source, None)
        file["url"] = f"{address}/{name}"
    for network, entries in registry["weights"].items():
        for entry in entries.values():
            if network in OPTIONS:
                entry["parameters"] = _parameters(build_network(network, **OPTIONS[network]))
            if "sha256" in entry and (releases / entry["file"]).exists():
                entry["sha256"] = _member_hash(releases / entry["file"], entry["member"])
    return registry


def write_registry(path: Path, releases: Path, address: str) -> None:
    """Write that registry, as JSON, which is YAML."""
    path.write_text(json.dumps(registry_of(releases, address), indent=1))


def write_published(folder: Path) -> None:
    """The published numbers, with the miniature's numbers of training samples in place of the paper's."""
    shutil.copytree(REPOSITORY / "resources/published", folder, dirs_exist_ok=True)
    path = folder / "sampling_efficiency.csv"
    with path.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    published = sorted({int(row["training_samples"]) for row in rows})
    ours = dict(zip(published, (BATCH * step for step in SNAPSHOTS), strict=True))
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(row | {"training_samples": ours[int(row["training_samples"])]} for row in rows)


def _saved(content: dict[str, Any]) -> bytes:
    """The bytes of ``torch.save`` before PyTorch 1.6."""
    room = io.BytesIO()
    torch.save(content, room, _use_new_zipfile_serialization=False)
    return room.getvalue()


def _zip(path: Path, members: Mapping[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def _member_hash(archive: Path, member: str) -> str:
    """The first eight digits, as AANet's authors write them into the names of files."""
    with zipfile.ZipFile(archive) as opened:
        return hashlib.sha256(opened.read(member)).hexdigest()[:8]


def _parameters(network: StereoNetwork) -> int:
    return sum(parameter.numel() for parameter in network.parameters())
