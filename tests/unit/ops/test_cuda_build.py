import os
import re
import subprocess
import sys

import pytest
import torch

from supcore.ops import extension


@pytest.mark.slow
def test_cuda_kernels_compile_and_link_without_spills(tmp_path):
    """For sm_80, sm_90 and PTX, with the same script as at first use; needs no GPU."""
    if torch.version.cuda is None:
        pytest.skip("this PyTorch is made without CUDA")
    missing = extension.missing_tool("cuda")
    if missing:
        pytest.skip(f"CUDA kernels not compiled: {missing}")
    library = tmp_path / "deform_conv.so"
    environment = {
        **os.environ,
        "CUDA_HOME": extension.cuda_home(),
        "TORCH_CUDA_ARCH_LIST": "8.0;9.0+PTX",
        "NVCC_APPEND_FLAGS": "-Xptxas -v",
    }
    script, source = extension.FOLDER / "build.py", extension.FOLDER / "csrc" / "deform_conv.cu"
    done = subprocess.run(
        [sys.executable, "-P", script, "deform_conv_cuda", library, source],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]
    assert library.is_file()
    for architecture in ("sm_80", "sm_90"):
        assert len(re.findall(rf"Compiling entry function .* for '{architecture}'", done.stdout)) == 10
    spills = re.findall(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads", done.stdout)
    assert len(spills) >= 20
    assert set(spills) == {("0", "0", "0")}
    registers = [int(count) for count in re.findall(r"Used (\d+) registers", done.stdout)]
    assert max(registers) <= 96
    print("registers:", sorted(registers))
