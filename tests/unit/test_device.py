"""What fixes the arithmetic of a process costs it nothing."""

import subprocess
import sys

import pytest
import torch

from supcore.device import fix_arithmetic


@pytest.fixture
def arithmetic_as_before():
    threads = torch.get_num_threads()
    yield
    fix_arithmetic(threads)


@pytest.mark.parametrize("deterministic", [True, False])
def test_sums_in_a_fixed_order_are_asked_for(arithmetic_as_before, monkeypatch, deterministic):
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    fix_arithmetic(1, deterministic=deterministic)
    assert torch.are_deterministic_algorithms_enabled() is deterministic
    assert torch.is_deterministic_algorithms_warn_only_enabled() is deterministic
    assert not torch.backends.cudnn.allow_tf32


@pytest.mark.thorough  # imports PyTorch once more
def test_the_compiler_is_not_imported():
    """It takes a job longer than many a job computes."""
    code = (
        "import sys; from supcore.device import fix_arithmetic; fix_arithmetic(1, deterministic=True); "
        "sys.exit('torch._inductor.config' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
