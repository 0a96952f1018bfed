# Settings, paths and what jobs share; no rules here.

import os
import re
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.io import strip_wildcard_constraints
from snakemake.logging import logger

from supcore.data.contents import changed_contents
from supcore.data.kitti import class_map
from supcore.data.layouts import names_digest
from supcore.errors import SupError
from supcore.workflow.code_hash import network_hash, script_hash
from supcore.workflow.paper import paper_plots
from supcore.workflow.places import make_own_networks_importable, shipped
from supcore.workflow.schema import complete_config
from supcore.workflow.settings import CONTROLS, FILE_LAYOUTS, Settings
from supcore.workflow.sources import epsilon_text
from supcore.workflow.studies import (
    RECORD_STUDIES,
    TILE_SIZES,
    TRANSFER_STUDIES,
    Studies,
)
from supcore.workflow.targets import check_path


def find_shipped_files():
    """Let the configuration name files of the workflow whatever the working directory is."""
    for key in ("weights_registry", "published"):
        config[key] = shipped(config[key])
    for network in config["networks"].values():
        for weights in network["weights"].values():
            if "bundled" in weights:
                weights["bundled"] = shipped(weights["bundled"])
    for dataset in config["datasets"].values():
        if "exclude" in dataset:
            dataset["exclude"] = shipped(dataset["exclude"])


def checked_settings():
    """The configuration, complete and with its references resolved; one clear line if it is wrong."""
    try:
        complete_config(config, workflow.source_path("../config/config.schema.yaml"))
        find_shipped_files()
        settings = Settings(config)
        plots = paper_plots(config["published"], settings.transfer_datasets)
        return settings, Studies(settings), plots
    except SupError as error:
        raise WorkflowError(str(error)) from None


SETTINGS, STUDIES, PLOTS = checked_settings()


make_own_networks_importable()
for network in SETTINGS.own_modules:
    try:
        network_hash(SETTINGS.architecture(network))
    except (ImportError, SyntaxError) as error:
        raise WorkflowError(
            f"config key networks.{network}.architecture: {error}"
        ) from None


def script_code(name):
    """A param that re-runs a rule when the code of its script changes; hashed only for jobs that are looked at."""
    return lambda wc: script_hash(
        workflow.source_path(f"../workflow_scripts/{name}.py")
    )


# Jobs that run a network claim a GPU only where one is asked for; otherwise they would wait for each other.
GPUS = 1 if config["device"] == "cuda" else 0


def missing_roots_message(roots):
    lines = [
        f"  datasets.{name}.root: {root or '(not set)'}" for name, root in roots.items()
    ]
    return (
        "data roots that do not exist or may not be read; set them in the configuration or put links there:\n"
        + "\n".join(lines)
    )


def refuse_missing_roots(jobs):
    """Stop before the first job if one of these jobs indexes a data set that is not there."""
    indexed = {
        job.wildcards.dataset for job in jobs if job.rule.name == "index_dataset"
    }
    missing = {n: r for n, r in SETTINGS.missing_roots().items() if n in indexed}
    if missing:
        raise WorkflowError(missing_roots_message(missing))


if SETTINGS.missing_roots():
    logger.warning(f"Warning: {missing_roots_message(SETTINGS.missing_roots())}")


def refuse_wrong_targets(arguments, rules):
    """Stop with one line if an argument looks like an output of these rules and cannot belong to the configuration.

    The arguments are those of the command line, for Snakemake does not tell a Snakefile its targets.
    """
    products = [(rule.name, output) for rule in rules for output in rule.output]
    outputs = [(n, strip_wildcard_constraints(str(o))) for n, o in products]
    try:
        for path in arguments:
            if path.startswith(f"{RESULTS}/"):
                check_path(path, outputs, STUDIES, PLOTS)
    except SupError as error:
        raise WorkflowError(str(error)) from None


def one_of(names):
    """Regular expression that matches exactly these names; nothing if there are none."""
    return "|".join(map(re.escape, names)) or "(?!)"


# Snakemake expands <results> in inputs and outputs, but not in params.
RESULTS = config.get("pathvars", {}).get("results", "results")


def checkpoint_file(name):
    """Where a resumable job keeps its unfinished work: outside its outputs, which are deleted when it starts."""
    return f"{RESULTS}/checkpoints/{name}.pt"


# The SUP authors' class maps of KITTI 2015, unpacked.
CLASS_MAPS = f"{config['downloads']}/kitti_segmentation"


def released_class_maps(dataset):
    """The folder of the authors' class maps where the data set's pattern leads into it, else none."""
    entry = config["datasets"][dataset]
    pattern = entry.get("layout_options", {}).get("segmentation")
    if pattern is None:
        return []
    example = class_map(Path(entry.get("root", "")), pattern)(Path("000000_10.png"))
    below = example.absolute().is_relative_to(os.path.abspath(CLASS_MAPS))
    return CLASS_MAPS if below else []


def weights_in_paths():
    """Regular expression of the weights in paths: those of the source, or of the data set and network, before them."""
    folders = [(name, SETTINGS.source(name).folder) for name in SETTINGS.sources]
    folders += [
        (f"{dataset}/{network}", SETTINGS.evaluation_weights(dataset, network))
        for dataset in SETTINGS.evaluated
        for network in SETTINGS.targets(dataset)
    ]
    return "|".join(f"(?<=/{before}/){weights}" for before, weights in folders)


def manifest(dataset, split):
    return f"<results>/manifests/{dataset}/{split}.csv"


def manifest_of(reference):
    return manifest(reference["dataset"], reference["split"])


def names_of(dataset):
    """Hash of the names of a data set's images: a manifest is made anew when pairs are added or removed."""
    entry = config["datasets"][dataset]
    options = entry.get("layout_options", {})
    return names_digest(entry["layout"], entry["root"], **options)


def pairs_of(reference):
    """Input of jobs that read the pairs of a split: manifest, folder of rendered images, and cache of resized ones.

    The cache, an empty folder where none is asked for, is made if it is missing, and its age does not matter, for it
    changes no result. It may not re-run by itself: Snakemake would then overlook why other jobs must run.
    """
    dataset, split = reference["dataset"], reference["split"]
    return {
        "manifest": manifest_of(reference),
        "images": images_of(reference),
        "cache": ancient(f"<results>/cache/{dataset}/{split}"),
    }


def images_of(*references):
    """The folders of the images of splits, as far as the workflow makes them."""
    return [
        f"<results>/data/{r['dataset']}/{r['split']}"
        for r in references
        if config["datasets"][r["dataset"]]["layout"] not in FILE_LAYOUTS
    ]


def changes_of(*references):
    """Param that re-runs jobs when the files of a split's pairs are no longer those that were listed."""
    found = [
        changed_contents(f"{RESULTS}/manifests/{r['dataset']}/{r['split']}.csv")
        for r in references
    ]
    return [change for change in found if change]


def published_files():
    """The paper's numbers."""
    return sorted(map(str, Path(config["published"]).glob("*.csv")))


def weights_file(network, weights):
    return f"<results>/weights/{network}/{weights}.safetensors"


def own_copy(checkpoint):
    """The user's own copy of a released file; none where it is downloaded."""
    return [] if checkpoint.path is None else str(checkpoint.path)


def released_weights(wildcards):
    return SETTINGS.released_weights(wildcards.network, wildcards.weights)


def released_perturbation(wildcards):
    source = SETTINGS.source(wildcards.source)
    return SETTINGS.released_sup(source, wildcards.size, float(wildcards.epsilon))


def sources(released):
    """Sources whose SUPs are released ones, or are optimised here."""
    names = SETTINGS.sources
    return [n for n in names if bool(SETTINGS.source(n).released) == released]


def source_weights(name):
    """Weights of every network that the source attacks."""
    source = SETTINGS.source(name)
    return [weights_file(*pair) for pair in zip(source.networks, source.weights)]


def source_networks(name):
    """What a script needs to build them, in the same order."""
    source = SETTINGS.source(name)
    return [build(*pair) for pair in zip(source.networks, source.weights)]


def sup_folder(source, size, epsilon, seed):
    weights = SETTINGS.source(source).folder
    return f"<results>/sups/{source}/{weights}/{size}_eps{epsilon}/seed{seed}"


def sups_of(source):
    """Every SUP file of the grid that was optimised on ``source``; none for the noise control."""
    if source in CONTROLS:
        return []
    return [
        f"{sup_folder(source, *name)}/sup.safetensors"
        for name in SETTINGS.sup_names(source)
    ]


def evaluation_folder(dataset, network):
    return f"<results>/evaluations/{dataset}/{network}/{SETTINGS.evaluation_weights(dataset, network)}"


def evaluation_split(dataset):
    """The reported split of a data set."""
    return {
        "dataset": dataset,
        "split": config["evaluation"]["datasets"][dataset]["split"],
    }


def reported_pairs(dataset):
    """The pairs of the reported split, see ``pairs_of``."""
    return pairs_of(evaluation_split(dataset))


def build(network, weights):
    """What a script needs to build a network: its architecture, options and precision.

    The hash of the network's code re-runs the jobs that build it.
    """
    architecture = SETTINGS.architecture(network)
    return {
        "precision": config["precision"],
        "architecture": architecture,
        "options": dict(sorted(SETTINGS.network_options(network, weights).items())),
        "code": network_hash(architecture),
    }


def split_settings(dataset, split):
    """The configuration of one split, with the data set's own size or the common one."""
    entry = config["datasets"][dataset]
    chosen = entry["splits"][split]
    settings = chosen if isinstance(chosen, dict) else {"count": chosen}
    size = entry.get("image_size", config["image_size"])
    return {"image_size": size, "max_disparity": entry.get("max_disparity"), **settings}


def compute():
    """Settings that every job which runs a network takes; the number of threads decides the last digits."""
    names = ("device", "deterministic", "seed", "threads")
    return {name: config[name] for name in names}


def training_settings(wildcards):
    """The training recipe of a network's weights."""
    recipe = config["networks"][wildcards.network]["weights"][wildcards.weights][
        "train"
    ]
    return config["training"][recipe]


def training_memory(recipe):
    """Megabytes that a training claims: of each process, and of those that decode images for it."""
    return recipe["processes"] * (8000 + 1000 * config["workers"])


def training_threads(recipe):
    """Processor cores that a training claims, for its processes and for those that decode images for them."""
    return recipe["processes"] * (config["threads"] + config["workers"])


DRAWN_STUDIES = (*RECORD_STUDIES, *TRANSFER_STUDIES, TILE_SIZES)


def start_weights(wildcards):
    """Weights that a training starts from; none for one from scratch."""
    start = SETTINGS.start(wildcards.network, wildcards.weights)
    return [] if start is None else weights_file(*start)


def finetuning_settings(wildcards):
    """The fine-tuning recipe of a network's weights."""
    weights = config["networks"][wildcards.network]["weights"][wildcards.weights]
    return config["finetuning"][weights["finetune"]]


def finetuning_sups(recipe):
    """SUP files that a fine-tuning recipe perturbs with."""
    sups = recipe["sups"]
    return [
        f"{sup_folder(source, size, epsilon_text(epsilon), seed)}/sup.safetensors"
        for source in sups["sources"]
        for size in sups["sizes"]
        for epsilon in sups["epsilons"]
        for seed in sups["seeds"]
    ]
