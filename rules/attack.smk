# Optimising SUPs.


rule train_sup:
    input:
        weights=lambda wc: source_weights(wc.source),
        training=lambda wc: pairs_of(SETTINGS.source(wc.source).training)["manifest"],
        training_images=lambda wc: images_of(SETTINGS.source(wc.source).training),
        training_cache=lambda wc: pairs_of(SETTINGS.source(wc.source).training)["cache"],
        validation=pairs_of(config["sups"]["validation"])["manifest"],
        validation_images=images_of(config["sups"]["validation"]),
        validation_cache=pairs_of(config["sups"]["validation"])["cache"],
    output:
        sup="<results>/sups/{source}/{weights}/{size}_eps{epsilon}/seed{seed}/sup.safetensors",
        snapshots="<results>/sups/{source}/{weights}/{size}_eps{epsilon}/seed{seed}/snapshots.safetensors",
        history="<results>/sups/{source}/{weights}/{size}_eps{epsilon}/seed{seed}/history.csv",
        provenance="<results>/sups/{source}/{weights}/{size}_eps{epsilon}/seed{seed}/sup.json",
    log:
        "<logs>/train_sup/{source}/{weights}/{size}_eps{epsilon}_seed{seed}.log",
    benchmark:
        "<benchmarks>/train_sup/{source}/{weights}/{size}_eps{epsilon}_seed{seed}.tsv"
    wildcard_constraints:
        source=one_of(sources(released=False)),
    threads: config["threads"]
    resources:
        gpu=GPUS,
        mem_mb=8000,
        runtime=720,
    params:
        **compute(),
        networks=lambda wc: source_networks(wc.source),
        changes=lambda wc: changes_of(
            SETTINGS.source(wc.source).training, config["sups"]["validation"]
        ),
        image_size=config["image_size"],
        alpha=lambda wc: SETTINGS.source(wc.source).alpha(float(wc.epsilon)),
        selection=lambda wc: SETTINGS.source(wc.source).selection,
        settings=lambda wc: SETTINGS.source(wc.source).attack,
        snapshots=lambda wc: SETTINGS.source(wc.source).snapshots,
        checkpoint=checkpoint_file("sup-{source}-{weights}-{size}-{epsilon}-{seed}"),
        code=script_code("train_sup"),
    message:
        "Optimising a SUP on {wildcards.source}: {wildcards.size}, epsilon {wildcards.epsilon}, seed {wildcards.seed}"
    script:
        "../workflow_scripts/train_sup.py"


localrules:
    download_sup,


rule download_sup:
    input:
        own=lambda wc: own_copy(released_perturbation(wc)),
    output:
        "<results>/downloads/sups/{source}/{size}_eps{epsilon}.pth",
    log:
        "<logs>/download/sups/{source}/{size}_eps{epsilon}.log",
    benchmark:
        "<benchmarks>/download/sups/{source}/{size}_eps{epsilon}.tsv"
    wildcard_constraints:
        source=one_of(sources(released=True)),
    retries: 2
    params:
        released=released_perturbation,
        content=lambda wc: released_perturbation(wc).plain(),
        downloads=config["downloads"],
    message:
        "Fetching the released SUP of {wildcards.source}: {wildcards.size}, epsilon {wildcards.epsilon}"
    script:
        "../workflow_scripts/download_sup.py"


rule released_sup:
    input:
        checkpoint="<results>/downloads/sups/{source}/{size}_eps{epsilon}.pth",
    output:
        sup="<results>/sups/{source}/{weights}/{size}_eps{epsilon}/seed0/sup.safetensors",
        provenance="<results>/sups/{source}/{weights}/{size}_eps{epsilon}/seed0/sup.json",
    log:
        "<logs>/released_sup/{source}/{weights}/{size}_eps{epsilon}.log",
    benchmark:
        "<benchmarks>/released_sup/{source}/{weights}/{size}_eps{epsilon}.tsv"
    wildcard_constraints:
        source=one_of(sources(released=True)),
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        image_size=config["image_size"],
        code=script_code("released_sup"),
    message:
        "Checking the released SUP of {wildcards.source}: {wildcards.size}, epsilon {wildcards.epsilon}"
    script:
        "../workflow_scripts/released_sup.py"


rule draw_sup:
    input:
        sup="<results>/sups/{source}/{weights}/{name}/sup.safetensors",
    output:
        preview=report(
            "<results>/sups/{source}/{weights}/{name}/preview.png",
            caption="../report/sup.rst",
            category="Perturbations",
            labels={"figure": "{source}", "reference": "{name}"},
        ),
    log:
        "<logs>/draw_sup/{source}/{weights}/{name}.log",
    benchmark:
        "<benchmarks>/draw_sup/{source}/{weights}/{name}.tsv"
    wildcard_constraints:
        name=r"[^/]+/seed\d+",
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=script_code("draw_sup"),
    message:
        "Drawing the SUP of {wildcards.source}: {wildcards.name}"
    script:
        "../workflow_scripts/draw_sup.py"


rule export_sup:
    input:
        sup="<results>/sups/{source}/{weights}/{size}_eps{epsilon}/seed{seed}/sup.safetensors",
    output:
        pth="<results>/sups/{source}/{weights}/{size}_eps{epsilon}/seed{seed}/sup.pth",
    log:
        "<logs>/export_sup/{source}/{weights}/{size}_eps{epsilon}_seed{seed}.log",
    benchmark:
        "<benchmarks>/export_sup/{source}/{weights}/{size}_eps{epsilon}_seed{seed}.tsv"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=script_code("export_sup"),
    message:
        "Writing the SUP of {wildcards.source} as the paper's code reads it"
    script:
        "../workflow_scripts/export_sup.py"
