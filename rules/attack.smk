# Optimising SUPs.


rule train_sup:
    input:
        weights=lambda wc: weights_file(SETTINGS.source_network(wc.source), wc.weights),
        training=lambda wc: manifest_of(SETTINGS.source_training(wc.source)),
        validation=manifest_of(config["sups"]["validation"]),
    output:
        sup="<results>/sups/{source}/{weights}/{size}_eps{epsilon}/seed{seed}/sup.safetensors",
        history="<results>/sups/{source}/{weights}/{size}_eps{epsilon}/seed{seed}/history.csv",
        preview=report(
            "<results>/sups/{source}/{weights}/{size}_eps{epsilon}/seed{seed}/preview.png",
            caption="../report/sup.rst",
            category="Perturbations",
            labels={
                "figure": "{source}",
                "reference": "{size}, epsilon {epsilon}, seed {seed}",
            },
        ),
        provenance="<results>/sups/{source}/{weights}/{size}_eps{epsilon}/seed{seed}/sup.json",
    log:
        "<logs>/train_sup/{source}/{weights}/{size}_eps{epsilon}_seed{seed}.log",
    benchmark:
        "<benchmarks>/train_sup/{source}/{weights}/{size}_eps{epsilon}_seed{seed}.tsv"
    threads: config["threads"]
    resources:
        gpu=GPUS,
        mem_mb=8000,
        runtime=720,
    params:
        **compute(),
        network=lambda wc: build(SETTINGS.source_network(wc.source), wc.weights),
        image_size=config["image_size"],
        alpha=lambda wc: SETTINGS.alpha(wc.source, float(wc.epsilon)),
        selection=SETTINGS.selection,
        settings={
            k: config["sups"].get(k)
            for k in ("batch", "steps", "step_rule", "checkpoint_every")
        },
        keep_in_memory=config["keep_in_memory"],
        workers=config["workers"],
        checkpoint=checkpoint_file("sup-{source}-{weights}-{size}-{epsilon}-{seed}"),
        code=code_hash("supcore.attack.optimisation", "supcore.networks.*"),
    message:
        "Optimising a SUP on {wildcards.source}: {wildcards.size}, epsilon {wildcards.epsilon}, seed {wildcards.seed}"
    script:
        "../workflow_scripts/train_sup.py"
