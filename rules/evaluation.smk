# Errors per image: clean predictions once per data set and network, then one job per source of perturbations.


rule evaluate_clean:
    input:
        weights=lambda wc: weights_file(wc.network, wc.weights),
        manifest=lambda wc: reported_pairs(wc.dataset)["manifest"],
        images=lambda wc: reported_pairs(wc.dataset)["images"],
        cache=lambda wc: reported_pairs(wc.dataset)["cache"],
    output:
        records="<results>/evaluations/{dataset}/{network}/{weights}/clean.csv",
        text="<results>/evaluations/{dataset}/{network}/{weights}/clean.txt",
        predictions="<results>/evaluations/{dataset}/{network}/{weights}/clean_predictions.npy",
        provenance="<results>/evaluations/{dataset}/{network}/{weights}/clean.json",
    log:
        "<logs>/evaluate_clean/{dataset}/{network}/{weights}.log",
    benchmark:
        "<benchmarks>/evaluate_clean/{dataset}/{network}/{weights}.tsv"
    threads: config["threads"]
    resources:
        gpu=GPUS,
        mem_mb=8000,
        runtime=240,
    params:
        **compute(),
        network=lambda wc: build(wc.network, wc.weights),
        changes=lambda wc: changes_of(evaluation_split(wc.dataset)),
        image_size=config["image_size"],
        batch=config["evaluation"]["batch"],
        code=script_code("evaluate_clean"),
    message:
        "Clean predictions of {wildcards.network} on {wildcards.dataset}"
    script:
        "../workflow_scripts/evaluate_clean.py"


rule evaluate_perturbed:
    input:
        weights=lambda wc: weights_file(wc.network, wc.weights),
        manifest=lambda wc: reported_pairs(wc.dataset)["manifest"],
        images=lambda wc: reported_pairs(wc.dataset)["images"],
        cache=lambda wc: reported_pairs(wc.dataset)["cache"],
        predictions="<results>/evaluations/{dataset}/{network}/{weights}/clean_predictions.npy",
        sups=lambda wc: sups_of(wc.source),
    output:
        records="<results>/evaluations/{dataset}/{network}/{weights}/from-{source}.csv",
        text="<results>/evaluations/{dataset}/{network}/{weights}/from-{source}.txt",
        provenance="<results>/evaluations/{dataset}/{network}/{weights}/from-{source}.json",
    log:
        "<logs>/evaluate_perturbed/{dataset}/{network}/{weights}/{source}.log",
    benchmark:
        "<benchmarks>/evaluate_perturbed/{dataset}/{network}/{weights}/{source}.tsv"
    threads: config["threads"]
    resources:
        gpu=GPUS,
        mem_mb=8000,
        runtime=720,
    params:
        **compute(),
        network=lambda wc: build(wc.network, wc.weights),
        changes=lambda wc: changes_of(evaluation_split(wc.dataset)),
        image_size=config["image_size"],
        batch=config["evaluation"]["batch"],
        grid=lambda wc: SETTINGS.sup_names(wc.source),
        code=script_code("evaluate_perturbed"),
    message:
        "Evaluating {wildcards.network} on {wildcards.dataset} under perturbations from {wildcards.source}"
    script:
        "../workflow_scripts/evaluate_perturbed.py"


rule save_outputs:
    input:
        weights=lambda wc: weights_file(wc.network, wc.weights),
        manifest=lambda wc: reported_pairs(wc.dataset)["manifest"],
        images=lambda wc: reported_pairs(wc.dataset)["images"],
        cache=lambda wc: reported_pairs(wc.dataset)["cache"],
        sup=lambda wc: f"{sup_folder(wc.source, wc.size, wc.epsilon, wc.seed)}/sup.safetensors",
    output:
        folder=directory(
            "<results>/outputs/{dataset}/{network}/{weights}/from-{source}/{size}_eps{epsilon}_seed{seed}"
        ),
        provenance="<results>/outputs/{dataset}/{network}/{weights}/from-{source}/{size}_eps{epsilon}_seed{seed}.json",
    log:
        "<logs>/save_outputs/{dataset}/{network}/{weights}/{source}_{size}_eps{epsilon}_seed{seed}.log",
    benchmark:
        "<benchmarks>/save_outputs/{dataset}/{network}/{weights}/{source}_{size}_eps{epsilon}_seed{seed}.tsv"
    wildcard_constraints:
        source=one_of(SETTINGS.sources),
    threads: config["threads"]
    resources:
        gpu=GPUS,
        mem_mb=8000,
        runtime=240,
    params:
        **compute(),
        network=lambda wc: build(wc.network, wc.weights),
        changes=lambda wc: changes_of(evaluation_split(wc.dataset)),
        image_size=config["image_size"],
        code=script_code("save_outputs"),
    message:
        "Saving images and disparities of {wildcards.network} on {wildcards.dataset} under the SUP of {wildcards.source}"
    script:
        "../workflow_scripts/save_outputs.py"
