"""Checkpoints of the release fit: every network has its parameter and buffer names, and their shapes."""

import gzip
import json

import pytest
import torch

from supcore.networks import build_network

pytestmark = pytest.mark.parity

NETWORKS = (
    "psmnet", "psmnet_deform6", "psmnet_deform25", "deeppruner", "deeppruner_fast", "psmnet_deform25_patchmatch",
    "aanet", "aanet_plus", "gwcnet_g", "gwcnet_gc", "raft_stereo", "raft_stereo_realtime", "raft_stereo_rvc",
    "igev_stereo",
)  # fmt: skip


@pytest.mark.parametrize("name", NETWORKS)
def test_names_and_shapes_equal_the_release(golden, name):
    expected = json.loads(gzip.decompress((golden / "state_dicts.json.gz").read_bytes()))[name]
    with torch.device("meta"):
        found = {key: list(value.shape) for key, value in build_network(name).state_dict().items()}
    assert found == expected
