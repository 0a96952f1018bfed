# Network weights: bundled with the pipeline, downloaded, trained here, or none. Each kind has its own names.


rule bundled_weights:
    input:
        checkpoint=INPUTS.bundled,
    output:
        weights="<shared>/weights/{network}/{weights}.safetensors",
        provenance="<shared>/weights/{network}/{weights}.json",
    log:
        "<logs>/weights/{network}/{weights}.log",
    benchmark:
        "<benchmarks>/weights/{network}/{weights}.tsv"
    wildcard_constraints:
        weights=one_of(SETTINGS.weight_names("bundled")),
    params:
        network=INPUTS.network_spec,
        content=lambda wc: file_content(INPUTS.bundled(wc)),
        reading=INPUTS.reading,
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
        own=lambda wc: own_copy(INPUTS.released(wc)),
    output:
        "<shared>/downloads/{network}/{weights}.checkpoint",
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
        entry=INPUTS.released_entry,
        content=lambda wc: INPUTS.released(wc).plain(),
        own_content=lambda wc: own_content(INPUTS.released(wc)),
        downloads=config["downloads"],
    message:
        "Fetching the weights {wildcards.weights} of {wildcards.network}"
    script:
        "../workflow_scripts/download_weights.py"


rule released_weights:
    input:
        checkpoint="<shared>/downloads/{network}/{weights}.checkpoint",
    output:
        weights="<shared>/weights/{network}/{weights}.safetensors",
        provenance="<shared>/weights/{network}/{weights}.json",
    log:
        "<logs>/weights/{network}/{weights}.log",
    benchmark:
        "<benchmarks>/weights/{network}/{weights}.tsv"
    wildcard_constraints:
        weights=one_of(SETTINGS.weight_names("registry")),
    params:
        network=INPUTS.network_spec,
        parameters=lambda wc: INPUTS.released(wc).parameters,
        code=script_code("convert_weights"),
    message:
        "Converting the released weights {wildcards.weights} of {wildcards.network}"
    script:
        "../workflow_scripts/convert_weights.py"


rule train_stereo:
    input:
        unpack(TRAINING.files),
    output:
        weights="<shared>/weights/{network}/{weights}.safetensors",
        history="<shared>/weights/{network}/{weights}.csv",
        provenance="<shared>/weights/{network}/{weights}.json",
    log:
        "<logs>/train_stereo/{network}/{weights}.log",
    benchmark:
        "<benchmarks>/train_stereo/{network}/{weights}.tsv"
    wildcard_constraints:
        weights=one_of(SETTINGS.weight_names("train")),
    threads: TRAINING.threads
    resources:
        gpu=TRAINING.gpus,
        nodes=1,
        mem_mb=TRAINING.memory,
        runtime=4320,
    params:
        **DEVICE_PARAMS,
        network=INPUTS.network_spec,
        training=TRAINING.recipe,
        changes=TRAINING.changes,
        checkpoint=checkpoint_file("train_stereo/{network}/{weights}"),
        code=script_code("train_stereo"),
    message:
        "Training {wildcards.network} ({wildcards.weights})"
    script:
        "../workflow_scripts/train_stereo.py"


rule finetune_stereo:
    input:
        unpack(FINETUNING.files),
    output:
        weights="<shared>/weights/{network}/{weights}.safetensors",
        history="<shared>/weights/{network}/{weights}.csv",
        provenance="<shared>/weights/{network}/{weights}.json",
    log:
        "<logs>/finetune_stereo/{network}/{weights}.log",
    benchmark:
        "<benchmarks>/finetune_stereo/{network}/{weights}.tsv"
    wildcard_constraints:
        weights=one_of(SETTINGS.weight_names("finetune")),
    threads: FINETUNING.threads
    resources:
        gpu=FINETUNING.gpus,
        nodes=1,
        mem_mb=FINETUNING.memory,
        runtime=1440,
    params:
        **DEVICE_PARAMS,
        network=INPUTS.network_spec,
        image_size=config["image_size"],
        training=FINETUNING.recipe,
        changes=FINETUNING.changes,
        checkpoint=checkpoint_file("finetune_stereo/{network}/{weights}"),
        code=script_code("finetune_stereo"),
    message:
        "Fine-tuning {wildcards.network} ({wildcards.weights}) against SUPs"
    script:
        "../workflow_scripts/finetune_stereo.py"


rule retrain_demo_weights:
    input:
        expand(
            "<shared>/weights/{network}/trained.safetensors",
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
        weights="<shared>/weights/{network}/{weights}.safetensors",
        provenance="<shared>/weights/{network}/{weights}.json",
    log:
        "<logs>/weights/{network}/{weights}.log",
    benchmark:
        "<benchmarks>/weights/{network}/{weights}.tsv"
    wildcard_constraints:
        weights=one_of(SETTINGS.weight_names("untrained")),
    params:
        seed=config["seed"],
        network=INPUTS.network_spec,
        code=script_code("untrained_weights"),
    message:
        "Storing {wildcards.network} as it is built"
    script:
        "../workflow_scripts/untrained_weights.py"
