"""``supcore doctor`` fails if anything is wrong."""

import shutil

import pytest
from click.testing import CliRunner

from supcore import shipped
from supcore.cli.main import main
from supcore.installation import checks
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
    assert "demo weights, psmnet: as they were trained" in done.output
    assert done.output.splitlines()[-1] == ("1 problems" if wrong else "everything works")


def test_a_wrong_operator_is_found(monkeypatch):
    monkeypatch.setattr(checks, "NETWORKS", {})
    monkeypatch.setattr(checks, "deform_conv2d", lambda image, offset, weight: image)
    done = CliRunner().invoke(main, ["doctor"])
    assert "computes wrong values" in done.output
    assert done.exit_code == 1


@pytest.mark.parametrize(
    ("state", "problem"),
    [
        ("damaged", "{file}: is damaged or not what {provenance} is about; get both files again"),
        ("missing", "{file} is missing; get it again, from a clone or a wheel"),
    ],
)
def test_damaged_weights_are_found(state, problem, tmp_path, monkeypatch):
    """One wrong byte of a number leaves a file that loads."""
    shutil.copytree("resources/demo_weights", tmp_path / "resources/demo_weights")
    file = tmp_path / "resources/demo_weights/psmnet.safetensors"
    if state == "damaged":
        file.write_bytes(file.read_bytes()[:-1] + b"x")
    else:
        file.unlink()
    shutil.copytree("config", tmp_path / "config")
    monkeypatch.setattr(shipped, "CHECKOUT", tmp_path)
    monkeypatch.setattr(checks, "NETWORKS", {})
    done = CliRunner().invoke(main, ["doctor"])
    assert [line for line in done.output.splitlines() if line.startswith("WRONG")] == [
        f"WRONG  demo weights, psmnet: {problem.format(file=file, provenance=file.with_suffix('.json'))}"
    ]
    assert done.exit_code == 1


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_computes_what_is_stored(name):
    done = CliRunner().invoke(main, ["doctor", name, "--size", "256x256"])
    assert f"{name}, 256x256: forward and backward as stored" in done.output
    assert done.exit_code == 0
