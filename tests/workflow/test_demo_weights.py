"""The bundled weights are good networks: on scenes they never saw, and on a real photograph."""

import pytest
import yaml

from supcore.data.dataset import StereoDataset
from supcore.data.manifest import StereoSample
from supcore.data.motorcycle import write_motorcycle
from supcore.data.synthetic import write_scenes
from supcore.networks import build_network, load_weights
from supcore.training import validate
from tests.workflow.conftest import REPOSITORY

CONFIG = yaml.safe_load((REPOSITORY / "config/config.yaml").read_text())
NETWORKS = list(CONFIG["networks"])


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    """Twelve scenes of each kind that no training saw, and the Motorcycle pair at the demo's size."""
    folder = tmp_path_factory.mktemp("scenes")
    size = tuple(CONFIG["image_size"])
    made = {
        "driving": write_scenes(folder / "driving", "driving", count=12, image_size=size, seed=99),
        "things": write_scenes(folder / "things", "things", count=12, image_size=size, seed=99, max_disparity=14),
        "motorcycle": write_motorcycle(folder / "motorcycle"),
    }
    return {
        name: StereoDataset([StereoSample(**row) for row in rows], size, keep_in_memory=True)
        for name, rows in made.items()
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
    assert errors["motorcycle"]["epe"] < 1.2
    assert errors["motorcycle"]["d1"] < 10
