# Errors per image: clean predictions once per data set and network, then one job per source of perturbations, and one per study.


rule evaluate_clean:
    input:
        unpack(INPUTS.network_and_pairs),
        cache=ancient(INPUTS.cache),
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
        mem_mb=per_attempt(8000),
        runtime=per_attempt(240),
    params:
        **DEVICE_PARAMS,
        network=INPUTS.network_spec,
        changes=INPUTS.reported_changes,
        image_size=config["image_size"],
        batch=config["evaluation"]["batch"],
        metrics=config["evaluation"]["metrics"],
        code=script_code("evaluate_clean"),
    message:
        "Clean predictions of {wildcards.network} on {wildcards.dataset}"
    script:
        "../workflow_scripts/evaluate_clean.py"


rule evaluate_perturbed:
    input:
        unpack(INPUTS.network_and_pairs),
        cache=ancient(INPUTS.cache),
        predictions="<results>/evaluations/{dataset}/{network}/{weights}/clean_predictions.npy",
        sups=INPUTS.sups,
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
        mem_mb=per_attempt(8000),
        runtime=per_attempt(720),
    params:
        **DEVICE_PARAMS,
        network=INPUTS.network_spec,
        changes=INPUTS.reported_changes,
        image_size=config["image_size"],
        batch=config["evaluation"]["batch"],
        metrics=config["evaluation"]["metrics"],
        grid=lambda wc: [list(name) for name in INPUTS.grid(wc.source)],
        cells=INPUTS.cells,
        code=script_code("evaluate_perturbed"),
    message:
        "Evaluating {wildcards.network} on {wildcards.dataset} under perturbations from {wildcards.source}"
    script:
        "../workflow_scripts/evaluate_perturbed.py"


rule evaluate_study:
    input:
        unpack(INPUTS.network_and_pairs),
        unpack(STUDY.target_files),
        cache=ancient(INPUTS.cache),
    output:
        records="<results>/evaluations/{dataset}/{network}/{weights}/{study}.csv",
        provenance="<results>/evaluations/{dataset}/{network}/{weights}/{study}.json",
    log:
        "<logs>/evaluate_study/{study}/{dataset}/{network}/{weights}.log",
    benchmark:
        "<benchmarks>/evaluate_study/{study}/{dataset}/{network}/{weights}.tsv"
    wildcard_constraints:
        study=one_of(study.name for study in STUDIES if study.evaluates),
    threads: config["threads"]
    resources:
        gpu=GPUS,
        mem_mb=per_attempt(16000),
        runtime=per_attempt(720),
    params:
        **DEVICE_PARAMS,
        network=INPUTS.network_spec,
        targets=STUDY.targets,
        target_specs=STUDY.target_specs,
        sups=STUDY.sups,
        epsilons=STUDY.epsilons,
        changes=INPUTS.reported_changes,
        image_size=config["image_size"],
        batch=config["evaluation"]["batch"],
        metrics=config["evaluation"]["metrics"],
        study=STUDY.options,
        code=script_code("evaluate_study", "records"),
    message:
        "Study {wildcards.study}: evaluating {wildcards.network} on {wildcards.dataset}"
    script:
        "../workflow_scripts/evaluate_study.py"


rule save_outputs:
    input:
        unpack(INPUTS.network_and_pairs),
        cache=ancient(INPUTS.cache),
        sup=INPUTS.saved_sup,
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
        source=one_of([*SETTINGS.sources, *CONTROLS]),
    threads: config["threads"]
    resources:
        gpu=GPUS,
        mem_mb=per_attempt(8000),
        runtime=per_attempt(240),
    params:
        **DEVICE_PARAMS,
        network=INPUTS.network_spec,
        changes=INPUTS.reported_changes,
        image_size=config["image_size"],
        code=script_code("save_outputs"),
    message:
        "Saving images and disparities of {wildcards.network} on {wildcards.dataset} under perturbations from {wildcards.source}"
    script:
        "../workflow_scripts/save_outputs.py"


use rule save_outputs as save_clean_outputs with:
    input:
        unpack(INPUTS.network_and_pairs),
        cache=ancient(INPUTS.cache),
    output:
        folder=directory("<results>/outputs/{dataset}/{network}/{weights}/clean"),
        provenance="<results>/outputs/{dataset}/{network}/{weights}/clean.json",
    log:
        "<logs>/save_outputs/{dataset}/{network}/{weights}/clean.log",
    benchmark:
        "<benchmarks>/save_outputs/{dataset}/{network}/{weights}/clean.tsv"
    message:
        "Saving clean images and disparities of {wildcards.network} on {wildcards.dataset}"
