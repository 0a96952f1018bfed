"""Reading and writing weights: ours and the authors'."""

import numpy as np
import pytest
import torch

from supcore.errors import SupError
from supcore.networks import load_weights, save_weights
from supcore.networks.checkpoints import read_state_dict

LEGACY = {"_use_new_zipfile_serialization": False}


def prefixed(network):
    return {f"module.{name}": value for name, value in network.state_dict().items()}


def same_weights(first, second):
    a, b = first.state_dict(), second.state_dict()
    return all(torch.equal(a[name], b[name]) for name in a)


@pytest.fixture
def other(make_small_network):
    """A network of the same shape with other weights, to load into."""
    return make_small_network(seed=1)


def test_saved_and_loaded_bit_for_bit(small_network, other, tmp_path):
    assert not same_weights(small_network, other)
    save_weights(small_network, tmp_path / "w.safetensors", {"architecture": "psmnet"})
    assert load_weights(other, tmp_path / "w.safetensors") == []
    assert same_weights(small_network, other)


def test_safetensors_by_another_name_are_known_by_their_content(small_network, other, tmp_path):
    save_weights(small_network, tmp_path / "w.safetensors")
    (tmp_path / "w.safetensors").rename(tmp_path / "w.checkpoint")
    load_weights(other, tmp_path / "w.checkpoint")
    assert same_weights(small_network, other)


def test_equal_weights_give_equal_bytes(small_network, tmp_path):
    """With several entries in the header, which safetensors itself writes in random order."""
    for number in range(8):
        save_weights(
            small_network, tmp_path / f"{number}.safetensors", {"architecture": "psmnet", "seed": "1", "a": ""}
        )
    assert len({path.read_bytes() for path in tmp_path.iterdir()}) == 1


@pytest.mark.parametrize("suffix", [".tar", ".pth"])
@pytest.mark.parametrize("options", [{}, LEGACY], ids=["zip", "legacy"])
def test_authors_files_load(small_network, other, tmp_path, suffix, options):
    """The prefix of DataParallel, the wrapper, and a NumPy loss, in the formats of new and old PyTorch."""
    content = {"epoch": 300, "state_dict": prefixed(small_network), "train_loss": np.float64(0.5)}
    torch.save(content, tmp_path / f"w{suffix}", **options)
    load_weights(other, tmp_path / f"w{suffix}")
    assert same_weights(small_network, other)


def test_numpy_scalars_under_their_old_name_load(small_network, other, tmp_path):
    """NumPy before 2 called its module numpy.core; every released file was saved by such a version."""
    path = tmp_path / "w.tar"
    torch.save({"train_loss": np.float32(1.5), "state_dict": prefixed(small_network)}, path, **LEGACY)
    content = path.read_bytes()
    assert b"numpy._core.multiarray" in content
    path.write_bytes(content.replace(b"numpy._core.multiarray", b"numpy.core.multiarray"))
    load_weights(other, path)
    assert same_weights(small_network, other)


def test_bare_state_dict_without_prefix_loads(small_network, other, tmp_path):
    torch.save(small_network.state_dict(), tmp_path / "w.pth")
    load_weights(other, tmp_path / "w.pth")
    assert same_weights(small_network, other)


def test_files_from_before_batch_counters_load(small_network, other, tmp_path):
    state = {k: v for k, v in prefixed(small_network).items() if not k.endswith("num_batches_tracked")}
    torch.save({"state_dict": state}, tmp_path / "w.tar")
    load_weights(other, tmp_path / "w.tar")
    assert torch.equal(other.dres0[0][0].weight, small_network.dres0[0][0].weight)


def test_declared_optional_entries_are_ignored_and_reported(small_network, other, tmp_path):
    """As AANet's heads for intermediate supervision; nothing else is let through."""
    other.optional_weights = ("extra.",)
    torch.save(small_network.state_dict() | {"extra.weight": torch.zeros(2)}, tmp_path / "w.pth")
    assert load_weights(other, tmp_path / "w.pth") == ["extra.weight"]
    assert same_weights(small_network, other)
    torch.save(small_network.state_dict() | {"extraordinary": torch.zeros(2)}, tmp_path / "w.pth")
    with pytest.raises(SupError, match=r"1 unexpected entries, e\.g\. extraordinary"):
        load_weights(other, tmp_path / "w.pth")


@pytest.mark.parametrize("precision", [torch.float16, torch.bfloat16, torch.float64])
def test_weights_of_another_precision_load(small_network, other, tmp_path, precision):
    stored = {k: v.to(precision) if v.is_floating_point() else v for k, v in small_network.state_dict().items()}
    torch.save(stored, tmp_path / "w.pth")
    load_weights(other, tmp_path / "w.pth")
    assert all(torch.equal(stored[k].to(v.dtype), v) for k, v in other.state_dict().items())


def test_prefix_is_dropped_only_at_the_front(tmp_path):
    torch.save({"module.a.module.b": torch.ones(1)}, tmp_path / "w.pth")
    assert list(read_state_dict(tmp_path / "w.pth")) == ["a.module.b"]
