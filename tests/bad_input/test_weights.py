"""Files of weights that do not belong to the network, are damaged, or are out to do harm."""

import json
import pickle
import struct
import zipfile

import pytest
import torch

from supcore.download import Checkpoint, Origin, RemoteFile, obtain_checkpoint
from supcore.download.registry import UrlSource
from supcore.networks import load_weights, save_weights
from supcore.networks.checkpoints import read_state_dict
from tests.bad_input.refusal import check_refusal

ANOTHER = "weights of another network or other options"
CHECK = "check the network's name and options"
FETCH = "fetch it again"
LEGACY = {"_use_new_zipfile_serialization": False}


def entry(name, value):
    """The network's weights with one entry more, or replaced."""
    return lambda path, network: torch.save(network.state_dict() | {name: value}, path)


def first_as(change):
    """The network's weights with the first entry changed."""

    def make(path, network):
        (name, value), *_ = network.state_dict().items()
        torch.save(network.state_dict() | {name: change(value)}, path)

    return make


def one_missing(path, network):
    state = network.state_dict()
    del state["dres1.0.0.weight"]
    torch.save(state, path)


def of_another_network(path, _):
    torch.save({"state_dict": {"module.fc.weight": torch.zeros(3, 3)}}, path)


def whole(content):
    return lambda path, network: torch.save(content, path)


def raw(content):
    return lambda path, network: path.write_bytes(content)


def truncated(**options):
    def make(path, network):
        if path.suffix == ".safetensors":
            save_weights(network, path)
        else:
            torch.save(network.state_dict(), path, **options)
        path.write_bytes(path.read_bytes()[:-2000])

    return make


def zip_bomb(member):
    """A third of a gigabyte of zeros in little more than a megabyte, in place of one of the parts."""

    def make(path, network):
        torch.save(network.state_dict(), path)
        with zipfile.ZipFile(path) as archive:
            parts = {info.filename: archive.read(info) for info in archive.infolist()}
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for name, content in parts.items():
                if not name.endswith(member):
                    archive.writestr(name, content)
                    continue
                with archive.open(name, "w") as stream:
                    for _ in range(320):
                        stream.write(bytes(1 << 20))

    return make


def with_pickle(content):
    """A file of the old format that holds this pickle."""

    def make(path, _):
        torch.save({"a": 1}, path, **LEGACY)
        path.write_bytes(path.read_bytes().replace(pickle.dumps({"a": 1}, 2), content))

    return make


# NumPy's type of two gigabytes as a scalar, and one with a state of which NumPy would read beyond the end.
LARGE_TYPE = b"\x80\x02cnumpy.core.multiarray\nscalar\ncnumpy\ndtype\nX\x0b\x00\x00\x00V2000000000\x85R\x85R."
SHORT_STATE = b"\x80\x02cnumpy\ndtype\nX\x02\x00\x00\x00f8\x89\x88\x87R("
SHORT_STATE += b"K\x03X\x01\x00\x00\x00<NJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb."


def safetensors(header, body=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return raw(struct.pack("<Q", len(text)) + text + body)


ONE = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}

# Name: file name, how it is made, fault, remedy.
WRONG = {
    "another network": ("w.tar", of_another_network, f"{ANOTHER}.*missing entries", CHECK),
    "missing entry": ("w.pth", one_missing, r"1 missing entries, e\.g\. dres1\.0\.0\.weight", CHECK),
    "extra entry": ("w.pth", entry("extra", torch.zeros(2)), r"1 unexpected entries, e\.g\. extra", CHECK),
    "another shape": ("w.pth", first_as(lambda w: w[:1]), "1 differently shaped entries", CHECK),
    "NaN": ("w.pth", first_as(lambda w: w * float("nan")), "1 entries are not finite", "fetch or train the weights"),
    "complex": ("w.pth", first_as(lambda w: w.to(torch.complex64)), "unusual kind .*complex64", "save plain numbers"),
    "8-bit floating point": (
        "w.pth",
        first_as(lambda w: w.to(torch.float8_e4m3fn)),
        "unusual kind .*float8",
        "save plain numbers",
    ),
    "sparse": ("w.pth", first_as(lambda w: w.to_sparse()), "unusual kind .*sparse", "save plain numbers"),
    "without content": ("w.pth", first_as(lambda w: w.to("meta")), "unusual kind", "save plain numbers"),
    "one number for terabytes": (
        "w.pth",
        entry("extra", torch.zeros(1).expand(10**6, 10**7)),
        "unusual kind .*10000000",
        "save plain numbers",
    ),
    "list": ("w.pth", whole([1, 2]), "holds no state dict", "is it a weights file"),
    "nothing": ("w.pth", whole({}), "holds no state dict", "is it a weights file"),
    "numbers for tensors": ("w.pth", whole({"state_dict": {"a": 1}}), "holds no state dict", "is it a weights file"),
    "empty file": ("w.pth", raw(b""), "damaged or not a PyTorch file", FETCH),
    "web page": ("w.pth", raw(b"<!DOCTYPE html><title>quota</title>"), "refused", "choose one of tensors"),
    "half a zip": ("w.pth", raw(b"PK\x03\x04 half a file"), "damaged or not a PyTorch file", FETCH),
    "truncated": ("w.tar", truncated(), "damaged or not a PyTorch file", FETCH),
    "truncated, old format": ("w.tar", truncated(**LEGACY), "damaged or not a PyTorch file", FETCH),
    "zip bomb as tensor": ("w.pth", zip_bomb("data/0"), "would unpack to 33", "without compression"),
    "zip bomb as pickle": ("w.pth", zip_bomb("data.pkl"), "would unpack to 33", "without compression"),
    "scalar of two gigabytes": ("w.pth", with_pickle(LARGE_TYPE), "unknown type of numbers", FETCH),
    "type with a short state": ("w.pth", with_pickle(SHORT_STATE), "holds no state dict", "is it a weights file"),
    "truncated safetensors": ("w.safetensors", truncated(), "damaged safetensors file", FETCH),
    "empty safetensors": ("w.safetensors", raw(b""), "damaged safetensors file", FETCH),
    "absurd header length": ("w.safetensors", raw(b"\xff" * 8 + b"{}"), "HeaderTooLarge|too large", FETCH),
    "header beyond the file": ("w.safetensors", raw(struct.pack("<Q", 9999) + b"{}"), "damaged safetensors", FETCH),
    "header that is no JSON": ("w.safetensors", safetensors(b"{'a'"), "damaged safetensors file", FETCH),
    "tensor beyond the file": ("w.safetensors", safetensors({"a": ONE}), "damaged safetensors file", FETCH),
    "overlapping tensors": ("w.safetensors", safetensors({"a": ONE, "b": ONE}, bytes(4)), "damaged safetensors", FETCH),
    "header too deep": (
        "w.safetensors",
        safetensors({"__metadata__": {"supcore": "[" * 100_000}}),
        "damaged safetensors file .maximum recursion",
        FETCH,
    ),
    "header of another kind": (
        "w.safetensors",
        safetensors({"__metadata__": {"supcore": "[1]"}}),
        "its header holds no names",
        FETCH,
    ),
}


def convert(network, path):
    """As the workflow does: weights from elsewhere in, safetensors out."""
    load_weights(network, path)
    save_weights(network, path.with_name("converted.safetensors"))


@pytest.mark.parametrize("case", WRONG)
@pytest.mark.filterwarnings("ignore")  # PyTorch warns of what it is asked to save here
def test_wrong_weights_are_named(case, small_network, tmp_path):
    name, make, fault, remedy = WRONG[case]
    path = tmp_path / name
    make(path, small_network)
    before = {key: value.clone() for key, value in small_network.state_dict().items()}
    check_refusal(lambda: convert(small_network, path), tmp_path, path, fault, remedy)
    assert all(torch.equal(before[key], value) for key, value in small_network.state_dict().items())


def bare_pickle(path, trap):
    path.write_bytes(pickle.dumps(trap))


def in_a_state_dict(path, trap):
    torch.save({"state_dict": {"a": torch.zeros(1)}, "loss": trap}, path)


def in_the_old_format(path, trap):
    torch.save({"state_dict": trap}, path, **LEGACY)


@pytest.mark.parametrize("make", [bare_pickle, in_a_state_dict, in_the_old_format])
@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
def test_a_pickle_with_code_is_refused_and_not_executed(make, small_network, tmp_path, trap):
    path = tmp_path / "w.pth"
    make(path, trap)
    check_refusal(lambda: convert(small_network, path), tmp_path, path, "refused", "could run code")
    assert not trap.sprung.exists()


@pytest.mark.parametrize("name", ["none.pth", "n" * 300 + ".pth", "\0.pth"])
def test_weights_that_are_not_there_are_named(name, small_network, tmp_path):
    path = tmp_path / name
    check_refusal(lambda: convert(small_network, path), tmp_path, path, "not found|cannot be opened", "check the path")


@pytest.mark.parametrize(
    ("known", "fault"),
    [
        ({"sha256": "0" * 64}, "its sha256 is .* instead of 000"),
        ({"size": 5}, "it has .* bytes instead of 5"),
    ],
)
def test_a_downloaded_file_of_another_hash_or_size_is_named(small_network, tmp_path, known, fault):
    downloads = tmp_path / "downloads"
    downloads.mkdir()
    torch.save(small_network.state_dict(), downloads / "w.tar")
    (downloads / ".w.tar.lock").touch()  # stays beside the file, whatever the outcome
    file = RemoteFile("w.tar", UrlSource("https://example.org/w.tar"), "MIT", **known)
    wanted = Checkpoint(label="psmnet/kitti15", origins=(Origin(file),))
    check_refusal(
        lambda: obtain_checkpoint(wanted, tmp_path / "out.tar", downloads=downloads, read=read_state_dict),
        tmp_path,
        downloads / "w.tar",
        fault,
        "delete it to download it again",
    )


@pytest.mark.parametrize("precision", [torch.float16, torch.bfloat16, torch.float64])
def test_weights_of_another_precision_load(small_network, make_small_network, tmp_path, precision):
    stored = {k: v.to(precision) if v.is_floating_point() else v for k, v in small_network.state_dict().items()}
    torch.save(stored, tmp_path / "w.pth")
    other = make_small_network(seed=1)
    load_weights(other, tmp_path / "w.pth")
    assert all(torch.equal(stored[k].to(v.dtype), v) for k, v in other.state_dict().items())
