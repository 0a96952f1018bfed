"""Tests of what only a GPU can show; they skip where PyTorch sees none."""

import pytest
import torch

from supcore.device import fix_arithmetic
from supcore.workflow.jobs.networks import claim_device


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.parent.name == "gpu":
            item.add_marker("gpu")


@pytest.fixture
def gpu():
    """The GPU as every job prepares it."""
    if not torch.cuda.is_available():
        pytest.skip("PyTorch sees no GPU")
    fix_arithmetic(torch.get_num_threads())
    return claim_device("cuda")


@pytest.fixture
def deterministic():
    """Algorithms that add up in a fixed order, as a configuration with ``deterministic: true`` has them."""
    fix_arithmetic(torch.get_num_threads(), deterministic=True)
    yield
    fix_arithmetic(torch.get_num_threads())
