"""Our compiled kernels: those of an installed wheel, else compiled at first use, else none.

A compiled library is kept under ``SUPCORE_BUILD_DIR``, else in PyTorch's folder of extensions, by a hash of all that
it depends on. Nothing here fails a run: :func:`problem` says why kernels are missing.
"""

import hashlib
import logging
import os
import platform
import shutil
import signal
import subprocess
import sys
import threading
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import torch
from filelock import FileLock, Timeout

from supcore.ops import autograd

logger = logging.getLogger(__name__)

FOLDER = Path(__file__).parent
SOURCES = {"cpp": ("deform_conv.cpp", "deform_conv_cpu.cpp"), "cuda": ("deform_conv.cu",)}
BUILD_SECONDS = 600  # then the compiler is stopped
LIBRARY = "deform_conv.so"

_one_thread = threading.Lock()


def problem(kind: str) -> str | None:
    """Load the kernels, compiling them if need be; once per process.

    Args:
        kind: ``cpp`` for the CPU, ``cuda`` for NVIDIA GPUs.

    Returns:
        None once they can be used, else one line that says why not.
    """
    with _one_thread:
        return _problem(kind)


@cache
def _problem(kind: str) -> str | None:
    if kind == "cuda":  # its library holds kernels only
        schema = _problem("cpp")
        if schema is not None:
            return schema
    try:
        if not _load_prebuilt(kind):
            torch.ops.load_library(_compiled(kind))
        if kind == "cpp":
            autograd.register("supcore")
    except (OSError, RuntimeError) as error:
        return " ".join(str(error).split())[:300]
    return None


def _load_prebuilt(kind: str) -> bool:
    for library in FOLDER.glob(f"_deform_conv_{kind}.*so"):
        try:
            torch.ops.load_library(library)
            return True
        except OSError as error:
            logger.warning("%s: made for another PyTorch (%s); ignored", library, error)
    return False


def _compiled(kind: str) -> Path:
    """The compiled library, made now unless another process has made it or failed to."""
    library = build_folder() / f"supcore-{kind}-{_key(kind)}" / LIBRARY
    if library.is_file():
        return library
    missing = missing_tool(kind)
    if missing:
        raise RuntimeError(missing)
    library.parent.mkdir(parents=True, exist_ok=True)
    failure = library.with_name("failure.log")
    try:
        with FileLock(library.with_name(".lock"), timeout=BUILD_SECONDS):
            if failure.is_file():
                raise RuntimeError(f"compiling failed before; to try again, delete {failure}")
            if not library.is_file():
                _build(kind, library, failure)
    except (Timeout, NotImplementedError) as error:
        raise RuntimeError(f"{library.parent}: cannot be locked ({error})") from error
    return library


def build_folder() -> Path:
    """The folder of compiled libraries."""
    for variable in ("SUPCORE_BUILD_DIR", "TORCH_EXTENSIONS_DIR"):
        if os.environ.get(variable):
            return Path(os.environ[variable]).absolute()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "torch_extensions"


def missing_tool(kind: str) -> str | None:
    """Which program the compilation lacks, as one line."""
    compiler, path = os.environ.get("CXX") or "c++", _search_path()
    if shutil.which(compiler.split()[0], path=path) is None:
        return f"no C++ compiler {compiler!r}"
    if shutil.which("ninja", path=path) is None:
        return "no 'ninja' (pip install ninja)"
    if find_spec("setuptools") is None:  # PyTorch's builder imports it
        return "no 'setuptools' (pip install setuptools)"
    if kind == "cuda" and cuda_home() is None:
        return "no 'nvcc' (set CUDA_HOME)"
    return None


def cuda_home() -> str | None:
    """The folder of the CUDA compiler."""
    candidates = [os.environ.get("CUDA_HOME"), os.environ.get("CUDA_PATH"), "/usr/local/cuda"]
    nvcc = shutil.which("nvcc")
    if nvcc:
        candidates.append(str(Path(nvcc).resolve().parent.parent))
    return next((home for home in candidates if home and Path(home, "bin", "nvcc").is_file()), None)


def _search_path() -> str:
    """PATH and the folder of this Python's scripts, where pip puts ninja."""
    return os.pathsep.join([os.environ.get("PATH", ""), str(Path(sys.executable).parent)])


def _architectures() -> str:
    """GPU architectures to compile for, as in ``TORCH_CUDA_ARCH_LIST``."""
    seen = {torch.cuda.get_device_capability(i) for i in range(torch.cuda.device_count())}
    return os.environ.get("TORCH_CUDA_ARCH_LIST") or ";".join(f"{major}.{minor}+PTX" for major, minor in sorted(seen))


def _key(kind: str) -> str:
    """Hash of what a compiled library depends on."""
    digest = hashlib.sha256(f"{torch.__version__} {platform.system()} {platform.machine()}".encode())
    if kind == "cuda":
        digest.update(f"{torch.version.cuda} {_architectures()}".encode())
    folder = FOLDER / "csrc"
    for file in [FOLDER / "build.py", *sorted(folder.glob("*.h")), *(folder / name for name in SOURCES[kind])]:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _build(kind: str, library: Path, failure: Path) -> None:
    """Compile in a process of its own, which can be stopped and whose output is kept when it fails."""
    logger.warning(
        "deform_conv2d: compiling its %s kernels, once, into %s; takes about %s (SUPCORE_DEFORM_BACKEND=torch: never)",
        "CUDA" if kind == "cuda" else "CPU",
        library.parent,
        "two minutes" if kind == "cuda" else "half a minute",
    )
    sources = [str(FOLDER / "csrc" / name) for name in SOURCES[kind]]
    command = [sys.executable, "-P", str(FOLDER / "build.py"), f"deform_conv_{kind}", str(library), *sources]
    environment = {**os.environ, "PATH": _search_path()}
    if kind == "cuda":
        environment |= {"CUDA_HOME": str(cuda_home()), "TORCH_CUDA_ARCH_LIST": _architectures()}
    process = subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=BUILD_SECONDS)
    except BaseException as error:  # also an interrupted run stops its compilers
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if not isinstance(error, subprocess.TimeoutExpired):
            raise
        output = f"stopped after {BUILD_SECONDS} seconds"
    finally:
        for rest in library.parent.glob(".build-*"):
            shutil.rmtree(rest, ignore_errors=True)
    if process.returncode != 0 or not library.is_file():
        failure.write_text(output, encoding="utf-8")
        raise RuntimeError(f"compiling failed; the compiler's output is in {failure}")
