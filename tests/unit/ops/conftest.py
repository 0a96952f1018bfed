import hashlib
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
import torch

from supcore.ops import autograd, composition, deform_conv2d, extension


@cache
def emulated_operator():
    """The GPU's passes, compiled for this CPU; kept between runs beside the library's own extension."""
    source = Path(__file__).with_name("emulated.cpp")
    files = [source, *sorted((extension.FOLDER / "csrc").iterdir())]
    digest = hashlib.sha256(torch.__version__.encode() + b"".join(file.read_bytes() for file in files)).hexdigest()
    library = extension.build_folder() / f"supcore-emulated-{digest[:16]}" / "emulated.so"
    if not library.is_file():
        library.parent.mkdir(parents=True, exist_ok=True)
        script = extension.FOLDER / "build.py"
        subprocess.run([sys.executable, "-P", script, "emulated", library, source], check=True, capture_output=True)
    torch.ops.load_library(library)
    autograd.register("supcore_emulated")
    return torch.ops.supcore_emulated.deform_conv2d


@pytest.fixture(params=["torch", "cpp", "emulated"])
def convolve(request, monkeypatch):
    """deform_conv2d by each implementation that runs without a GPU; ``emulated`` is the CUDA code in a loop."""
    if request.param != "torch" and extension.problem("cpp"):
        pytest.skip(f"our kernels: {extension.problem('cpp')}")
    monkeypatch.setenv("SUPCORE_DEFORM_BACKEND", "cpp" if request.param == "cpp" else "torch")
    if request.param == "emulated":
        monkeypatch.setattr(composition, "deform_conv2d", emulated_operator())
    return deform_conv2d


@pytest.fixture(params=["cpp", "emulated"])
def operators(request):
    """Namespace of our compiled operators."""
    problem = extension.problem("cpp")
    if problem:
        pytest.skip(f"our kernels: {problem}")
    if request.param == "emulated":
        emulated_operator()
        return torch.ops.supcore_emulated
    return torch.ops.supcore


@pytest.fixture
def threads():
    """Set PyTorch's threads for one test."""
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


@pytest.fixture
def deterministic():
    torch.use_deterministic_algorithms(True)
    yield
    torch.use_deterministic_algorithms(False)
