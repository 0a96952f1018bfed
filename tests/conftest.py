"""What all tests share: one thread, the reference data, a small network and small stereo pairs on disk."""

import os
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from hypothesis import settings

from supcore.data.dataset import StereoDataset
from supcore.data.image_io import write_disparity, write_image
from supcore.data.manifest import StereoSample
from supcore.networks import build_network

# No result may need a certain number; several processes of tests are faster with one thread each.
torch.set_num_threads(int(os.environ.get("TEST_THREADS", "1")))

# A busy machine fails nothing.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

# What a test may be skipped for where everything that can be installed is, as in continuous integration (CI=true).
ALLOWED_SKIPS = (
    "PyTorch sees no GPU",
    "our CUDA kernels are not compiled",
    "root may write everywhere",  # tests/bad_input does the same as an ordinary user
    "the real frames are not here",
    "documentation: ",  # blocks that are no configuration and no program
)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session):
    """In continuous integration a skip that is not allowed fails the run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") != "true" or reporter is None:
        return
    reasons = {report.longrepr[2] for report in reporter.stats.get("skipped", [])}
    for reason in sorted(r for r in reasons if not any(allowed in r for allowed in ALLOWED_SKIPS)):
        reporter.write_line(f"ERROR: CI=true, but skipped: {reason}; install what is missing", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


SMALL = {
    "base_channels": 4,
    "block_counts": (1, 1, 1, 1),
    "pooling_sizes": (8, 4, 2, 1),
    "max_disparity": 16,
}


@pytest.fixture(scope="session")
def golden() -> Path:
    """Folder of stored outputs of the authors' released code; its README.md says what each file holds."""
    return Path(__file__).parent / "parity" / "data"


def build_small(name="psmnet", seed=0, **options):
    """A network for 32×64 images whose activations and batch-norm statistics are not trivial."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = build_network(name, **{**SMALL, **options})
        for key, value in network.state_dict().items():
            if key.endswith("running_var"):
                value.uniform_(0.5, 1.5)
            elif key.endswith("running_mean"):
                value.normal_(0, 0.1)
    return network


@pytest.fixture
def small_network():
    return build_small()


@pytest.fixture(scope="session")
def make_small_network():
    """The builder itself, for tests that need several networks or other options."""
    return build_small


@pytest.fixture
def images():
    """Two 32×64 pairs in [0, 1], 8-bit values, some of them saturated."""
    random = np.random.default_rng(0)
    views = random.integers(-40, 296, (2, 2, 3, 32, 64)).clip(0, 255).astype(np.float32) / np.float32(255)
    left, right = torch.from_numpy(views)
    return left, right


@pytest.fixture(scope="session")
def make_samples(tmp_path_factory):
    """Writes stereo pairs of constant disparity as PNG files; the listed ones get no ground truth."""

    def make(count, size=(32, 64), seed=0, without_truth=()):
        folder = tmp_path_factory.mktemp("pairs")
        random = np.random.default_rng(seed)
        height, width = size
        samples = []
        for number in range(count):
            canvas = random.integers(0, 256, (height, width + 16, 3), dtype=np.uint8)
            canvas = cv2.GaussianBlur(canvas, (0, 0), 1.5)
            shift = int(random.integers(2, 12))
            files = [str(folder / f"{number}_{name}.png") for name in ("left", "right", "disparity")]
            write_image(files[0], np.ascontiguousarray(canvas[:, 16 - shift : 16 - shift + width]))
            write_image(files[1], np.ascontiguousarray(canvas[:, 16 : 16 + width]))
            write_disparity(files[2], np.full(size, shift, np.float32))
            samples.append(StereoSample(*files[:2], "" if number in without_truth else files[2]))
        return samples

    return make


@pytest.fixture(scope="session")
def make_pairs(make_samples):
    """The same as a data set held in memory."""

    def make(count, **options):
        return StereoDataset(make_samples(count, **options), keep_in_memory=True)

    return make


class Trap:
    """Unpickling an instance makes the folder ``sprung``."""

    def __init__(self, sprung: Path) -> None:
        self.sprung = sprung

    def __reduce__(self):
        return os.mkdir, (str(self.sprung),)


@pytest.fixture
def trap(tmp_path):
    """An object that runs code when it is unpickled; ``trap.sprung`` tells whether it did."""
    return Trap(tmp_path / "sprung")
