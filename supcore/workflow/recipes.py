"""Recipes: how the pipeline trains and fine-tunes networks, their checks, and which weights start from which."""

from collections.abc import Iterator, Mapping
from typing import Any

from supcore.errors import SupError

# Kinds of weights that are made by a recipe, and the section of the configuration that holds those recipes.
SECTIONS = {"train": "training", "finetune": "finetuning"}
WEIGHT_KINDS = ("bundled", "registry", "untrained", *SECTIONS)

Config = Mapping[str, Any]


def start_of(config: Config, network: str, weights: str) -> tuple[str, str] | None:
    """Network and weights that a network's weights start from; None if they start from nothing."""
    entry = config["networks"][network]["weights"][weights]
    for kind, section in SECTIONS.items():
        recipe = config.get(section, {}).get(entry.get(kind), {})
        if start := recipe.get("start"):
            return start.get("network", network), start["weights"]
    return None


def lineage(config: Config, network: str, weights: str) -> Iterator[tuple[str, str]]:
    """Section and name of every recipe behind a network's weights, newest first.

    Raises:
        SupError: the weights start from themselves.
    """
    seen: list[tuple[str, str]] = []
    place: tuple[str, str] | None = (network, weights)
    while place is not None:
        if place in seen:
            raise SupError(
                f"config key networks.{network}.weights.{weights}: starts from itself; change a recipe's start"
            )
        seen.append(place)
        entry = config["networks"][place[0]]["weights"][place[1]]
        yield from ((section, entry[kind]) for kind, section in SECTIONS.items() if kind in entry)
        place = start_of(config, *place)


def check_made_weights(config: Config, network: str, weights: str, kind: str) -> None:
    """Check weights of one of the kinds of :data:`SECTIONS`: their recipe and what they start from.

    Raises:
        SupError: the message names the key.
    """
    section = SECTIONS[kind]
    name = config["networks"][network]["weights"][weights][kind]
    key = f"config key networks.{network}.weights.{weights}.{kind}"
    if name not in config.get(section, {}):
        raise SupError(f"{key}: no {section}.{name}")
    _check_rates(f"config key {section}.{name}", config[section][name])
    start = start_of(config, network, weights)
    if start is None:
        return
    there = config["networks"].get(start[0], {}).get("weights", {})
    if start[1] not in there:
        raise SupError(f"{key}: {section}.{name} starts from weights {start[1]!r} of {start[0]!r}, which are not there")
    architectures = [config["networks"][n].get("architecture", n) for n in (network, start[0])]
    if architectures[0] != architectures[1]:
        raise SupError(
            f"{key}: {section}.{name} starts from a {architectures[1]}; give {network} that architecture, "
            f"it is a {architectures[0]}"
        )
    list(lineage(config, network, weights))  # refuses a circle


def _check_rates(key: str, recipe: Mapping[str, Any]) -> None:
    rates, changes = recipe.get("learning_rates"), recipe.get("change_at", [])
    if rates is not None and len(rates) != len(changes) + 1:
        raise SupError(
            f"{key}.change_at: {len(rates)} learning_rates change {len(rates) - 1} times, not {len(changes)}"
        )
    if changes != sorted(changes):
        raise SupError(f"{key}.change_at: must increase")
