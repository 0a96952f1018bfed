"""Files of weights that do not belong to the network, are damaged, or are out to do harm."""

import json
import pickle
import struct
import zipfile

import numpy as np
import pytest
import torch

from supcore.errors import SupError
from supcore.networks import load_weights, save_weights
from supcore.networks.checkpoints import read_state_dict
from tests.refusal import check_refusal

OTHER = "weights of another network or other options: {} entries, e.g. {}; check the network's name and options"
UNUSUAL = "refused, it holds a tensor of an unusual kind (…{}…); save plain numbers"
NO_STATE = "holds no state dict (a mapping of names to tensors); is it a weights file?"
DAMAGED = "damaged or not a PyTorch file (…); fetch it again"
DAMAGED_TENSORS = "damaged safetensors file (…{}…); make or fetch it again"
CODE = "refused, the file holds objects other than tensors and could run code; choose one of tensors"
BOMB = "refused, it would unpack to 33…; save it without compression"
FIRST = "feature_extraction.firstconv.0.0.weight"
LEGACY = {"_use_new_zipfile_serialization": False}
WEB_PAGE = b"<!DOCTYPE html><title>Google Drive - Quota exceeded</title>"


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


def whole(content):
    return lambda path, network: torch.save(content, path)


def raw(content):
    return lambda path, network: path.write_bytes(content)


def truncated(kept, **options):
    def make(path, network):
        if path.suffix == ".safetensors":
            save_weights(network, path)
        else:
            torch.save(network.state_dict(), path, **options)
        path.write_bytes(path.read_bytes()[:kept])

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


def two_lists(path, network):
    """The list that PyTorch reads is that of the bomb; the 64-bit record that Python reads has an empty one."""
    zip_bomb("data/0")(path, network)
    body = path.read_bytes()
    entries, length, offset = struct.unpack("<H2I", body[-12:-2])
    body = body[:-22]

    def record(count, length, offset):
        return struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, length, offset)

    locator = struct.pack("<4sIQI", b"PK\6\7", 0, len(body), 1)
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, *[0xFFFF] * 2, *[0xFFFFFFFF] * 2, 0)
    path.write_bytes(body + record(entries, length, offset) + record(0, 0, len(body) + 56) + locator + end)


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

# How it is made, what the message says behind the file's name.
TORCH = {
    "another network": (whole({"module.fc.weight": torch.zeros(3, 3)}), OTHER.format("… missing", "…")),
    "missing entry": (one_missing, OTHER.format("1 missing", "dres1.0.0.weight")),
    "extra entry": (entry("extra", torch.zeros(2)), OTHER.format("1 unexpected", "extra")),
    "another shape": (first_as(lambda w: w[:1]), OTHER.format("1 differently shaped", "…")),
    "finite in 64 bits only": (
        first_as(lambda w: w.double() + 1e300),
        "1 entries are not finite, e.g. …; fetch or train",
    ),
    "truth values": (first_as(lambda w: w > 0), f"{FIRST} is torch.bool instead of torch.float32; save the weights in"),
    "whole numbers": (first_as(lambda w: w.long()), f"{FIRST} is torch.int64 instead of torch.float32; save the weigh"),
    "two of one name": (entry(f"module.{FIRST}", torch.zeros(2)), f"holds {FIRST} with and without 'module.' before"),
    "nested": (first_as(lambda w: torch.nested.nested_tensor([w, w[:1]])), UNUSUAL.format("nested")),
    "name of three lines": (
        entry("a\n\x1b[31m\u2028b", torch.zeros(2)),
        OTHER.format("1 unexpected", r"a\n\x1b[31m\u2028b"),
    ),
    "name of 3 MB": (entry("name" * 750_000, torch.zeros(2)), OTHER.format("1 unexpected", "name…")),
    "NaN": (first_as(lambda w: w * float("nan")), "1 entries are not finite, e.g. …; fetch or train the weights again"),
    "complex": (first_as(lambda w: w.to(torch.complex64)), UNUSUAL.format("complex64")),
    "8-bit floating point": (first_as(lambda w: w.to(torch.float8_e4m3fn)), UNUSUAL.format("float8")),
    "sparse": (first_as(lambda w: w.to_sparse()), UNUSUAL.format("sparse")),
    "without content": (first_as(lambda w: w.to("meta")), UNUSUAL.format("")),
    "one number for terabytes": (entry("extra", torch.zeros(1).expand(10**6, 10**7)), UNUSUAL.format("10000000")),
    **{
        f"no state dict: {content}": (whole(content), NO_STATE)
        for content in (
            [1],
            {},
            {1: torch.zeros(3)},
            [("a", torch.zeros(3))],
            {"state_dict": {}},
            {"state_dict": {"a": 1}},
            {"state_dict": 3},
            torch.zeros(3),
        )
    },
    "empty": (raw(b""), DAMAGED),
    "web page": (raw(WEB_PAGE), CODE),
    "half a zip": (raw(b"PK\x03\x04 half a file"), DAMAGED),
    **{f"{n} bytes of a zip": (truncated(n), DAMAGED) for n in (100, -2000, -1)},
    **{f"{n} bytes of the old format": (truncated(n, **LEGACY), DAMAGED) for n in (100, -2000, -1)},
    "zip bomb as tensor": (zip_bomb("data/0"), BOMB),
    "zip bomb as pickle": (zip_bomb("data.pkl"), BOMB),
    "zip bomb in a second list": (two_lists, "damaged or not a PyTorch file (its list of content is not at its end); "),
    "scalar of two gigabytes": (with_pickle(LARGE_TYPE), "damaged … unknown type of numbers … fetch it again"),
    "type with a short state": (with_pickle(SHORT_STATE), NO_STATE),
}


def safetensors(header, body=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return raw(struct.pack("<Q", len(text)) + text + body)


ONE = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}
SAFETENSORS = {
    "foreign": (safetensors({"a": ONE}, bytes(4)), OTHER.format("… missing", "…")),
    **{f"{n} bytes": (truncated(n), DAMAGED_TENSORS.format("")) for n in (0, 4, 100, -2000, -1)},
    "web page": (raw(WEB_PAGE), DAMAGED_TENSORS.format("")),
    "absurd header length": (raw(b"\xff" * 8 + b"{}"), DAMAGED_TENSORS.format("")),
    "header beyond the file": (raw(struct.pack("<Q", 9999) + b"{}"), DAMAGED_TENSORS.format("")),
    "header that is no JSON": (safetensors(b"{'a'"), DAMAGED_TENSORS.format("")),
    "tensor beyond the file": (safetensors({"a": ONE}), DAMAGED_TENSORS.format("")),
    "overlapping tensors": (safetensors({"a": ONE, "b": ONE}, bytes(4)), DAMAGED_TENSORS.format("")),
    "header too deep": (
        safetensors({"__metadata__": {"supcore": "[" * 100_000}}),
        DAMAGED_TENSORS.format("maximum recursion"),
    ),
    "header of another kind": (
        safetensors({"__metadata__": {"supcore": "[1]"}}),
        DAMAGED_TENSORS.format("its header holds no names"),
    ),
}
WRONG = [
    pytest.param(suffix, *case, id=f"{suffix}: {name}")
    for suffix, cases in ((".tar", TORCH), (".safetensors", SAFETENSORS))
    for name, case in cases.items()
]


@pytest.mark.parametrize(("suffix", "make", "line"), WRONG)
@pytest.mark.filterwarnings("ignore")  # PyTorch warns of what it is asked to save here
def test_wrong_weights_are_named_and_the_network_keeps_its_own(suffix, make, line, small_network, tmp_path):
    path = tmp_path / f"w{suffix}"
    make(path, small_network)
    before = {key: value.clone() for key, value in small_network.state_dict().items()}
    check_refusal(lambda: load_weights(small_network, path), tmp_path, f"{path}: {line}")
    assert all(torch.equal(before[key], value) for key, value in small_network.state_dict().items())


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("none.pth", "file not found; check the path"),
        ("n" * 300 + ".pth", "cannot be opened (File name too long); check the path and its permissions"),
        ("\0.pth", "file not found; check the path"),
    ],
)
def test_weights_that_are_not_there_are_named(name, line, small_network, tmp_path):
    path = tmp_path / name
    check_refusal(lambda: load_weights(small_network, path), tmp_path, f"{path}: {line}")


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("kind", ["bare pickle", "zip", "old format"])
def test_a_pickle_with_code_is_refused_and_not_executed(kind, small_network, tmp_path, trap):
    path = tmp_path / "w.pth"
    if kind == "bare pickle":
        path.write_bytes(pickle.dumps(trap))
    else:
        content = {"state_dict": {"a": torch.zeros(1)}, "loss": trap}
        torch.save(content, path, _use_new_zipfile_serialization=kind == "zip")
    check_refusal(lambda: load_weights(small_network, path), tmp_path, f"{path}: {CODE}")
    assert not trap.sprung.exists()
    if kind != "bare pickle":
        torch.load(path, weights_only=False)
        assert trap.sprung.exists(), "the trap itself does not work"


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
def test_damaged_bytes_never_escape_as_another_exception(tmp_path):
    """They make torch.load raise almost anything."""
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
