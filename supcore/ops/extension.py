"""Our compiled kernels: those of an installed wheel, else compiled at first use, else none.

A compiled library is kept under ``SUPCORE_BUILD_DIR``, else in PyTorch's folder of extensions, by a hash of all that
it depends on, so that machines which share a home do not share what does not fit them. A failure is kept, too, by what
may have caused it, and tried again once that has changed. Nothing here fails a run: :func:`problem` says why kernels
are missing.
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
# What makes a compilation fail or succeed besides the compiler; a failure is tried again when one of them changes.
VARIABLES = (
    *("CXX", "CC", "CPPFLAGS", "CFLAGS", "CXXFLAGS", "LDFLAGS", "CPATH", "CPLUS_INCLUDE_PATH", "LIBRARY_PATH"),
    *("LD_LIBRARY_PATH", "MAX_JOBS", "CUDA_HOME", "CUDA_PATH", "NVCC_PREPEND_FLAGS", "NVCC_APPEND_FLAGS"),
)

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
    library = _library(kind)
    if library.is_file():
        return library
    missing = missing_tool(kind)
    if missing:
        raise RuntimeError(missing)
    library.parent.mkdir(parents=True, exist_ok=True)
    failure = library.with_name(f"failure-{_hash(_circumstances())}.log")
    try:
        with FileLock(library.with_name(".lock"), timeout=BUILD_SECONDS):
            if failure.is_file():
                raise RuntimeError(f"compiling failed here before; mend the compiler or delete {failure} to try again")
            if not library.is_file():
                _build(kind, library, failure)
    except (Timeout, NotImplementedError) as error:
        raise RuntimeError(f"{library.parent}: cannot be locked ({error})") from error
    return library


def _library(kind: str) -> Path:
    """Where the library is kept: by compiler; where none can be run, that of any, say of a cluster's login node."""
    name = f"supcore-{kind}-{_key(kind)}-"
    made = sorted(build_folder().glob(f"{name}*/{LIBRARY}")) if missing_tool(kind) else []
    return made[0] if made else build_folder() / (name + _hash(_compilers(kind))) / LIBRARY


def build_folder() -> Path:
    """The folder of compiled libraries."""
    for variable in ("SUPCORE_BUILD_DIR", "TORCH_EXTENSIONS_DIR"):
        if os.environ.get(variable):
            return Path(os.environ[variable]).absolute()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "torch_extensions"


def missing_tool(kind: str) -> str | None:
    """Which program the compilation lacks, as one line."""
    if _program(_compiler()[0]) is None:
        return f"no C++ compiler {' '.join(_compiler())!r}"
    if _program("ninja") is None:
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


def _compiler() -> list[str]:
    """The C++ compiler as PyTorch's builder calls it: a program, say ``ccache``, and its arguments."""
    return (os.environ.get("CXX") or "c++").split() or ["c++"]


def _program(name: str) -> str | None:
    return shutil.which(name, path=_search_path())


def _compilers(kind: str) -> str:
    """Which compilers these are: where they lie, and what they say of themselves."""
    program, *arguments = _compiler()
    commands = [[str(_program(program)), *arguments]]
    if kind == "cuda":
        commands.append([str(Path(str(cuda_home()), "bin", "nvcc"))])
    return "\n".join(" ".join(command) + "\n" + _version(command) for command in commands)


def _version(command: list[str]) -> str:
    """What the program answers to ``--version``; nothing if it cannot be asked."""
    try:
        asked = subprocess.run([*command, "--version"], capture_output=True, text=True, errors="replace", timeout=60)
    except (OSError, subprocess.SubprocessError):
        return ""
    return asked.stdout


def _circumstances() -> str:
    """What else may cause a failure: this machine (its memory, its headers) and the environment."""
    return "\n".join([platform.node(), *(f"{name}={os.environ.get(name, '')}" for name in VARIABLES)])


def _search_path() -> str:
    """PATH and the folder of this Python's scripts, where pip puts ninja."""
    return os.pathsep.join([os.environ.get("PATH", ""), str(Path(sys.executable).parent)])


def _architectures() -> str:
    """GPU architectures to compile for, as in ``TORCH_CUDA_ARCH_LIST``."""
    seen = {torch.cuda.get_device_capability(i) for i in range(torch.cuda.device_count())}
    return os.environ.get("TORCH_CUDA_ARCH_LIST") or ";".join(f"{major}.{minor}+PTX" for major, minor in sorted(seen))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _key(kind: str) -> str:
    """Hash of what a compiled library depends on besides the compiler."""
    system = (torch.__version__, platform.system(), platform.machine(), *platform.libc_ver())
    digest = hashlib.sha256(" ".join(system).encode())
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
