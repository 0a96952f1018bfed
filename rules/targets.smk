# Which files tables, studies and figures are made of; no rules here.

import csv


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


def all_provenance():
    """Provenance of everything behind the transfer table."""
    records = [record.removesuffix(".csv") for record in all_records()]
    weights = [
        weights_file(network, SETTINGS.evaluation_weights(dataset, network))
        for dataset in SETTINGS.evaluated
        for network in SETTINGS.targets(dataset)
    ]
    weights += [file for name in SETTINGS.sources for file in source_weights(name)]
    sups = [sup for name in SETTINGS.sources for sup in sups_of(name)]
    files = [path.removesuffix(".safetensors") for path in (*weights, *sups)]
    return sorted({f"{path}.json" for path in (*records, *files)})
