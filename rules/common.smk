# Functions that the rules share; no rules here.

import csv
import os
import re
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

from supcore.data.kitti import class_map
from supcore.errors import SupError
from supcore.pipeline.code_hash import code_hash
from supcore.pipeline.settings import CONTROLS, FILE_LAYOUTS, Settings
from supcore.pipeline.sources import epsilon_text
from supcore.pipeline.studies import RECORD_STUDIES, TRANSFER_STUDIES, Studies


def checked_settings():
    """The configuration with its references resolved; one clear line if they do not fit together."""
    try:
        settings = Settings(config)
        return settings, Studies(settings)
    except SupError as error:
        raise WorkflowError(str(error)) from None


SETTINGS, STUDIES = checked_settings()


def hashes_of_own_modules():
    """Hash of the code of every network that is not the library's; one clear line for a module that is not there."""
    hashes = {}
    for network, module in SETTINGS.own_modules.items():
        try:
            hashes[network] = code_hash(module)
        except (ImportError, SyntaxError) as error:
            raise WorkflowError(
                f"config key networks.{network}.architecture: {error}"
            ) from None
    return hashes


# Networks of one's own may lie in the working directory; Snakemake itself looks beside the Snakefile.
sys.path.insert(0, os.getcwd())
OWN_CODE = hashes_of_own_modules()


# Jobs that run a network claim a GPU only where one is asked for; otherwise they would wait for each other.
GPUS = 1 if config["device"] == "cuda" else 0


def missing_roots_message(roots):
    lines = [
        f"  datasets.{name}.root: {root or '(not set)'}" for name, root in roots.items()
    ]
    return (
        "data roots that do not exist; set them in the configuration or put links there:\n"
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


def manifest(dataset, split):
    return f"<results>/manifests/{dataset}/{split}.csv"


def manifest_of(reference):
    return manifest(reference["dataset"], reference["split"])


def cache_of(reference):
    """Folder of a split's resized images; none if the data set does not ask for a cache."""
    dataset, split = reference["dataset"], reference["split"]
    if not config["datasets"][dataset].get("cache"):
        return []
    return f"<results>/cache/{dataset}/{split}"


def weights_file(network, weights):
    return f"<results>/weights/{network}/{weights}.safetensors"


def own_copy(checkpoint):
    """The user's own copy of a released file; none where it is downloaded."""
    return [] if checkpoint.path is None else str(checkpoint.path)


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


def evaluation_manifest(dataset):
    return manifest_of(evaluation_split(dataset))


def reported_manifests():
    """Manifests that results are reported on, by data set and split."""
    splits = map(evaluation_split, SETTINGS.evaluated)
    return {f"{s['dataset']}/{s['split']}": manifest_of(s) for s in splits}


def manifests_by_role():
    """Manifests of everything that sees pairs before the evaluation does, by what it uses them for."""
    uses = {}
    for name in sources(released=False):
        source = SETTINGS.source(name)
        uses["optimising SUPs", *source.training.values()] = source.training
        if source.selection == "best":
            selection = config["sups"]["validation"]
            uses["selecting SUPs", *selection.values()] = selection
    for section, role in (
        ("training", "training networks"),
        ("finetuning", "fine-tuning networks"),
    ):
        for recipe in SETTINGS.used_recipes(section):
            for split in config[section][recipe]["datasets"]:
                uses[role, *split.values()] = split
    return {
        f"{role} ({split['dataset']}/{split['split']})": manifest_of(split)
        for (role, *_), split in uses.items()
    }


def all_records():
    """Every per-image record that the transfer table is made of."""
    sources = [*SETTINGS.sources, *CONTROLS]
    return [
        f"{evaluation_folder(dataset, network)}/{name}.csv"
        for dataset in SETTINGS.transfer_datasets
        for network in SETTINGS.targets(dataset)
        for name in ("clean", *(f"from-{source}" for source in sources))
    ]


def build(network, weights):
    """What a script needs to build a network: its architecture, options and precision.

    The hash of a network's own code re-runs the jobs that build it.
    """
    own_code = {"code": OWN_CODE[network]} if network in OWN_CODE else {}
    return {
        "precision": config["precision"],
        "architecture": SETTINGS.architecture(network),
        "options": SETTINGS.network_options(network, weights),
        **own_code,
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


def evaluation_inputs():
    """Inputs of every job that evaluates one network on one data set."""
    return {
        "weights": lambda wc: weights_file(wc.network, wc.weights),
        "manifest": lambda wc: evaluation_manifest(wc.dataset),
        "cache": lambda wc: cache_of(evaluation_split(wc.dataset)),
        "predictions": "<results>/evaluations/{dataset}/{network}/{weights}/clean_predictions.npy",
    }


def evaluation_params(study, attacks=None):
    """Params of a study's evaluation job."""
    return {
        **compute(),
        "network": lambda wc: build(wc.network, wc.weights),
        "image_size": config["image_size"],
        "batch": config["evaluation"]["batch"],
        "attacks": attacks or STUDIES.attacks(study),
        "study": STUDIES.study(study),
    }


def strongest_sups(study):
    """SUP files of a study, in the order of its attacks."""
    attacks = STUDIES.attacks(study)
    return [f"{sup_folder(s, *name)}/sup.safetensors" for s, name in attacks]


def evaluated_weights(dataset, network):
    return weights_file(network, SETTINGS.evaluation_weights(dataset, network))


def per_image_targets(wildcards):
    return STUDIES.targets("per_image", wildcards.dataset)


def snapshot_attacks(wildcards):
    """Source, cell of the grid and batch of the runs whose snapshots a network is attacked with."""
    attacks = STUDIES.attacks("sampling_efficiency")
    sources = [(SETTINGS.source(source), name) for source, name in attacks]
    return [
        (source.name, name, source.attack["batch"])
        for source, name in sources
        if source.networks == (wildcards.network,)
    ]


def snapshots_on(network):
    """Snapshots of the runs that attacked a network alone."""
    attacks = STUDIES.attacks("sampling_efficiency")
    return [
        f"{sup_folder(source, *name)}/snapshots.safetensors"
        for source, name in attacks
        if SETTINGS.source(source).networks == (network,)
    ]


def study_records(study):
    """Per-image records of a study."""
    datasets = STUDIES.datasets(study)
    if study == "per_image":
        sources = STUDIES.study(study)["sources"]
        return [
            f"<results>/evaluations/{dataset}/per-image-from-{source}.csv"
            for dataset in datasets
            for source in sources
        ]
    return [
        f"{evaluation_folder(dataset, network)}/{RECORD_STUDIES[study]}.csv"
        for dataset in datasets
        for network in STUDIES.targets(study, dataset)
        if study != "sampling_efficiency" or snapshots_on(network)
    ]


def figures():
    """Every figure of the configuration."""
    names = [
        "transfer_bars",
        *(f"transfer_heatmap_{reference}" for reference in ("ground_truth", "clean")),
    ]
    if len(config["sups"]["epsilons"]) > 1:
        names += [
            f"error_against_epsilon_{dataset}" for dataset in SETTINGS.transfer_datasets
        ]
    names += [
        f"scene_{dataset}_{SETTINGS.source(source).networks[0]}_from_{source}"
        for dataset in SETTINGS.transfer_datasets
        for source in SETTINGS.sources
        if SETTINGS.source(source).networks[0] in SETTINGS.targets(dataset)
    ]
    return [
        f"<results>/figures/{name}.{suffix}"
        for name in names
        for suffix in ("pdf", "png")
    ]


# Sizes of the SUPs: a study that needs no table of its own.
TILE_SIZES = "tile_sizes"
DRAWN_STUDIES = (
    "corruptions",
    "classes",
    "sampling_efficiency",
    *TRANSFER_STUDIES,
    TILE_SIZES,
)


def study_csv(study):
    """The table of a study, in a list; none of the sizes, which are read off the transfer table."""
    return [] if study == TILE_SIZES else [f"<results>/tables/{study}.csv"]


def printed_studies():
    """The studies of the configuration, and the sizes where a source has several."""
    several = any(
        len({size for size, _, _ in SETTINGS.sup_names(s)}) > 1
        for s in SETTINGS.sources
    )
    return [*STUDIES.names, *([TILE_SIZES] if several else [])]


def study_networks(study):
    """Networks without one of which a data set has nothing to show of a study."""
    settings = STUDIES.study(study)
    designs = [n for names in settings.get("designs", {}).values() for n in names]
    return [*designs, *settings.get("finetuned", {})] or list(SETTINGS.networks)


def study_outputs():
    """Tables, printed tables and figures of the studies."""
    studies = printed_studies()
    tables = [path for study in studies for path in study_csv(study)]
    printed = [
        f"<results>/tables/{s}.{suffix}" for s in studies for suffix in ("md", "tex")
    ]
    drawn = [
        f"<results>/figures/{study}_{dataset}.{suffix}"
        for study in studies
        if study in DRAWN_STUDIES
        for dataset in STUDIES.datasets(study)
        if set(study_networks(study)) & set(SETTINGS.targets(dataset))
        for suffix in ("pdf", "png")
    ]
    return [*tables, *printed, *drawn]


def paper_plots():
    """The paper's plots of the data sets that are evaluated."""
    with open(f"{config['published']}/line_plots.csv", newline="") as file:
        points = list(csv.DictReader(file))
    ids = {p["plot_id"] for p in points if p["dataset"] in SETTINGS.transfer_datasets}
    return [
        f"<results>/figures/paper/{plot}.{suffix}"
        for plot in sorted(ids)
        for suffix in ("pdf", "png")
    ]


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
