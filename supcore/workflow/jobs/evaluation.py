"""What the evaluation scripts share: the network, the pairs and the perturbations of a job."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from supcore.data.dataset import StereoDataset
from supcore.data.image_cache import open_pairs
from supcore.evaluation.conditions import Condition, universal
from supcore.evaluation.predictions import Target
from supcore.perturbation import StereoPerturbation
from supcore.seeding import torch_generator
from supcore.workflow.jobs.networks import load_network
from supcore.workflow.settings import tile_size


def load_target(snakemake: Any, device: torch.device) -> Target:
    """The attacked network, the pairs of the reported split, and where its clean predictions are."""
    files, params, wildcards = snakemake.input, snakemake.params, snakemake.wildcards
    return Target(
        load_network(params.network, files.weights, device),
        load_pairs(snakemake),
        files.get("predictions") or snakemake.output.predictions,
        wildcards.dataset,
        wildcards.network,
        **loading_options(snakemake),
    )


def load_pairs(snakemake: Any) -> StereoDataset:
    """The stereo pairs of the reported split at the working size."""
    files = snakemake.input
    return open_pairs(files.manifest, tuple(snakemake.params.image_size), files.get("cache"))


def loading_options(snakemake: Any) -> dict[str, int]:
    """How the pairs are read. The number of workers changes nothing in the results, so it is no parameter of a rule."""
    return {"batch": snakemake.params.get("batch", 1), "workers": snakemake.config["workers"]}


def load_perturbations(
    snakemake: Any, device: torch.device, source: str, names: Sequence[Any], paths: Sequence[str]
) -> dict[tuple[str, str, int], StereoPerturbation]:
    """The perturbations of a source by (size, epsilon, seed), epsilon as text; of the noise control without files."""
    if source == "noise":
        loaded = [_noise(snakemake, *name) for name in names]
    else:
        loaded = [StereoPerturbation.load(path) for path in paths]
    return {tuple(name): sup.to(device) for name, sup in zip(names, loaded, strict=True)}


def universal_conditions(
    source: str, perturbations: Mapping[tuple[str, str, int], StereoPerturbation]
) -> list[Condition]:
    """Conditions of a source's perturbations, as :func:`load_perturbations` returns them."""
    return [
        Condition(source, size, epsilon, str(seed), universal(sup))
        for (size, epsilon, seed), sup in perturbations.items()
    ]


def strongest_conditions(snakemake: Any, device: torch.device) -> list[Condition]:
    """The strongest perturbation of every source of a study, and noise at the same sizes and epsilons."""
    named = {
        source: load_perturbations(snakemake, device, source, [name], [path])
        for (source, name), path in zip(snakemake.params.attacks, snakemake.input.sups, strict=True)
    }
    names = list(dict.fromkeys(name for sups in named.values() for name in sups))
    noise = load_perturbations(snakemake, device, "noise", names, [])
    conditions = universal_conditions("noise", noise)
    for source, sups in named.items():
        conditions += universal_conditions(source, sups)
    return conditions


def _noise(snakemake: Any, size: str, epsilon: str, seed: int) -> StereoPerturbation:
    """Random signs, the same for every target."""
    image_size = tuple(snakemake.params.image_size)
    generator = torch_generator(snakemake.params.seed, "noise", size, epsilon, seed)
    return StereoPerturbation.random_signs(tile_size(size, image_size), image_size, float(epsilon), generator)
