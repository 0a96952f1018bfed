"""Reading and writing weights: ours and the authors', nothing else, and never code."""

import pickle

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

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


def refused(network, path, message):
    """One line that begins with the file; the network keeps its weights."""
    before = {name: value.clone() for name, value in network.state_dict().items()}
    with pytest.raises(SupError, match=message) as caught:
        load_weights(network, path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())


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
    for name in ("a", "b"):
        save_weights(small_network, tmp_path / f"{name}.safetensors", {"architecture": "psmnet"})
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()


def test_equal_weights_with_several_header_entries_give_equal_bytes(small_network, tmp_path):
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


def test_missing_entry_is_named(small_network, other, tmp_path):
    state = small_network.state_dict()
    del state["dres1.0.0.weight"]
    torch.save(state, tmp_path / "w.pth")
    refused(other, tmp_path / "w.pth", r"1 missing entries, e\.g\. dres1\.0\.0\.weight")


def test_unexpected_entry_is_named(small_network, other, tmp_path):
    torch.save(small_network.state_dict() | {"extra.weight": torch.zeros(2)}, tmp_path / "w.pth")
    refused(other, tmp_path / "w.pth", r"1 unexpected entries, e\.g\. extra\.weight")


def test_reshaped_entry_is_named(small_network, other, tmp_path):
    state = small_network.state_dict()
    state["classif1.2.weight"] = torch.zeros(1, 4, 3, 3)
    torch.save(state, tmp_path / "w.pth")
    refused(other, tmp_path / "w.pth", r"1 differently shaped entries, e\.g\. classif1\.2\.weight")


def test_declared_optional_entries_are_ignored_and_reported(small_network, other, tmp_path):
    """As AANet's heads for intermediate supervision; nothing else is let through."""
    other.optional_weights = ("extra.",)
    torch.save(small_network.state_dict() | {"extra.weight": torch.zeros(2)}, tmp_path / "w.pth")
    assert load_weights(other, tmp_path / "w.pth") == ["extra.weight"]
    assert same_weights(small_network, other)
    torch.save(small_network.state_dict() | {"extraordinary": torch.zeros(2)}, tmp_path / "w.pth")
    refused(other, tmp_path / "w.pth", "extraordinary")


@pytest.mark.parametrize(
    ("name", "options"),
    [("psmnet_deform25", {}), ("psmnet", {"base_channels": 6}), ("psmnet", {"block_counts": (1, 2, 1, 1)})],
)
def test_weights_of_another_network_are_refused(make_small_network, other, tmp_path, name, options):
    save_weights(make_small_network(name, **options), tmp_path / "w.safetensors")
    refused(other, tmp_path / "w.safetensors", "weights of another network or other options.*check the network's name")


@pytest.mark.parametrize("kept", [0, 4, 100, 5000, -1])
def test_truncated_safetensors_are_refused(small_network, tmp_path, kept):
    path = tmp_path / "w.safetensors"
    save_weights(small_network, path)
    path.write_bytes(path.read_bytes()[:kept])
    refused(small_network, path, "damaged safetensors file")


@pytest.mark.parametrize(
    ("kept", "options"),
    [
        (0, {}),
        (100, {}),
        (5000, {}),
        (-1, {}),
        (100, LEGACY),
        (5000, LEGACY),
        (-1, LEGACY),
    ],
)
def test_truncated_torch_files_are_refused(small_network, tmp_path, kept, options):
    """Half a download, in the formats of new and old PyTorch; the released files are of the old one."""
    path = tmp_path / "w.tar"
    torch.save({"state_dict": prefixed(small_network)}, path, **options)
    path.write_bytes(path.read_bytes()[:kept])
    refused(small_network, path, "damaged or not a PyTorch file|refused")


def test_damaged_torch_file_never_escapes_as_another_exception(tmp_path):
    """Flipped bytes make torch.load raise almost anything."""
    path = tmp_path / "w.tar"
    torch.save([torch.zeros(3)], path, **LEGACY)
    whole, random = path.read_bytes(), np.random.default_rng(0)
    for _ in range(300):
        damaged = bytearray(whole)
        for place in random.integers(0, len(whole), 2):
            damaged[place] = random.integers(0, 256)
        path.write_bytes(damaged)
        with pytest.raises(SupError, match=r"w\.tar: "):
            read_state_dict(path)


@pytest.mark.parametrize("suffix", [".tar", ".safetensors"])
def test_text_in_place_of_weights_is_refused(small_network, tmp_path, suffix):
    """A download that is really an error page."""
    (tmp_path / f"w{suffix}").write_text("<!DOCTYPE html><title>Google Drive - Quota exceeded</title>")
    refused(small_network, tmp_path / f"w{suffix}", "damaged|refused")


@pytest.mark.parametrize("content", [[1], {}, {"state_dict": {}}, {"a": 1}, {"state_dict": 3}, torch.zeros(3)])
def test_files_without_a_state_dict_are_refused(small_network, tmp_path, content):
    torch.save(content, tmp_path / "w.pth")
    refused(small_network, tmp_path / "w.pth", "holds no state dict")


def test_missing_file_is_named(small_network, tmp_path):
    refused(small_network, tmp_path / "none.tar", "file not found")


@pytest.mark.parametrize("options", [{}, LEGACY], ids=["zip", "legacy"])
def test_pickle_with_code_is_refused_and_not_executed(small_network, tmp_path, trap, options):
    path = tmp_path / "w.tar"
    torch.save({"state_dict": prefixed(small_network), "train_loss": trap}, path, **options)
    refused(small_network, path, "refused.*could run code")
    assert not trap.sprung.exists()
    torch.load(path, weights_only=False)
    assert trap.sprung.exists(), "the trap itself does not work"


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
def test_bare_pickle_is_refused_and_not_executed(small_network, tmp_path, trap):
    (tmp_path / "w.pth").write_bytes(pickle.dumps(trap))
    refused(small_network, tmp_path / "w.pth", "refused|damaged")
    assert not trap.sprung.exists()


def test_foreign_safetensors_are_refused(small_network, tmp_path):
    save_file({"embedding": torch.zeros(3)}, tmp_path / "w.safetensors")
    refused(small_network, tmp_path / "w.safetensors", "missing entries")


def test_prefix_is_dropped_only_at_the_front(tmp_path):
    torch.save({"module.a.module.b": torch.ones(1)}, tmp_path / "w.pth")
    assert list(read_state_dict(tmp_path / "w.pth")) == ["a.module.b"]
