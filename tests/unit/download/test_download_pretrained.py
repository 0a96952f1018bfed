"""Released weights in one call: fetched once, checked, with the options of the registry."""

import io

import pytest
import torch
import yaml

from supcore.errors import SupError
from supcore.networks import load_pretrained
from supcore.networks.pretrained import default_cache
from tests.conftest import SMALL
from tests.unit.download.files import digest, zipped

# A registry's options are single values; the rest of the small network comes from the caller.
LISTED = {name: value for name, value in SMALL.items() if not isinstance(value, tuple)}
REST = {name: value for name, value in SMALL.items() if name not in LISTED}


@pytest.fixture
def registry(server, make_small_network, tmp_path):
    """A list of one released checkpoint of a small network, in an archive that the server has."""
    stream = io.BytesIO()
    torch.save({"state_dict": {f"module.{k}": v for k, v in make_small_network().state_dict().items()}}, stream)
    archive = zipped(released=stream.getvalue())
    with_member = {"file": "a.zip", "member": "psmnet/released.tar", "options": LISTED}
    source = {"url": server.serve("/a.zip", archive), "license": "MIT", "sha256": digest(archive)}
    path = tmp_path / "weights.yaml"
    path.write_text(yaml.safe_dump({"files": {"a.zip": source}, "weights": {"psmnet": {"released": with_member}}}))
    return path


def test_released_weights_are_fetched_once(registry, server, make_small_network, images, tmp_path):
    for _ in range(2):
        network = load_pretrained("psmnet", "released", cache=tmp_path / "cache", registry=registry, **REST)
    assert len(server.requests) == 1
    assert torch.equal(network.predict(*images), make_small_network().predict(*images))
    assert not network.training


def test_given_options_come_before_the_registry_s(registry, tmp_path):
    network = load_pretrained("psmnet", "released", cache=tmp_path, registry=registry, **REST, align_corners=True)
    assert network.options.align_corners


def test_files_go_to_the_user_s_cache_by_default(registry, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    load_pretrained("psmnet", "released", registry=registry, **REST)
    assert default_cache() == tmp_path / "home" / "supcore"
    assert (default_cache() / "a.zip").is_file()


def test_a_failed_download_says_where_to_put_the_file(registry, server, tmp_path):
    server.pages.clear()
    with pytest.raises(SupError, match=rf"psmnet/released: .*save it as {tmp_path}/cache/a.zip"):
        load_pretrained("psmnet", "released", cache=tmp_path / "cache", registry=registry, **REST)
