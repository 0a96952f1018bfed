"""States the version in the footer of every page."""

import tomllib
from pathlib import Path
from typing import Any


def on_config(config: Any) -> None:
    """Read it where it stands: the environment of the documentation does not hold the package."""
    pyproject = Path(config.config_file_path).with_name("pyproject.toml")
    version = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]["version"]
    config.copyright = f"supcore {version}"
