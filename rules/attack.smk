# Optimising SUPs.


rule train_sup:
    input:
        weights=lambda wc: weights_file(wc.network, wc.weights),
        training=manifest_of(config["sups"]["training"]),
        validation=manifest_of(config["sups"]["validation"]),
    output:
        sup="results/sups/{network}/{weights}/{size}_eps{epsilon}/seed{seed}/sup.safetensors",
        history="results/sups/{network}/{weights}/{size}_eps{epsilon}/seed{seed}/history.csv",
        preview=report(
            "results/sups/{network}/{weights}/{size}_eps{epsilon}/seed{seed}/preview.png",
            caption="../report/sup.rst",
            category="Perturbations",
            labels={
                "figure": "{network}",
                "reference": "{size}, epsilon {epsilon}, seed {seed}",
            },
        ),
        provenance="results/sups/{network}/{weights}/{size}_eps{epsilon}/seed{seed}/sup.json",
    log:
        "logs/train_sup/{network}/{weights}/{size}_eps{epsilon}_seed{seed}.log",
    benchmark:
        "benchmarks/train_sup/{network}/{weights}/{size}_eps{epsilon}_seed{seed}.tsv"
    threads: config["threads"]
    resources:
        gpu=GPUS,
        mem_mb=8000,
        runtime=720,
    params:
        **compute(),
        network=lambda wc: build(wc.network, wc.weights),
        image_size=config["image_size"],
        alpha=lambda wc: SETTINGS.alpha(wc.network, float(wc.epsilon)),
        selection=SETTINGS.selection,
        settings={
            k: config["sups"].get(k)
            for k in ("batch", "steps", "step_rule", "checkpoint_every")
        },
        keep_in_memory=config["keep_in_memory"],
        workers=config["workers"],
        checkpoint="results/checkpoints/sup-{network}-{weights}-{size}-{epsilon}-{seed}.pt",
        code=code_hash("supcore.attack.optimisation", "supcore.networks.*"),
    message:
        "Optimising a SUP on {wildcards.network}: {wildcards.size}, epsilon {wildcards.epsilon}, seed {wildcards.seed}"
    script:
        "../workflow_scripts/train_sup.py"
