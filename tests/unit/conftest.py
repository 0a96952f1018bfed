"""The published numbers, which reports and studies set beside ours."""

from pathlib import Path

import pytest

from supcore.reporting.published import load_published


@pytest.fixture(scope="session")
def published():
    return load_published(Path(__file__).parents[2] / "resources/published")
