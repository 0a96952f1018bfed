"""Script that compiles one extension: ``build.py NAME TARGET SOURCE...``; runs by itself, without supcore."""

import sys
import tempfile
from pathlib import Path


def build(name: str, target: Path, sources: list[str]) -> None:
    """Compile ``sources``, load the result once as a trial, then move it to ``target``."""
    from torch.utils import cpp_extension

    openmp = ["-fopenmp"] if sys.platform == "linux" else []
    with tempfile.TemporaryDirectory(prefix=".build-", dir=target.parent) as folder:
        cpp_extension.load(
            name=name,
            sources=sources,
            extra_cflags=["-O3", *openmp],
            extra_cuda_cflags=["-O3"],
            extra_ldflags=openmp,
            build_directory=folder,
            with_cuda=any(source.endswith(".cu") for source in sources),
            is_python_module=False,
            verbose=True,
        )
        next(Path(folder).glob(f"{name}*.so")).replace(target)


if __name__ == "__main__":
    build(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])
