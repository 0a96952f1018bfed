"""Where files of the workflow are found, whatever the working directory is."""

import sys
from pathlib import Path
from typing import Any

from supcore.shipped import CHECKOUT, COPIES


def shipped(path: str) -> str:
    """A path of the configuration that may name a file that comes with the workflow.

    Returns:
        The path as it is where it exists from the working directory, which is looked at first, or nowhere; else that
        of the file beside the package, or of its copy in the package.
    """
    places = [Path(path), CHECKOUT / path, COPIES / path]
    return next((str(place) for place in places if place.exists()), path)


def make_own_code_importable() -> None:
    """Let Python import networks and studies of one's own from the working directory, then from beside the package."""
    for folder in (str(CHECKOUT), str(Path.cwd())):
        if folder in sys.path:
            sys.path.remove(folder)
        sys.path.insert(0, folder)


def ship_config(config: dict[str, Any]) -> None:
    """Let a configuration name files of the workflow whatever the working directory is, in place."""
    for key in ("weights_registry", "published"):
        config[key] = shipped(config[key])
    for network in config["networks"].values():
        for weights in network["weights"].values():
            if "bundled" in weights:
                weights["bundled"] = shipped(weights["bundled"])
    for dataset in config["datasets"].values():
        if "exclude" in dataset:
            dataset["exclude"] = shipped(dataset["exclude"])
