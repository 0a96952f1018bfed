"""The bundled weights are small and good networks: on scenes they never saw, and on a real photograph."""

import pytest
import torch
import yaml

from supcore.data.dataset import StereoDataset
from supcore.data.manifest import StereoSample
from supcore.data.motorcycle import write_motorcycle
from supcore.data.synthetic import write_scenes
from supcore.networks import build_network, load_pretrained, load_weights
from supcore.training import validate
from tests.workflow.conftest import REPOSITORY

CONFIG = yaml.safe_load((REPOSITORY / "config/config.yaml").read_text())
NETWORKS = list(CONFIG["networks"])


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    """Twelve scenes of each kind that no training saw, and the Motorcycle pair at the size of the training's crops."""
    folder = tmp_path_factory.mktemp("scenes")
    size = tuple(CONFIG["image_size"])
    made = {"motorcycle": (write_motorcycle(folder / "motorcycle"), tuple(CONFIG["training"]["demo"]["crop_size"]))}
    for kind in ("driving", "things"):
        reach = CONFIG["datasets"][f"synthetic_{kind}"]["max_disparity"]
        rows = write_scenes(folder / kind, kind, count=12, image_size=size, seed=99, max_disparity=reach)
        made[kind] = (rows, size)
    return {
        name: StereoDataset([StereoSample(**row) for row in rows], size, keep_in_memory=True)
        for name, (rows, size) in made.items()
    }


@pytest.mark.parametrize("name", NETWORKS)
def test_bundled_weights_are_accurate(pairs, name):
    entry = CONFIG["networks"][name]
    network = build_network(name, **entry["options"])
    load_weights(network, REPOSITORY / entry["weights"]["demo"]["bundled"])
    errors = {kind: validate(network, scenes) for kind, scenes in pairs.items()}
    assert errors["driving"]["epe"] < 1.2
    assert errors["driving"]["d1"] < 8
    assert errors["things"]["d1"] < 15
    # One photograph, of a kind that none was trained on; the worst of the six has 1.24 px and 12.1 %.
    assert errors["motorcycle"]["epe"] < 1.3
    assert errors["motorcycle"]["d1"] < 13


@pytest.mark.parametrize("name", NETWORKS)
def test_disparities_follow_the_right_view(pairs, name):
    """Where the right view shows everything 4 px further left, disparities grow by 4: it matches, and guesses no scene.

    Not all by exactly 4, since some would exceed what a network can say.
    """
    network = load_pretrained(name, "demo")
    left, right = pairs["driving"][0].views(torch.device("cpu"))
    moved = network.predict(left, right.roll(-4, dims=-1)) - network.predict(left, right)
    inside = moved[..., 32:-8]  # what both views show
    assert inside.median() == pytest.approx(4, abs=0.5)


def test_bundled_weights_are_small():
    files = [REPOSITORY / entry["weights"]["demo"]["bundled"] for entry in CONFIG["networks"].values()]
    assert max(file.stat().st_size for file in files) <= 1.6e6
    assert sum(file.stat().st_size for file in files) <= 8e6
