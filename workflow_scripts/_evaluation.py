"""What the evaluation scripts share: the network, the pairs and the perturbations of a job."""

from _network import load_network
from supcore.data.image_cache import open_pairs
from supcore.evaluation.conditions import Condition, universal
from supcore.evaluation.predictions import Target
from supcore.perturbation import StereoPerturbation
from supcore.pipeline.settings import tile_size
from supcore.seeding import torch_generator


def load_target(snakemake, device):
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


def load_pairs(snakemake):
    """The stereo pairs of the reported split at the working size."""
    files = snakemake.input
    return open_pairs(files.manifest, tuple(snakemake.params.image_size), files.get("cache"))


def loading_options(snakemake):
    """How the pairs are read. The number of workers changes nothing in the results, so it is no parameter of a rule."""
    return {"batch": snakemake.params.get("batch", 1), "workers": snakemake.config["workers"]}


def load_perturbations(snakemake, device, source, names, paths):
    """The perturbations of a source by (size, epsilon, seed), epsilon as text; of the noise control without files."""
    if source == "noise":
        loaded = [_noise(snakemake, *name) for name in names]
    else:
        loaded = [StereoPerturbation.load(path) for path in paths]
    return {tuple(name): sup.to(device) for name, sup in zip(names, loaded, strict=True)}


def universal_conditions(source, perturbations):
    """Conditions of a source's perturbations, as :func:`load_perturbations` returns them."""
    return [
        Condition(source, size, epsilon, str(seed), universal(sup))
        for (size, epsilon, seed), sup in perturbations.items()
    ]


def strongest_conditions(snakemake, device):
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


def _noise(snakemake, size, epsilon, seed):
    """Random signs, the same for every target."""
    image_size = tuple(snakemake.params.image_size)
    generator = torch_generator(snakemake.params.seed, "noise", size, epsilon, seed)
    return StereoPerturbation.random_signs(tile_size(size, image_size), image_size, float(epsilon), generator)
