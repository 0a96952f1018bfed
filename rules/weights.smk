# Network weights: bundled with the pipeline, downloaded, trained here, or none. Each kind has its own names.


rule bundled_weights:
    input:
        checkpoint=lambda wc: config["networks"][wc.network]["weights"][wc.weights][
            "bundled"
        ],
    output:
        weights="<results>/weights/{network}/{weights}.safetensors",
        provenance="<results>/weights/{network}/{weights}.json",
    log:
        "<logs>/weights/{network}/{weights}.log",
    benchmark:
        "<benchmarks>/weights/{network}/{weights}.tsv"
    wildcard_constraints:
        weights=one_of(SETTINGS.weight_names("bundled")),
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        network=lambda wc: build(wc.network, wc.weights),
        code=script_code("convert_weights"),
    message:
        "Checking the bundled weights {wildcards.weights} of {wildcards.network}"
    script:
        "../workflow_scripts/convert_weights.py"


localrules:
    download_weights,
    retrain_demo_weights,


rule download_weights:
    input:
        own=lambda wc: own_copy(released_weights(wc)),
    output:
        "<results>/downloads/{network}/{weights}.checkpoint",
    log:
        "<logs>/download/{network}/{weights}.log",
    benchmark:
        "<benchmarks>/download/{network}/{weights}.tsv"
    wildcard_constraints:
        weights=one_of(SETTINGS.weight_names("registry")),
    retries: 2
    params:
        registry=config["weights_registry"],
        architecture=lambda wc: SETTINGS.architecture(wc.network),
        entry=lambda wc: config["networks"][wc.network]["weights"][wc.weights][
            "registry"
        ],
        content=lambda wc: released_weights(wc).plain(),
        downloads=config["downloads"],
    message:
        "Fetching the weights {wildcards.weights} of {wildcards.network}"
    script:
        "../workflow_scripts/download_weights.py"


rule released_weights:
    input:
        checkpoint="<results>/downloads/{network}/{weights}.checkpoint",
    output:
        weights="<results>/weights/{network}/{weights}.safetensors",
        provenance="<results>/weights/{network}/{weights}.json",
    log:
        "<logs>/weights/{network}/{weights}.log",
    benchmark:
        "<benchmarks>/weights/{network}/{weights}.tsv"
    wildcard_constraints:
        weights=one_of(SETTINGS.weight_names("registry")),
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        network=lambda wc: build(wc.network, wc.weights),
        parameters=lambda wc: released_weights(wc).parameters,
        code=script_code("convert_weights"),
    message:
        "Converting the released weights {wildcards.weights} of {wildcards.network}"
    script:
        "../workflow_scripts/convert_weights.py"


rule train_stereo:
    input:
        training=lambda wc: [manifest_of(d) for d in training_settings(wc)["datasets"]],
        validation=lambda wc: [
            manifest_of(d) for d in training_settings(wc)["validation"]
        ],
        images=lambda wc: images_of(
            *training_settings(wc)["datasets"], *training_settings(wc)["validation"]
        ),
        start=start_weights,
    output:
        weights="<results>/weights/{network}/{weights}.safetensors",
        history="<results>/weights/{network}/{weights}.csv",
        provenance="<results>/weights/{network}/{weights}.json",
    log:
        "<logs>/train_stereo/{network}/{weights}.log",
    benchmark:
        "<benchmarks>/train_stereo/{network}/{weights}.tsv"
    wildcard_constraints:
        weights=one_of(SETTINGS.weight_names("train")),
    threads: lambda wc: training_threads(training_settings(wc))
    resources:
        gpu=lambda wc: GPUS * training_settings(wc)["processes"],
        nodes=1,
        mem_mb=lambda wc, attempt: attempt * training_memory(training_settings(wc)),
        runtime=4320,
    params:
        **compute(),
        network=lambda wc: build(wc.network, wc.weights),
        training=lambda wc: training_settings(wc),
        changes=lambda wc: changes_of(
            *training_settings(wc)["datasets"], *training_settings(wc)["validation"]
        ),
        checkpoint=checkpoint_file("{network}-{weights}"),
        code=script_code("train_stereo"),
    message:
        "Training {wildcards.network} ({wildcards.weights})"
    script:
        "../workflow_scripts/train_stereo.py"


rule finetune_stereo:
    input:
        training=lambda wc: [
            manifest_of(d) for d in finetuning_settings(wc)["datasets"]
        ],
        validation=lambda wc: manifest_of(finetuning_settings(wc)["validation"]),
        images=lambda wc: images_of(
            *finetuning_settings(wc)["datasets"], finetuning_settings(wc)["validation"]
        ),
        start=start_weights,
        sups=lambda wc: finetuning_sups(finetuning_settings(wc)),
    output:
        weights="<results>/weights/{network}/{weights}.safetensors",
        history="<results>/weights/{network}/{weights}.csv",
        provenance="<results>/weights/{network}/{weights}.json",
    log:
        "<logs>/finetune_stereo/{network}/{weights}.log",
    benchmark:
        "<benchmarks>/finetune_stereo/{network}/{weights}.tsv"
    wildcard_constraints:
        weights=one_of(SETTINGS.weight_names("finetune")),
    threads: lambda wc: training_threads(finetuning_settings(wc))
    resources:
        gpu=lambda wc: GPUS * finetuning_settings(wc)["processes"],
        nodes=1,
        mem_mb=lambda wc, attempt: attempt * training_memory(finetuning_settings(wc)),
        runtime=1440,
    params:
        **compute(),
        network=lambda wc: build(wc.network, wc.weights),
        image_size=config["image_size"],
        training=lambda wc: finetuning_settings(wc),
        changes=lambda wc: changes_of(
            *finetuning_settings(wc)["datasets"], finetuning_settings(wc)["validation"]
        ),
        checkpoint=checkpoint_file("{network}-{weights}"),
        code=script_code("finetune_stereo"),
    message:
        "Fine-tuning {wildcards.network} ({wildcards.weights}) against SUPs"
    script:
        "../workflow_scripts/finetune_stereo.py"


rule retrain_demo_weights:
    input:
        expand(
            "<results>/weights/{network}/trained.safetensors",
            network=SETTINGS.networks,
        ),
    log:
        "<logs>/retrain_demo_weights.log",
    params:
        folder="resources/demo_weights",
    message:
        "Putting the retrained weights into {params.folder}"
    script:
        "../workflow_scripts/bundle_weights.py"


rule untrained_weights:
    output:
        weights="<results>/weights/{network}/{weights}.safetensors",
        provenance="<results>/weights/{network}/{weights}.json",
    log:
        "<logs>/weights/{network}/{weights}.log",
    benchmark:
        "<benchmarks>/weights/{network}/{weights}.tsv"
    wildcard_constraints:
        weights=one_of(SETTINGS.weight_names("untrained")),
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        seed=config["seed"],
        network=lambda wc: build(wc.network, wc.weights),
        code=script_code("untrained_weights"),
    message:
        "Storing {wildcards.network} as it is built"
    script:
        "../workflow_scripts/untrained_weights.py"
