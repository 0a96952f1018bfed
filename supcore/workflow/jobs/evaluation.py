"""What the evaluation scripts share: the networks, the pairs and the perturbations of a job."""

from collections.abc import Iterator, Mapping
from typing import Any

import torch

from supcore.data.dataset import StereoDataset
from supcore.data.image_cache import open_pairs
from supcore.evaluation.conditions import Condition, universal
from supcore.evaluation.predictions import Target
from supcore.evaluation.study_job import StudyJob, Sup, noise
from supcore.perturbation import StereoPerturbation
from supcore.sup_names import SupName
from supcore.workflow.jobs.networks import load_network


def load_target(snakemake: Any, device: torch.device) -> Target:
    """The attacked network, the pairs of the reported split, and where its clean predictions are."""
    files, params, wildcards = snakemake.input, snakemake.params, snakemake.wildcards
    return Target(
        load_network(params.network, files.weights, device),
        load_pairs(snakemake),
        files.get("predictions") or snakemake.output.predictions,
        wildcards.dataset,
        wildcards.network,
        **target_options(snakemake),
    )


def load_pairs(snakemake: Any) -> StereoDataset:
    """The stereo pairs of the reported split at the working size."""
    files = snakemake.input
    return open_pairs(files.manifest, tuple(snakemake.params.image_size), files.get("cache"))


def target_options(snakemake: Any) -> dict[str, Any]:
    """How pairs are read, and what is measured.

    The number of workers changes nothing in the results, so it is no parameter of a rule.
    """
    params = snakemake.params
    return {
        "batch": params.get("batch", 1),
        "workers": snakemake.config["workers"],
        "metrics": params.get("metrics", ()),
    }


def study_job(snakemake: Any, device: torch.device) -> StudyJob:
    """What the rule ``evaluate_study`` gives to a study."""
    files, params = snakemake.input, snakemake.params
    pairs = load_pairs(snakemake)

    def targets() -> Iterator[Target]:
        for name, wanted, weights, predictions in zip(
            params.targets, params.target_specs, files.targets, files.predictions, strict=True
        ):
            network = load_network(wanted, weights, device)
            yield Target(network, pairs, predictions, snakemake.wildcards.dataset, name, **target_options(snakemake))

    sups = zip(params.sups, files.sups, strict=True)
    return StudyJob(
        network=snakemake.wildcards.network,
        attacked=lambda: load_network(params.network, files.weights, device),
        sups=[Sup(source, size, epsilon, seed, batch, path) for (source, size, epsilon, seed, batch), path in sups],
        targets=targets,
        image_size=tuple(params.image_size),
        epsilons=params.epsilons,
        seed=params.seed,
        device=device,
    )


def load_perturbations(snakemake: Any, device: torch.device) -> dict[SupName, StereoPerturbation]:
    """The perturbations of the job's source by name; those of the noise control have no files."""
    params, names = snakemake.params, [SupName(*name) for name in snakemake.params.grid]
    if snakemake.wildcards.source == "noise":
        loaded = [noise(params.seed, tuple(params.image_size), *name) for name in names]
    else:
        loaded = [StereoPerturbation.load(path) for path in snakemake.input.sups]
    return {name: sup.to(device) for name, sup in zip(names, loaded, strict=True)}


def saved_perturbation(snakemake: Any) -> StereoPerturbation:
    """What the rules that save outputs add to images: a SUP, noise of its size, or zeros for clean images."""
    wildcards, image_size = snakemake.wildcards, tuple(snakemake.params.image_size)
    if not hasattr(wildcards, "source"):
        return StereoPerturbation(image_size, image_size, 1.0)
    if wildcards.source == "noise":
        name = wildcards.size, wildcards.epsilon, int(wildcards.seed)
        return noise(snakemake.params.seed, image_size, *name)
    return StereoPerturbation.load(snakemake.input.sup)


def universal_conditions(source: str, perturbations: Mapping[SupName, StereoPerturbation]) -> list[Condition]:
    """Conditions of a source's perturbations, as :func:`load_perturbations` returns them."""
    return [
        Condition(source, size, epsilon, str(seed), universal(sup))
        for (size, epsilon, seed), sup in perturbations.items()
    ]
