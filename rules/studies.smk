# Studies beside the transfer table, each for the networks, data sets and sources that the configuration lists.


rule evaluate_corrupted:
    input:
        **evaluation_inputs(),
        sups=lambda wc: strongest_sups("corruptions"),
    output:
        records="<results>/evaluations/{dataset}/{network}/{weights}/corrupted.csv",
        provenance="<results>/evaluations/{dataset}/{network}/{weights}/corrupted.json",
    log:
        "<logs>/evaluate_corrupted/{dataset}/{network}/{weights}.log",
    benchmark:
        "<benchmarks>/evaluate_corrupted/{dataset}/{network}/{weights}.tsv"
    threads: config["threads"]
    resources:
        gpu=GPUS,
        mem_mb=8000,
        runtime=720,
    params:
        **evaluation_params("corruptions"),
        code=script_code("evaluate_corrupted"),
    message:
        "Evaluating {wildcards.network} on {wildcards.dataset} under image corruptions"
    script:
        "../workflow_scripts/evaluate_corrupted.py"


rule evaluate_classes:
    input:
        **evaluation_inputs(),
        sups=lambda wc: strongest_sups("classes"),
    output:
        records="<results>/evaluations/{dataset}/{network}/{weights}/classes.csv",
        provenance="<results>/evaluations/{dataset}/{network}/{weights}/classes.json",
    log:
        "<logs>/evaluate_classes/{dataset}/{network}/{weights}.log",
    benchmark:
        "<benchmarks>/evaluate_classes/{dataset}/{network}/{weights}.tsv"
    threads: config["threads"]
    resources:
        gpu=GPUS,
        mem_mb=8000,
        runtime=240,
    params:
        **evaluation_params("classes"),
        code=script_code("evaluate_classes"),
    message:
        "Evaluating {wildcards.network} on {wildcards.dataset} by class"
    script:
        "../workflow_scripts/evaluate_classes.py"


rule evaluate_snapshots:
    input:
        **evaluation_inputs(),
        snapshots=lambda wc: snapshots_on(wc.network),
    output:
        records="<results>/evaluations/{dataset}/{network}/{weights}/snapshots.csv",
        provenance="<results>/evaluations/{dataset}/{network}/{weights}/snapshots.json",
    log:
        "<logs>/evaluate_snapshots/{dataset}/{network}/{weights}.log",
    benchmark:
        "<benchmarks>/evaluate_snapshots/{dataset}/{network}/{weights}.tsv"
    threads: config["threads"]
    resources:
        gpu=GPUS,
        mem_mb=8000,
        runtime=720,
    params:
        **evaluation_params("sampling_efficiency", attacks=snapshot_attacks),
        code=script_code("evaluate_snapshots"),
    message:
        "Evaluating {wildcards.network} on {wildcards.dataset} after more and more training samples of its SUP"
    script:
        "../workflow_scripts/evaluate_snapshots.py"


rule evaluate_per_image:
    input:
        source=lambda wc: evaluated_weights(wc.dataset, wc.source),
        weights=lambda wc: [
            evaluated_weights(wc.dataset, n) for n in per_image_targets(wc)
        ],
        manifest=lambda wc: reported_pairs(wc.dataset)["manifest"],
        images=lambda wc: reported_pairs(wc.dataset)["images"],
        cache=lambda wc: reported_pairs(wc.dataset)["cache"],
        predictions=lambda wc: [
            f"{evaluation_folder(wc.dataset, n)}/clean_predictions.npy"
            for n in per_image_targets(wc)
        ],
    output:
        records="<results>/evaluations/{dataset}/per-image-from-{source}.csv",
        provenance="<results>/evaluations/{dataset}/per-image-from-{source}.json",
    log:
        "<logs>/evaluate_per_image/{dataset}/{source}.log",
    benchmark:
        "<benchmarks>/evaluate_per_image/{dataset}/{source}.tsv"
    threads: config["threads"]
    resources:
        gpu=GPUS,
        mem_mb=16000,
        runtime=720,
    params:
        **compute(),
        source=lambda wc: build(
            wc.source, SETTINGS.evaluation_weights(wc.dataset, wc.source)
        ),
        targets=lambda wc: per_image_targets(wc),
        networks=lambda wc: [
            build(n, SETTINGS.evaluation_weights(wc.dataset, n))
            for n in per_image_targets(wc)
        ],
        changes=lambda wc: changes_of(evaluation_split(wc.dataset)),
        image_size=config["image_size"],
        batch=config["evaluation"]["batch"],
        epsilons=STUDIES.epsilons("per_image"),
        study=STUDIES.study("per_image"),
        code=script_code("evaluate_per_image"),
    message:
        "Attacking {wildcards.source} image by image on {wildcards.dataset}"
    script:
        "../workflow_scripts/evaluate_per_image.py"


rule study_table:
    input:
        records=lambda wc: study_records(wc.study),
    output:
        table="<results>/tables/{study}.csv",
        provenance="<results>/tables/{study}.json",
    log:
        "<logs>/tables/{study}.log",
    benchmark:
        "<benchmarks>/tables/{study}.tsv"
    wildcard_constraints:
        study=one_of(RECORD_STUDIES),
    threads: 1
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        seed=config["seed"],
        settings=lambda wc: STUDIES.study(wc.study),
        code=script_code("study_table"),
    message:
        "Summarising the study {wildcards.study}"
    script:
        "../workflow_scripts/study_table.py"


rule transfer_study:
    input:
        transfer="<results>/tables/transfer.csv",
    output:
        table="<results>/tables/{study}.csv",
        provenance="<results>/tables/{study}.json",
    log:
        "<logs>/tables/{study}.log",
    benchmark:
        "<benchmarks>/tables/{study}.tsv"
    wildcard_constraints:
        study=one_of(TRANSFER_STUDIES),
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        settings=lambda wc: STUDIES.study(wc.study),
        code=script_code("transfer_study"),
    message:
        "Reading the study {wildcards.study} off the transfer table"
    script:
        "../workflow_scripts/transfer_study.py"


rule study_matrix:
    input:
        published=published_files(),
        transfer="<results>/tables/transfer.csv",
        table=lambda wc: study_csv(wc.study),
    output:
        markdown=report(
            "<results>/tables/{study}.md",
            category="Studies",
            labels={"study": "{study}", "shown": "table"},
        ),
        latex="<results>/tables/{study}.tex",
    log:
        "<logs>/tables/{study}_matrix.log",
    benchmark:
        "<benchmarks>/tables/{study}_matrix.tsv"
    wildcard_constraints:
        study=one_of([*RECORD_STUDIES, *TRANSFER_STUDIES, TILE_SIZES]),
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=script_code("study_matrix"),
    message:
        "Writing the matrices of the study {wildcards.study}"
    script:
        "../workflow_scripts/study_matrix.py"


rule corruption_scores:
    input:
        corruptions="<results>/tables/corruptions.csv",
    output:
        table="<results>/tables/corruption_scores.csv",
        markdown=report(
            "<results>/tables/corruption_scores.md",
            category="Studies",
            labels={"study": "corruptions", "shown": "scores"},
        ),
        latex="<results>/tables/corruption_scores.tex",
        provenance="<results>/tables/corruption_scores.json",
    log:
        "<logs>/tables/corruption_scores.log",
    benchmark:
        "<benchmarks>/tables/corruption_scores.tsv"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        baseline=STUDIES.study("corruptions").get("baseline"),
        code=script_code("corruption_scores"),
    message:
        "Summing up the corruptions by network"
    script:
        "../workflow_scripts/corruption_scores.py"
