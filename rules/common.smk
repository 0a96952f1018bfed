# Functions that the rules share; no rules here.

import re

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

from supcore.errors import SupError
from supcore.pipeline.code_hash import code_hash
from supcore.pipeline.settings import CONTROLS, FILE_LAYOUTS, Settings, epsilon_text


def checked_settings():
    """The configuration with its references resolved; one clear line if they do not fit together."""
    try:
        return Settings(config)
    except SupError as error:
        raise WorkflowError(str(error)) from None


SETTINGS = checked_settings()


# Jobs that run a network claim a GPU only where one is asked for; otherwise they would wait for each other.
GPUS = 1 if config["device"] == "cuda" else 0


def missing_roots_message():
    lines = [
        f"  datasets.{name}.root: {root or '(not set)'}"
        for name, root in SETTINGS.missing_roots().items()
    ]
    return (
        "data roots that do not exist; set them in the configuration or put links there:\n"
        + "\n".join(lines)
    )


def refuse_missing_roots():
    if SETTINGS.missing_roots():
        raise WorkflowError(missing_roots_message())


if SETTINGS.missing_roots():
    logger.warning(f"Warning: {missing_roots_message()}")


def one_of(names):
    """Regular expression that matches exactly these names; nothing if there are none."""
    return "|".join(map(re.escape, names)) or "(?!)"


# Snakemake expands <results> in inputs and outputs, but not in params.
RESULTS = config.get("pathvars", {}).get("results", "results")


def checkpoint_file(name):
    """Where a resumable job keeps its unfinished work: outside its outputs, which are deleted when it starts."""
    return f"{RESULTS}/checkpoints/{name}.pt"


def manifest(dataset, split):
    return f"<results>/manifests/{dataset}/{split}.csv"


def manifest_of(reference):
    return manifest(reference["dataset"], reference["split"])


def weights_file(network, weights):
    return f"<results>/weights/{network}/{weights}.safetensors"


def sup_folder(source, size, epsilon, seed):
    weights = SETTINGS.sup_weights(source)
    return f"<results>/sups/{source}/{weights}/{size}_eps{epsilon}/seed{seed}"


def sups_of(source):
    """Every SUP file of the grid that was optimised on ``source``; none for the noise control."""
    if source in CONTROLS:
        return []
    return [
        f"{sup_folder(source, *name)}/sup.safetensors" for name in SETTINGS.sup_names()
    ]


def evaluation_folder(dataset, network):
    return f"<results>/evaluations/{dataset}/{network}/{SETTINGS.evaluation_weights(dataset, network)}"


def evaluation_manifest(dataset):
    return manifest(dataset, config["evaluation"]["datasets"][dataset]["split"])


def all_records():
    """Every per-image record that the transfer table is made of."""
    sources = [*SETTINGS.sources, *CONTROLS]
    return [
        f"{evaluation_folder(dataset, network)}/{name}.csv"
        for dataset in SETTINGS.evaluated
        for network in SETTINGS.networks
        for name in ("clean", *(f"from-{source}" for source in sources))
    ]


def build(network, weights):
    """What a script needs to build a network: its architecture and options."""
    return {
        "architecture": SETTINGS.architecture(network),
        "options": SETTINGS.network_options(network, weights),
    }


def split_settings(dataset, split):
    """The configuration of one split, with the data set's own size or the common one."""
    entry = config["datasets"][dataset]
    chosen = entry["splits"][split]
    settings = chosen if isinstance(chosen, dict) else {"count": chosen}
    size = entry.get("image_size", config["image_size"])
    return {"image_size": size, "max_disparity": entry.get("max_disparity"), **settings}


def compute():
    """Settings that every job which runs a network takes."""
    return {"device": config["device"], "seed": config["seed"]}


def training_settings(wildcards):
    """The training recipe of a network's weights."""
    recipe = config["networks"][wildcards.network]["weights"][wildcards.weights][
        "train"
    ]
    return config["training"][recipe]


def strongest_sup():
    """Size, epsilon and seed of the SUP that pictures show: the last size and the largest epsilon of the grid."""
    sups = config["sups"]
    return sups["sizes"][-1], epsilon_text(max(sups["epsilons"])), sups["seeds"][0]


def figures():
    """Every figure of the configuration."""
    names = [
        "transfer_bars",
        *(f"transfer_heatmap_{reference}" for reference in ("ground_truth", "clean")),
    ]
    if len(config["sups"]["epsilons"]) > 1:
        names += [f"error_against_epsilon_{dataset}" for dataset in SETTINGS.evaluated]
    names += [
        f"scene_{dataset}_{SETTINGS.source_network(source)}_from_{source}"
        for dataset in SETTINGS.evaluated
        for source in SETTINGS.sources
    ]
    return [
        f"<results>/figures/{name}.{suffix}"
        for name in names
        for suffix in ("pdf", "png")
    ]
