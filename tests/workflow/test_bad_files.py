"""Files that cannot be used stop the job with one line that names them, and leave no output behind."""

import pickle

import pytest
import torch

pytestmark = pytest.mark.workflow

TARGET = "results/weights/psmnet/demo.safetensors"


class Bomb:
    """Runs code when unpickled."""

    def __reduce__(self):
        return (open, ("exploded", "w"))


def damaged_weights(kind, folder):
    """A weights file that must be refused, and what the message must say."""
    path = folder / "weights.pth"
    if kind == "another network":
        torch.save({"state_dict": {"module.fc.weight": torch.zeros(3, 3)}}, path)
        return path, "another network"
    if kind == "pickle with code":
        path.write_bytes(pickle.dumps({"state_dict": Bomb()}))
        return path, "refused"
    if kind == "not a state dict":
        torch.save([1, 2, 3], path)
        return path, "no state dict"
    path.write_bytes(b"PK\x03\x04 half a file")
    return path, "damaged"


@pytest.mark.parametrize("kind", ["another network", "pickle with code", "not a state dict", "truncated"])
def test_unusable_weights(workspace, kind):
    path, reason = damaged_weights(kind, workspace.folder)
    config = workspace.changed_config(networks__psmnet__weights={"demo": {"bundled": str(path)}})
    refused = workspace.snakemake(TARGET, config=config)
    assert refused.returncode != 0
    assert any(str(path) in line and reason in line for line in refused.stdout.splitlines()), refused.stdout
    assert "Traceback" not in refused.stdout
    assert not (workspace.folder / TARGET).exists()
    assert not (workspace.folder / "exploded").exists()


def test_a_truncated_image_is_named(workspace):
    """The evaluation of a data set with half an image stops and names it."""
    target = "results/evaluations/synthetic_things/psmnet/demo/clean.csv"
    config = workspace.changed_config()
    made = workspace.snakemake("results/manifests/synthetic_things/test.csv", config=config)
    assert made.returncode == 0, made.stdout
    image = next((workspace.folder / "results/data/synthetic_things/test/image_3").iterdir())
    image.write_bytes(image.read_bytes()[:200])
    refused = workspace.snakemake(target, "--rerun-triggers", "mtime", config=config)
    assert refused.returncode != 0
    assert f"image_3/{image.name}: image cannot be decoded" in refused.stdout
    assert "Traceback" not in refused.stdout
    assert not (workspace.folder / target).exists()
