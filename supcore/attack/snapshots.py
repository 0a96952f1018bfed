"""The tiles of one run after some of its steps, in one file."""

from collections.abc import Mapping
from pathlib import Path

from supcore.errors import SupError
from supcore.perturbation import StereoPerturbation
from supcore.tensor_files import read_tensors, write_tensors


def save_snapshots(path: str | Path, snapshots: Mapping[int, StereoPerturbation]) -> None:
    """Write the perturbations by step as safetensors; there may be none."""
    tensors = {f"{step}.{view}": getattr(sup, view) for step, sup in snapshots.items() for view in ("left", "right")}
    bounds = {str(step): {"epsilon": sup.epsilon, "image_size": sup.image_size} for step, sup in snapshots.items()}
    write_tensors(path, tensors, {"snapshots": bounds})


def load_snapshots(path: str | Path) -> dict[int, StereoPerturbation]:
    """Read what :func:`save_snapshots` wrote, by rising step.

    Raises:
        SupError: the file is missing, damaged or no snapshots.
    """
    tensors, header = read_tensors(path)
    try:
        found = {}
        for step, bounds in header["snapshots"].items():
            left, right = (tensors[f"{step}.{view}"] for view in ("left", "right"))
            height, width = bounds["image_size"]
            found[int(step)] = StereoPerturbation.from_tiles(left, right, (height, width), bounds["epsilon"])
            found[int(step)].train_step = int(step)
    except (KeyError, TypeError, ValueError) as error:
        raise SupError(f"{path}: not a file of snapshots; optimize the SUP again") from error
    return dict(sorted(found.items()))
