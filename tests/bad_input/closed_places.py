"""What an ordinary user tries with files and folders that are closed to him; a table for :mod:`children`."""

import sys
from pathlib import Path

from supcore.data.dataset import load_pair
from supcore.data.image_io import read_class_map, read_disparity, read_image
from supcore.data.indexing import index_pairs, names_digest, read_exclusions
from supcore.data.manifest import StereoSample, read_manifest
from supcore.download import load_registry, unpack
from supcore.files import write_text
from supcore.networks.checkpoints import read_state_dict
from supcore.perturbation import StereoPerturbation
from supcore.workflow.settings import is_readable_folder
from tests.bad_input.children import print_outcomes

FILES = (
    "image.png",
    "disparity.pfm",
    "classes.npy",
    "pairs.csv",
    "weights.pth",
    "sup.safetensors",
    "list.txt",
    "a.zip",
)


def main(folder: Path) -> None:
    closed = folder / "closed"
    sup = StereoPerturbation("full", (4, 4), 0.1)

    def use_read_only() -> None:
        for row in index_pairs("kitti2015", folder / "read only").rows:
            load_pair(StereoSample(**row))

    def see_closed_parent() -> None:
        assert not is_readable_folder(folder / "closed folder/root")

    print_outcomes(
        {
            "read-only data root": use_read_only,
            "root in a closed folder": see_closed_parent,
            "closed root": lambda: index_pairs("kitti2015", folder / "closed folder"),
            "closed folder of images": lambda: names_digest("kitti2015", folder / "closed images"),
            "image.png": lambda: read_image(closed / "image.png"),
            "disparity.pfm": lambda: read_disparity(closed / "disparity.pfm"),
            "classes.npy": lambda: read_class_map(closed / "classes.npy"),
            "pairs.csv": lambda: read_manifest(closed / "pairs.csv"),
            "weights.pth": lambda: read_state_dict(closed / "weights.pth"),
            "sup.safetensors": lambda: StereoPerturbation.load(closed / "sup.safetensors"),
            "list.txt": lambda: read_exclusions(closed / "list.txt"),
            "weights.yaml": lambda: load_registry(closed / "weights.yaml"),
            "a.zip": lambda: unpack(closed / "a.zip", folder / "open/out"),
            "text into a read-only folder": lambda: write_text(folder / "read only/a.csv", "x"),
            "SUP into a read-only folder": lambda: sup.save(folder / "read only/a.safetensors"),
            "archive into a read-only folder": lambda: unpack(folder / "good.zip", folder / "read only/out"),
        }
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
