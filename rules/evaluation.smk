# Errors per image: clean predictions once per data set and network, then one job per source of perturbations.


rule evaluate_clean:
    input:
        weights=lambda wc: weights_file(wc.network, wc.weights),
        manifest=lambda wc: evaluation_manifest(wc.dataset),
    output:
        records="<results>/evaluations/{dataset}/{network}/{weights}/clean.csv",
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
        image_size=config["image_size"],
        batch=config["evaluation"]["batch"],
        code=code_hash("supcore.evaluation.records", "supcore.networks.*"),
    message:
        "Clean predictions of {wildcards.network} on {wildcards.dataset}"
    script:
        "../workflow_scripts/evaluate_clean.py"


rule evaluate_perturbed:
    input:
        weights=lambda wc: weights_file(wc.network, wc.weights),
        manifest=lambda wc: evaluation_manifest(wc.dataset),
        predictions="<results>/evaluations/{dataset}/{network}/{weights}/clean_predictions.npy",
        sups=lambda wc: sups_of(wc.source),
    output:
        records="<results>/evaluations/{dataset}/{network}/{weights}/from-{source}.csv",
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
        image_size=config["image_size"],
        batch=config["evaluation"]["batch"],
        grid=SETTINGS.sup_names(),
        code=code_hash("supcore.evaluation.records", "supcore.networks.*"),
    message:
        "Evaluating {wildcards.network} on {wildcards.dataset} under perturbations from {wildcards.source}"
    script:
        "../workflow_scripts/evaluate_perturbed.py"
