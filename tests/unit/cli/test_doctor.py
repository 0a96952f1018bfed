"""``supcore doctor`` fails if anything is wrong."""

import pytest
from click.testing import CliRunner

from supcore.cli.main import main
from supcore.installation import checks
from supcore.installation.checksums import NOT_STORED
from supcore.networks import NETWORKS


def test_an_unknown_network_is_refused():
    done = CliRunner().invoke(main, ["doctor", "psm"])
    assert done.exit_code == 2
    assert "unknown network psm; known: psmnet" in done.stderr


@pytest.mark.parametrize("backend", ["auto", "torch"])
@pytest.mark.parametrize("wrong", [False, True])
def test_the_exit_code_tells_whether_anything_is_wrong(wrong, backend, monkeypatch):
    """Everything but the networks, which take minutes, with a compiler (auto, on some machines) and without."""
    monkeypatch.setenv("SUPCORE_DEFORM_BACKEND", backend)
    monkeypatch.setattr(checks, "PACKAGES", (*checks.PACKAGES, "no-such-package") if wrong else checks.PACKAGES)
    monkeypatch.setattr(checks, "NETWORKS", {})
    done = CliRunner().invoke(main, ["doctor"])
    assert done.exit_code == int(wrong), done.output
    assert ("WRONG  no-such-package: not installed" in done.output) == wrong
    assert "demo weights, psmnet: found" in done.output
    assert done.output.splitlines()[-1] == ("1 problems" if wrong else "everything works")


def test_a_wrong_operator_is_found(monkeypatch):
    monkeypatch.setattr(checks, "NETWORKS", {})
    monkeypatch.setattr(checks, "deform_conv2d", lambda image, offset, weight: image)
    done = CliRunner().invoke(main, ["doctor"])
    assert "computes wrong values" in done.output
    assert done.exit_code == 1


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_computes_what_is_stored(name):
    done = CliRunner().invoke(main, ["doctor", name, "--size", "256x256"])
    expected = "ran; its values are not compared" if name in NOT_STORED else "as stored"
    assert f"{name}, 256x256: forward and backward {expected}" in done.output
    assert done.exit_code == 0
