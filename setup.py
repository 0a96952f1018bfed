"""Optional compiled kernels, and copies of files that the library needs wherever it is; all else is in pyproject.toml.

``SUPCORE_BUILD_EXTENSION=1 pip install --no-build-isolation .`` compiles the CPU kernels of the deformable convolution
into the package, and those for NVIDIA GPUs where PyTorch sees one or ``FORCE_CUDA=1`` asks for them.
"""

import os
import shutil
import sys
from pathlib import Path
from typing import Any

from setuptools import setup
from setuptools.command.build_py import build_py

# For `load_pretrained` and the command `supcore` without a clone; supcore/shipped.py finds them.
SHIPPED = ["config/weights.yaml", *map(str, sorted(Path("resources/demo_weights").glob("*.*")))]


class BuildWithFiles(build_py):
    """Copies the shipped files into the package of a wheel; an editable installation finds them in the clone."""

    def run(self) -> None:
        """Build the package, then add the files."""
        super().run()
        for file in [] if self.editable_mode else SHIPPED:
            copy = Path(self.build_lib, "supcore/shipped_files", file)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)


def extension_arguments() -> dict[str, Any]:
    """Arguments of ``setup`` that add the extensions; none by default."""
    if os.environ.get("SUPCORE_BUILD_EXTENSION") != "1":
        return {"cmdclass": {"build_py": BuildWithFiles}}
    import torch
    from torch.utils import cpp_extension

    folder = "supcore/ops/csrc"
    openmp = ["-fopenmp"] if sys.platform == "linux" else []
    extensions = [
        cpp_extension.CppExtension(
            "supcore.ops._deform_conv_cpp",
            [f"{folder}/deform_conv.cpp", f"{folder}/deform_conv_cpu.cpp"],
            extra_compile_args=["-O3", *openmp],
            extra_link_args=openmp,
        )
    ]
    if os.environ.get("FORCE_CUDA") == "1" or torch.cuda.is_available():
        extensions.append(
            cpp_extension.CUDAExtension(
                "supcore.ops._deform_conv_cuda",
                [f"{folder}/deform_conv.cu"],
                extra_compile_args={"cxx": ["-O3"], "nvcc": ["-O3"]},
            )
        )
    return {
        "ext_modules": extensions,
        "cmdclass": {"build_py": BuildWithFiles, "build_ext": cpp_extension.BuildExtension},
    }


setup(**extension_arguments())
