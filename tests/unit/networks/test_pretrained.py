"""A network with its weights in one call: the bundled ones, and files whose header states the options."""

import json
import re
import shutil

import pytest
import torch
import yaml

from supcore.errors import SupError
from supcore.networks import build_network, load_pretrained, load_weights, save_weights
from supcore.networks.released import bundled_networks, refuse_damaged
from supcore.shipped import CHECKOUT, shipped_file
from tests.conftest import SMALL

CONFIG = yaml.safe_load((CHECKOUT / "config/config.yaml").read_text())


@pytest.mark.parametrize("name", CONFIG["networks"])
def test_demo_weights_need_no_options(name):
    """They are those of the demo's configuration."""
    entry = CONFIG["networks"][name]
    expected = build_network(name, **entry["options"])
    load_weights(expected, CHECKOUT / entry["weights"]["demo"]["bundled"])
    network = load_pretrained(name, "demo")
    assert network.options == expected.options
    assert not network.training
    found = network.state_dict()
    assert all(torch.equal(found[key], value) for key, value in expected.state_dict().items())


def test_every_network_of_the_demo_is_bundled():
    assert bundled_networks() == sorted(CONFIG["networks"])


def test_a_file_states_its_own_options(make_small_network, tmp_path, images):
    network = make_small_network("psmnet_deform6", max_disparity=32)
    save_weights(network, tmp_path / "mine.safetensors")
    loaded = load_pretrained("psmnet_deform6", tmp_path / "mine.safetensors")
    assert loaded.options == network.options
    assert torch.equal(loaded.predict(*images), network.predict(*images))


def test_given_options_come_before_those_of_the_file(make_small_network, tmp_path):
    save_weights(make_small_network(), tmp_path / "mine.safetensors")
    assert load_pretrained("psmnet", tmp_path / "mine.safetensors", align_corners=True).options.align_corners


def test_a_file_without_a_header_needs_its_options(make_small_network, tmp_path):
    torch.save(make_small_network().state_dict(), tmp_path / "mine.pth")
    assert load_pretrained("psmnet", tmp_path / "mine.pth", **SMALL).options.base_channels == 4
    with pytest.raises(SupError, match="weights of another network or other options"):
        load_pretrained("psmnet", tmp_path / "mine.pth")


@pytest.mark.parametrize(
    ("name", "weights", "message"),
    [
        ("psmnet_deform6", "{file}", "holds weights of psmnet, not of psmnet_deform6"),
        ("psmnet", "missing.safetensors", "missing.safetensors: file not found"),
        ("igev_stereo", "demo", "igev_stereo: has no demo weights; those that have are aanet, deeppruner, psmnet, "),
        ("psmnet", "kitti", r"weights.yaml: weights.psmnet.kitti: not listed; choose from kitti15, "),
        ("psm", "demo", "psm: has no demo weights"),
    ],
)
def test_weights_that_do_not_exist_are_one_line(name, weights, message, make_small_network, tmp_path):
    save_weights(make_small_network(), tmp_path / "mine.safetensors")
    with pytest.raises(SupError, match=message) as refusal:
        load_pretrained(name, weights.format(file=tmp_path / "mine.safetensors"))
    assert "\n" not in str(refusal.value)


def test_a_state_dict_among_several_is_chosen_by_its_key(make_small_network, tmp_path):
    network, other = make_small_network(), make_small_network(seed=1)
    torch.save({"ema": network.state_dict(), "last": other.state_dict()}, tmp_path / "two.pth")
    with pytest.raises(SupError, match=r"two\.pth: holds several state dicts, ema, last; name one by its key"):
        load_pretrained("psmnet", tmp_path / "two.pth", **SMALL)
    loaded = load_pretrained("psmnet", tmp_path / "two.pth", key="ema", **SMALL).state_dict()
    assert all(torch.equal(loaded[name], value) for name, value in network.state_dict().items())


def test_names_of_a_wrapped_network_s_file_get_their_prefix(tmp_path):
    wrapped = build_network("examples.foreign_network:Wrapped")
    torch.save(wrapped.net.state_dict(), tmp_path / "inner.pth")
    loaded = load_pretrained("examples.foreign_network:Wrapped", tmp_path / "inner.pth", prefix="net.").state_dict()
    assert all(torch.equal(loaded[name], value) for name, value in wrapped.state_dict().items())
    with pytest.raises(SupError, match="missing entries"):
        load_pretrained("examples.foreign_network:Wrapped", tmp_path / "inner.pth", prefix="other.")


def test_a_network_with_nothing_to_load_needs_no_weights():
    network = load_pretrained("supcore.networks.external:ExternalNetwork", command=["match"])
    assert network.options.command == ("match",)


def test_weights_are_due_where_there_is_something_to_load():
    with pytest.raises(SupError, match=r"^network psmnet: needs weights; give a name .*, or a file \(--weights\)$"):
        load_pretrained("psmnet")


def test_weights_that_differ_from_their_provenance_are_refused(tmp_path):
    """One bit of a number leaves a file that loads."""
    weights, provenance = tmp_path / "psmnet.safetensors", tmp_path / "psmnet.json"
    for file in (weights, provenance):
        shutil.copy(shipped_file(f"resources/demo_weights/{file.name}"), file)
    refuse_damaged(weights)
    *most, last = weights.read_bytes()
    weights.write_bytes(bytes([*most, last ^ 1]))
    message = f"{weights}: is damaged or not what {provenance} is about; get both files again"
    with pytest.raises(SupError, match=f"^{re.escape(message)}$"):
        refuse_damaged(weights)
    for other in ("", "[]", json.dumps({"artifacts": {"weights": {"sha256": "of another"}}})):
        provenance.write_text(other)
        refuse_damaged(weights)
    provenance.unlink()
    refuse_damaged(weights)


def test_a_missing_file_of_the_library_is_named():
    with pytest.raises(SupError, match=r"config/other.yaml: not found beside the library"):
        shipped_file("config/other.yaml")
