# SUPs: optimized, or released by others, and their pictures.


# What the steps of a network's SUPs move away from, where it pays to predict it once for all of them. Not temporary:
# made again for one SUP more, it would make the others again, too.
rule predict_training:
    input:
        unpack(INPUTS.predicted),
        cache=ancient("<shared>/cache/{dataset}/{split}"),
    output:
        predictions="<shared>/clean/{dataset}/{split}/{network}/{weights}.npy",
        provenance="<shared>/clean/{dataset}/{split}/{network}/{weights}.json",
    log:
        "<logs>/predict_training/{dataset}/{split}/{network}/{weights}.log",
    benchmark:
        "<benchmarks>/predict_training/{dataset}/{split}/{network}/{weights}.tsv"
    threads: config["threads"]
    resources:
        gpu=GPUS,
        mem_mb=per_attempt(8000),
        runtime=per_attempt(720),
    params:
        **DEVICE_PARAMS,
        network=INPUTS.network_spec,
        image_size=config["image_size"],
        batch=config["evaluation"]["batch"],
        code=script_code("predict_training"),
    message:
        "Clean predictions of {wildcards.network} on {wildcards.dataset}, split {wildcards.split}"
    script:
        "../workflow_scripts/predict_training.py"


rule train_sup:
    input:
        unpack(INPUTS.attack_pairs),
        weights=INPUTS.attacked_weights,
        training_cache=ancient(INPUTS.training_cache),
        validation_cache=ancient(INPUTS.validation_cache),
        clean=INPUTS.attacked_clean,
    output:
        sup="<shared>/sups/{source}/{weights}/{size}_eps{epsilon}/seed{seed}/sup.safetensors",
        snapshots="<shared>/sups/{source}/{weights}/{size}_eps{epsilon}/seed{seed}/snapshots.safetensors",
        history="<shared>/sups/{source}/{weights}/{size}_eps{epsilon}/seed{seed}/history.csv",
        provenance="<shared>/sups/{source}/{weights}/{size}_eps{epsilon}/seed{seed}/sup.json",
    log:
        "<logs>/train_sup/{source}/{weights}/{size}_eps{epsilon}_seed{seed}.log",
    benchmark:
        "<benchmarks>/train_sup/{source}/{weights}/{size}_eps{epsilon}_seed{seed}.tsv"
    wildcard_constraints:
        source=one_of(SETTINGS.made_sources(released=False)),
    threads: config["threads"]
    resources:
        gpu=GPUS,
        mem_mb=per_attempt(8000),
        runtime=720,
    params:
        **DEVICE_PARAMS,
        networks=INPUTS.attacked_specs,
        changes=INPUTS.attack_changes,
        image_size=config["image_size"],
        attack=INPUTS.attack,
        store_clean=lambda wc: SETTINGS.source(wc.source).store_clean,
        checkpoint=checkpoint_file(
            "train_sup/{source}/{weights}/{size}_eps{epsilon}_seed{seed}"
        ),
        code=script_code("train_sup"),
    message:
        "Optimizing a SUP on {wildcards.source}: {wildcards.size}, epsilon {wildcards.epsilon}, seed {wildcards.seed}"
    script:
        "../workflow_scripts/train_sup.py"


localrules:
    download_sup,


rule download_sup:
    input:
        own=lambda wc: own_copy(INPUTS.released_sup(wc)),
    output:
        "<shared>/downloads/sups/{source}/{size}_eps{epsilon}.pth",
    log:
        "<logs>/download/sups/{source}/{size}_eps{epsilon}.log",
    benchmark:
        "<benchmarks>/download/sups/{source}/{size}_eps{epsilon}.tsv"
    wildcard_constraints:
        source=one_of(SETTINGS.made_sources(released=True)),
    retries: 2
    params:
        released=INPUTS.released_sup,
        content=lambda wc: INPUTS.released_sup(wc).plain(),
        own_content=lambda wc: own_content(INPUTS.released_sup(wc)),
        downloads=config["downloads"],
    message:
        "Fetching the released SUP of {wildcards.source}: {wildcards.size}, epsilon {wildcards.epsilon}"
    script:
        "../workflow_scripts/download_sup.py"


rule released_sup:
    input:
        checkpoint="<shared>/downloads/sups/{source}/{size}_eps{epsilon}.pth",
    output:
        sup="<shared>/sups/{source}/{weights}/{size}_eps{epsilon}/seed0/sup.safetensors",
        provenance="<shared>/sups/{source}/{weights}/{size}_eps{epsilon}/seed0/sup.json",
    log:
        "<logs>/released_sup/{source}/{weights}/{size}_eps{epsilon}.log",
    benchmark:
        "<benchmarks>/released_sup/{source}/{weights}/{size}_eps{epsilon}.tsv"
    wildcard_constraints:
        source=one_of(SETTINGS.made_sources(released=True)),
    params:
        image_size=config["image_size"],
        code=script_code("released_sup"),
    message:
        "Checking the released SUP of {wildcards.source}: {wildcards.size}, epsilon {wildcards.epsilon}"
    script:
        "../workflow_scripts/released_sup.py"


rule draw_sup:
    input:
        sup="<shared>/sups/{source}/{weights}/{name}/sup.safetensors",
    output:
        preview=report(
            "<shared>/sups/{source}/{weights}/{name}/preview.png",
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
    params:
        code=script_code("draw_sup"),
    message:
        "Drawing the SUP of {wildcards.source}: {wildcards.name}"
    script:
        "../workflow_scripts/draw_sup.py"


rule export_sup:
    input:
        sup="<shared>/sups/{source}/{weights}/{size}_eps{epsilon}/seed{seed}/sup.safetensors",
    output:
        pth="<shared>/sups/{source}/{weights}/{size}_eps{epsilon}/seed{seed}/sup.pth",
    log:
        "<logs>/export_sup/{source}/{weights}/{size}_eps{epsilon}_seed{seed}.log",
    benchmark:
        "<benchmarks>/export_sup/{source}/{weights}/{size}_eps{epsilon}_seed{seed}.tsv"
    params:
        code=script_code("export_sup"),
    message:
        "Writing the SUP of {wildcards.source} as the paper's code reads it"
    script:
        "../workflow_scripts/export_sup.py"
