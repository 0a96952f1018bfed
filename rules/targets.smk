# Which files tables, studies and figures are made of; no rules here.


# Expanded by hand, as RESULTS is: Snakemake does not do so in params.
BENCHMARKS = config.get("pathvars", {}).get("benchmarks", "benchmarks")


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
        "manifest": lambda wc: reported_pairs(wc.dataset)["manifest"],
        "images": lambda wc: reported_pairs(wc.dataset)["images"],
        "cache": lambda wc: reported_pairs(wc.dataset)["cache"],
        "predictions": "<results>/evaluations/{dataset}/{network}/{weights}/clean_predictions.npy",
    }


def evaluation_params(study, attacks=None):
    """Params of a study's evaluation job."""
    return {
        **compute(),
        "network": lambda wc: build(wc.network, wc.weights),
        "changes": lambda wc: changes_of(evaluation_split(wc.dataset)),
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


def scenes():
    """Data set and source of every scene that is drawn: the source's first network is evaluated there."""
    return [
        (dataset, source)
        for dataset in SETTINGS.transfer_datasets
        for source in SETTINGS.sources
        if SETTINGS.source(source).networks[0] in SETTINGS.targets(dataset)
    ]


def scene_figure(dataset, source):
    return f"scene_{dataset}_{SETTINGS.source(source).networks[0]}_from_{source}"


def epsilon_figures():
    """Error against epsilon by data set, where there is more than one epsilon."""
    if len(config["sups"]["epsilons"]) < 2:
        return []
    return [f"error_against_epsilon_{name}" for name in SETTINGS.transfer_datasets]


def study_figures():
    """Figures of the studies, by study and data set."""
    return {
        (study, dataset): f"{study}_{dataset}"
        for study in printed_studies()
        if study in DRAWN_STUDIES
        for dataset in STUDIES.datasets(study)
        if set(study_networks(study)) & set(SETTINGS.targets(dataset))
    }


def sup_histories():
    """Histories of the strongest SUPs that are optimised here, by source."""
    return {
        source: f"{sup_folder(source, *STUDIES.strongest(source))}/history.csv"
        for source in sources(released=False)
    }


def training_histories():
    """Histories of the weights that are trained here and attacked or evaluated, by network and weights."""
    used = [
        (network, SETTINGS.evaluation_weights(dataset, network))
        for dataset in SETTINGS.evaluated
        for network in SETTINGS.targets(dataset)
    ]
    for source in map(SETTINGS.source, SETTINGS.sources):
        used += zip(source.networks, source.weights)
    return {
        (network, weights): f"<results>/weights/{network}/{weights}.csv"
        for network, weights in used
        if {"train", "finetune"} & set(config["networks"][network]["weights"][weights])
    }


def figure_names():
    """Every figure of the configuration, in the order in which it is listed."""
    return [
        "transfer_bars",
        "transfer_heatmap_ground_truth",
        "transfer_heatmap_clean",
        *epsilon_figures(),
        *(scene_figure(*scene) for scene in scenes()),
        *study_figures().values(),
        *(["sup_curves"] if sup_histories() else []),
        *(["training_curves"] if training_histories() else []),
        "paper_summary",
        *(f"paper/{plot}" for plot in PLOTS),
    ]


def figures():
    """The files of every figure."""
    names = [*figure_names(), *(f"{scene_figure(*scene)}_worst" for scene in scenes())]
    return [
        *(
            f"<results>/figures/{n}.{suffix}"
            for n in names
            for suffix in ("pdf", "png")
        ),
        *(
            str(Path(sup).with_name("preview.png"))
            for s in SETTINGS.sources
            for sup in sups_of(s)
        ),
    ]


def figure_provenance():
    return [f"<results>/figures/{name}.json" for name in figure_names()]


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


def study_tables():
    """Tables and printed tables of the studies."""
    studies = printed_studies()
    tables = [path for study in studies for path in study_csv(study)]
    if "corruptions" in studies:
        studies.append("corruption_scores")
        tables.append("<results>/tables/corruption_scores.csv")
    printed = [
        f"<results>/tables/{s}.{suffix}" for s in studies for suffix in ("md", "tex")
    ]
    return [*tables, *printed]


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


def final_results():
    """Tables and figures that the configuration asks for."""
    tables = ("transfer.csv", "transfer.md", "transfer.tex", "paper_comparison.csv")
    return [
        *(f"<results>/tables/{name}" for name in tables),
        *study_tables(),
        *figures(),
    ]


def benchmark_stages(wildcards):
    """First folders of the benchmark files of all rules: another run's may lie below the same folder."""
    prefix = f"{BENCHMARKS}/"
    files = [str(rule.benchmark) for rule in workflow.rules if rule.benchmark]
    return sorted({file.removeprefix(prefix).split("/")[0] for file in files})


def attacked_networks():
    """The networks that the SUPs of each source are optimised on."""
    return {name: SETTINGS.source(name).networks for name in SETTINGS.sources}


def featured():
    """The scene and the SUP of the landing page: photographs before rendered scenes, the first source."""
    rendered = SETTINGS.datasets("synthetic")
    found = sorted(scenes(), key=lambda scene: scene[0] in rendered)
    if not found:
        return {}
    dataset, source = found[0]
    return {"dataset": dataset, "source": source, "name": STUDIES.strongest(source)}


def featured_files():
    """Files of the landing page that only a featured SUP has."""
    chosen = featured()
    if not chosen:
        return dict.fromkeys(("clean", "attacked", "preview", "scene", "worst"), [])
    dataset, source = chosen["dataset"], chosen["source"]
    folder = evaluation_folder(dataset, SETTINGS.source(source).networks[0])
    scene = f"<results>/figures/{scene_figure(dataset, source)}"
    return {
        "clean": f"{folder}/clean.csv",
        "attacked": f"{folder}/from-{source}.csv",
        "preview": f"{sup_folder(source, *chosen['name'])}/preview.png",
        "scene": f"{scene}.png",
        "worst": f"{scene}_worst.png",
    }


def resisting_figures():
    """Figures about what resists, by study; the bars where there is nothing else."""
    dataset = featured().get("dataset", SETTINGS.transfer_datasets[0])
    names = {}
    if epsilon_figures():
        names["error_against_epsilon"] = f"error_against_epsilon_{dataset}"
    for study in ("robust_design", "finetuning", "corruptions"):
        drawn = {d: name for (s, d), name in study_figures().items() if s == study}
        if drawn:
            names[study] = drawn.get(dataset, next(iter(drawn.values())))
    names = names or {"transfer_bars": "transfer_bars"}
    return {study: f"<results>/figures/{name}.png" for study, name in names.items()}


def linked(folder, suffix):
    """Results of one kind that the landing page links to, relative to it."""
    wanted = [*final_results(), "<results>/tables/overlap.csv"]
    inside = [path.removeprefix("<results>/") for path in wanted]
    return [p for p in inside if p.startswith(folder) and p.endswith(suffix)]
