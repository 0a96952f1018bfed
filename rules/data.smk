# Stereo pairs: rendered, exported or indexed, one manifest per data set and split; resized once where asked for.


rule render_scenes:
    output:
        manifest="<shared>/manifests/{dataset}/{split}.csv",
        provenance="<shared>/manifests/{dataset}/{split}.json",
        images=directory("<shared>/data/{dataset}/{split}"),
    log:
        "<logs>/render_scenes/{dataset}/{split}.log",
    benchmark:
        "<benchmarks>/render_scenes/{dataset}/{split}.tsv"
    wildcard_constraints:
        dataset=one_of(SETTINGS.datasets("synthetic")),
    resources:
        runtime=per_attempt(60),
    params:
        kind=lambda wc: INPUTS.dataset(wc)["scene"],
        split=INPUTS.rendered_split,
        seed=config["seed"],
        code=script_code("render_scenes"),
        checkpoint=checkpoint_file("render_scenes/{dataset}/{split}"),  # one run at a time
    message:
        "Rendering {wildcards.dataset}, split {wildcards.split}"
    script:
        "../workflow_scripts/render_scenes.py"


rule export_motorcycle:
    output:
        manifest="<shared>/manifests/{dataset}/{split}.csv",
        provenance="<shared>/manifests/{dataset}/{split}.json",
        images=directory("<shared>/data/{dataset}/{split}"),
    log:
        "<logs>/export_motorcycle/{dataset}/{split}.log",
    benchmark:
        "<benchmarks>/export_motorcycle/{dataset}/{split}.tsv"
    wildcard_constraints:
        dataset=one_of(SETTINGS.datasets("motorcycle")),
    params:
        code=script_code("export_motorcycle"),
        checkpoint=checkpoint_file("export_motorcycle/{dataset}/{split}"),  # one run at a time
    message:
        "Exporting the Motorcycle pair"
    script:
        "../workflow_scripts/export_motorcycle.py"


localrules:
    export_oak_d,


rule export_oak_d:
    output:
        manifest="<shared>/manifests/{dataset}/{split}.csv",
        provenance="<shared>/manifests/{dataset}/{split}.json",
        images=directory("<shared>/data/{dataset}/{split}"),
    log:
        "<logs>/export_oak_d/{dataset}/{split}.log",
    benchmark:
        "<benchmarks>/export_oak_d/{dataset}/{split}.tsv"
    wildcard_constraints:
        dataset=one_of(SETTINGS.datasets("oak_d")),
    retries: 2
    params:
        frames=lambda wc: INPUTS.dataset(wc)["splits"][wc.split],
        registry=config["weights_registry"],
        code=script_code("export_oak_d"),
        checkpoint=checkpoint_file("export_oak_d/{dataset}/{split}"),  # one run at a time
    message:
        "Fetching the pairs of an OAK-D camera"
    script:
        "../workflow_scripts/export_oak_d.py"


rule index_dataset:
    input:
        exclude=lambda wc: INPUTS.dataset(wc).get("exclude", []),
        class_maps=INPUTS.class_maps,
    output:
        manifest="<shared>/manifests/{dataset}/{split}.csv",
        provenance="<shared>/manifests/{dataset}/{split}.json",
    log:
        "<logs>/index_dataset/{dataset}/{split}.log",
    benchmark:
        "<benchmarks>/index_dataset/{dataset}/{split}.tsv"
    wildcard_constraints:
        dataset=one_of(SETTINGS.datasets_on_disk),
    resources:
        runtime=per_attempt(60),
    params:
        layout=lambda wc: INPUTS.dataset(wc)["layout"],
        layout_code=INPUTS.layout_code,
        root=lambda wc: INPUTS.dataset(wc)["root"],
        frames=lambda wc: INPUTS.dataset(wc)["splits"][wc.split],
        layout_options=lambda wc: SETTINGS.layout_options(wc.dataset),
        fit=lambda wc: INPUTS.dataset(wc).get("fit", "resize"),
        names=INPUTS.names,
        excluded=INPUTS.excluded,
        code=script_code("index_dataset"),
    message:
        "Indexing {wildcards.dataset}, split {wildcards.split}"
    script:
        "../workflow_scripts/index_dataset.py"


# Without params, blind to the age of the manifest, and an ancient input of other jobs: it changes no result, and where
# it re-ran by itself, Snakemake would overlook why those must run. A cache that no longer fits is not read.
rule cache_images:
    input:
        manifest=ancient("<shared>/manifests/{dataset}/{split}.csv"),
    output:
        cache=directory("<shared>/cache/{dataset}/{split}"),
    log:
        "<logs>/cache_images/{dataset}/{split}.log",
    benchmark:
        "<benchmarks>/cache_images/{dataset}/{split}.tsv"
    threads: max(1, config["workers"])
    resources:
        mem_mb=per_attempt(4000),
        runtime=per_attempt(240),
    message:
        "Looking after the cache of {wildcards.dataset}, split {wildcards.split}"
    script:
        "../workflow_scripts/cache_images.py"


localrules:
    download_class_maps,


rule download_class_maps:
    output:
        directory(CLASS_MAPS),
    log:
        "<logs>/download/class_maps.log",
    benchmark:
        "<benchmarks>/download/class_maps.tsv"
    retries: 2
    params:
        registry=config["weights_registry"],
    message:
        "Fetching the SUP authors' class maps of KITTI 2015"
    script:
        "../workflow_scripts/download_class_maps.py"
