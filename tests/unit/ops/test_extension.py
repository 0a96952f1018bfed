"""Choosing and building the compiled kernels, in processes of their own."""

import os
import platform
import stat
import subprocess
import sys
import time

import pytest
import torch

from supcore.errors import SupError
from supcore.ops import backend, extension

pytestmark = pytest.mark.thorough

SCRIPT = """
import logging, torch
from supcore.ops import backend, deform_conv2d
print(backend())
print(backend())
out = deform_conv2d(torch.ones(1, 2, 3, 3), torch.zeros(1, 18, 3, 3), torch.ones(1, 2, 3, 3), padding=1)
print(out[0, 0, 1, 1].item())
"""


def use(folder, **environment):
    command = [sys.executable, "-c", SCRIPT]
    variables = {**os.environ, "SUPCORE_BUILD_DIR": str(folder), "OMP_NUM_THREADS": "1", **environment}
    variables.pop("SUPCORE_DEFORM_BACKEND", None)
    return subprocess.run(command, env=variables, capture_output=True, text=True, timeout=300, check=True)


def broken_compiler(folder):
    path = folder / "broken-c++"
    path.write_text('#!/bin/sh\n[ $# -le 2 ] && exec c++ "$@"\necho this compiler is broken >&2\nexit 1\n')
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_a_machine_without_a_compiler_works(tmp_path):
    done = use(tmp_path, PATH="/nonexistent", CXX="c++")
    assert done.stdout.split() == ["torch", "torch", "18.0"]
    assert done.stderr.strip().count("\n") == 0
    assert "uses torch, not our cpp kernels: no C++ compiler 'c++'" in done.stderr


def test_a_failing_compiler_is_tried_once(tmp_path):
    if extension.missing_tool("cpp"):
        pytest.skip(extension.missing_tool("cpp"))
    compiler = broken_compiler(tmp_path)
    first = use(tmp_path, CXX=compiler)
    assert first.stdout.split() == ["torch", "torch", "18.0"]
    assert "compiling its CPU kernels, once" in first.stderr
    assert "compiling failed" in first.stderr
    (log,) = tmp_path.glob("supcore-cpp-*/failure-*.log")
    assert "this compiler is broken" in log.read_text()
    assert not list(tmp_path.glob("*/.build-*"))
    second = use(tmp_path, CXX=compiler)
    assert second.stdout == first.stdout
    assert second.stderr.strip().count("\n") == 0
    assert "uses torch, not our cpp kernels: compiling failed here before" in second.stderr
    assert str(log) in second.stderr


class Compilations:
    """A compiler that can be asked for its version; compilations with it are counted, and fail."""

    def __init__(self, folder, monkeypatch):
        self.compiler, self.count = folder / "a-c++", 0
        self.install("a-c++ 1.0")
        monkeypatch.setenv("SUPCORE_BUILD_DIR", str(folder / "builds"))
        monkeypatch.setenv("CXX", str(self.compiler))
        monkeypatch.setattr(extension, "missing_tool", lambda kind: None)
        monkeypatch.setattr(extension, "_build", self._build)

    def install(self, version):
        self.compiler.write_text(f"#!/bin/sh\necho {version}\n")
        self.compiler.chmod(0o755)

    def _build(self, kind, library, failure):
        self.count += 1
        failure.write_text("broken")
        raise RuntimeError("compiling failed")

    def tried(self):
        """Whether a use of the kernels compiles them."""
        before = self.count
        with pytest.raises(RuntimeError, match="compiling failed"):
            extension._compiled("cpp")
        return self.count > before


@pytest.fixture
def compilations(tmp_path, monkeypatch):
    return Compilations(tmp_path, monkeypatch)


def test_a_failure_is_tried_again_once_the_compiler_is_another(compilations, tmp_path, monkeypatch):
    assert compilations.tried()
    assert not compilations.tried()
    compilations.install("a-c++ 1.1")
    assert compilations.tried()
    compilations.install("a-c++ 1.0")
    assert not compilations.tried()
    elsewhere = compilations.compiler.rename(tmp_path / "b-c++")
    monkeypatch.setenv("CXX", str(elsewhere))
    assert compilations.tried()


@pytest.mark.parametrize("variable", ["CFLAGS", "CXXFLAGS", "CUDA_HOME", "CPATH", "MAX_JOBS"])
def test_a_failure_is_tried_again_once_the_environment_is_another(compilations, variable, monkeypatch):
    assert compilations.tried()
    assert not compilations.tried()
    monkeypatch.setenv(variable, "1")
    assert compilations.tried()


def test_a_failure_is_one_machine_s_own(compilations, monkeypatch):
    assert compilations.tried()
    monkeypatch.setattr(platform, "node", lambda: "another")
    assert compilations.tried()


def test_machines_that_differ_do_not_share_a_library(compilations, monkeypatch):
    own = extension._library("cpp")
    compilations.install("a-c++ 1.1")
    other_compiler = extension._library("cpp")
    monkeypatch.setattr(platform, "libc_ver", lambda: ("glibc", "2.17"))
    assert len({own, other_compiler, extension._library("cpp")}) == 3


def test_a_machine_without_a_compiler_takes_what_another_compiled(compilations, monkeypatch):
    library = extension._library("cpp")
    library.parent.mkdir(parents=True)
    library.touch()
    monkeypatch.setenv("CXX", "c++")
    monkeypatch.setattr(extension, "missing_tool", lambda kind: "no C++ compiler 'c++'")
    assert extension._compiled("cpp") == library
    library.unlink()
    with pytest.raises(RuntimeError, match="no C"):
        extension._compiled("cpp")


def test_a_folder_that_cannot_be_written_falls_back(tmp_path):
    if extension.missing_tool("cpp"):
        pytest.skip(extension.missing_tool("cpp"))
    blocked = tmp_path / "file"
    blocked.write_text("")
    done = use(blocked)
    assert done.stdout.split()[0] == "torch"
    assert str(blocked) in done.stderr


def test_a_built_extension_loads_at_once():
    if extension.problem("cpp"):
        pytest.skip(extension.problem("cpp"))
    script = (
        "import time, torch, supcore.ops as o\nt = time.process_time()\no.backend()\nprint(time.process_time() - t)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 0.5
    assert not done.stderr


def test_waiting_for_another_build_ends(tmp_path, monkeypatch):
    if extension.missing_tool("cpp"):
        pytest.skip(extension.missing_tool("cpp"))
    monkeypatch.setenv("SUPCORE_BUILD_DIR", str(tmp_path))
    monkeypatch.setattr(extension, "BUILD_SECONDS", 0.2)
    folder = extension._library("cpp").parent
    folder.mkdir()
    holder = (
        "import sys, time, filelock\nlock = filelock.FileLock(sys.argv[1])\n"
        "lock.acquire()\nprint(flush=True)\ntime.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", holder, str(folder / ".lock")], stdout=subprocess.PIPE)
    try:
        process.stdout.readline()
        started = time.monotonic()
        with pytest.raises(RuntimeError, match="cannot be locked"):
            extension._compiled("cpp")
        assert time.monotonic() - started < 20
    finally:
        process.kill()
        process.wait()


def test_a_build_that_hangs_is_stopped(tmp_path, monkeypatch):
    if extension.missing_tool("cpp"):
        pytest.skip(extension.missing_tool("cpp"))
    monkeypatch.setattr(extension, "BUILD_SECONDS", 0.1)
    library, failure = tmp_path / "deform_conv.so", tmp_path / "failure.log"
    with pytest.raises(RuntimeError, match="compiling failed"):
        extension._build("cpp", library, failure)
    assert "stopped after" in failure.read_text()


def test_the_variable_decides(monkeypatch):
    monkeypatch.setenv("SUPCORE_DEFORM_BACKEND", "torch")
    assert backend("cpu") == "torch"
    assert backend(torch.device("cuda", 0)) == "torchvision"
    monkeypatch.setenv("SUPCORE_DEFORM_BACKEND", "fast")
    with pytest.raises(SupError, match="SUPCORE_DEFORM_BACKEND: 'fast'"):
        backend()


def test_kernels_insisted_on_must_exist(monkeypatch):
    monkeypatch.setenv("SUPCORE_DEFORM_BACKEND", "cuda")
    monkeypatch.setattr(extension, "problem", lambda kind: "no 'nvcc'")
    with pytest.raises(SupError, match="SUPCORE_DEFORM_BACKEND=cuda: no 'nvcc'"):
        backend("cuda")
