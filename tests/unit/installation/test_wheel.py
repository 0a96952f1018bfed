"""A wheel has all that the library and its command need outside of a clone."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.docs.blocks import REPOSITORY, blocks

pytestmark = pytest.mark.slow

SOURCES = ["supcore", "resources/demo_weights", "config/weights.yaml"]
SOURCES += ["pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE"]


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """An environment with the wheel, and with the other packages of this one: those that its metadata asks for."""
    folder = tmp_path_factory.mktemp("wheel")
    for source in SOURCES:
        copy = folder / "source" / source
        copy.parent.mkdir(parents=True, exist_ok=True)
        if (REPOSITORY / source).is_dir():
            shutil.copytree(REPOSITORY / source, copy, ignore=shutil.ignore_patterns("__pycache__", "*.so"))
        else:
            shutil.copy(REPOSITORY / source, copy)
    python = [sys.executable, "-m"]
    options = ["--quiet", "--no-deps", "--no-index"]
    run([*python, "pip", "wheel", *options, "--no-build-isolation", "-w", folder, folder / "source"], folder)
    run([*python, "venv", "--without-pip", folder / "environment"], folder)
    (wheel,) = folder.glob("supcore-*.whl")
    run([*python, "pip", "--python", folder / "environment/bin/python", "install", *options, wheel], folder)
    (packages,) = folder.glob("environment/lib/python*/site-packages")
    (packages / "shared.pth").write_text(sysconfig.get_path("purelib"))
    return folder / "environment/bin"


def run(command, folder):
    """What a command prints; it must succeed, and sees nothing of the clone."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        list(map(str, command)), cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_readme_s_snippet_runs(environment, tmp_path):
    shutil.copytree(REPOSITORY / "resources/streets", tmp_path / "resources/streets")
    code = "\n".join(block.code for block in blocks("python") if block.page == "README.md")
    found = run([environment / "python", "-c", f"{code}\nimport supcore\nprint(supcore.__file__)"], tmp_path)
    assert "D1 against the clean prediction" in found
    assert Path(found.split()[-1]).is_relative_to(environment.parent)
    assert (tmp_path / "sup.safetensors").is_file()


def test_the_command_has_its_files(environment, tmp_path):
    assert "attack" in run([environment / "supcore", "--help"], tmp_path)
    assert "demo, kitti15" in run([environment / "supcore", "networks"], tmp_path)
    report = run([environment / "supcore", "doctor", "raft_stereo_realtime", "--size", "256x256"], tmp_path)
    assert "demo weights, psmnet: as they were trained" in report
    assert report.endswith("everything works\n")
