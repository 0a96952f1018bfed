"""What is written to a disk without space; a table for :mod:`children`.

The folder lies on a file system of a few kilobytes, which the first file fills.
"""

import os
import sys
from pathlib import Path

import numpy as np
import torch

from supcore.data.image_cache import write_cache
from supcore.data.image_io import write_disparity, write_image
from supcore.data.manifest import StereoSample, write_manifest
from supcore.download import Checkpoint, obtain_checkpoint, unpack
from supcore.errors import SupError
from supcore.files import write_json, write_text
from supcore.networks import save_weights
from supcore.perturbation import StereoPerturbation
from supcore.resume import save_checkpoint
from tests.bad_input.children import print_outcomes

EARLIER = "earlier.csv"


def main(place: Path) -> None:
    disk, elsewhere = place / "disk", place
    fill(disk)
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    network = torch.nn.Linear(100, 100)
    image = str(elsewhere / "image.png")
    pair = StereoSample(image, image)

    def stays() -> None:
        left = {path.name for path in disk.rglob("*")} - {EARLIER, "filling", "out", "cache"}
        if left or (disk / EARLIER).read_text() != "earlier":
            raise SupError(f"left behind: {left}")

    print_outcomes(
        {
            EARLIER: lambda: write_text(disk / EARLIER, "x" * 9000),
            "a.json": lambda: write_json(disk / "a.json", list(range(3000))),
            "a.png": lambda: write_image(disk / "a.png", noise),
            "d.png": lambda: write_disparity(disk / "d.png", np.float32(noise[..., 0])),
            "pairs.csv": lambda: write_manifest(disk / "pairs.csv", [{"left": image, "right": image}] * 500),
            "w.safetensors": lambda: save_weights(network, disk / "w.safetensors"),
            "s.safetensors": lambda: StereoPerturbation("full", (64, 64), 0.1).save(disk / "s.safetensors"),
            "s.pth": lambda: StereoPerturbation("full", (64, 64), 0.1).save(disk / "s.pth"),
            "c.pt": lambda: save_checkpoint(disk / "c.pt", {"tiles": torch.zeros(9000)}),
            "cache": lambda: write_cache([pair], (64, 64), disk / "cache"),
            "out": lambda: unpack(elsewhere / "good.zip", disk / "out"),
            "raw.pth": lambda: obtain_checkpoint(
                Checkpoint(label="a/b", origins=(), path=elsewhere / "image.png"), disk / "raw.pth", downloads=elsewhere
            ),
            "nothing else": stays,
        }
    )


def fill(disk: Path) -> None:
    (disk / EARLIER).write_text("earlier")
    with (disk / "filling").open("wb", buffering=0) as stream:
        try:
            while stream.write(bytes(1 << 12)):
                pass
        except OSError:
            os.fsync(stream.fileno())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
