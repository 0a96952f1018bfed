# Stereo pairs: rendered, exported or indexed, one manifest per data set and split; resized once where asked for.


rule render_scenes:
    output:
        manifest="<results>/manifests/{dataset}/{split}.csv",
        provenance="<results>/manifests/{dataset}/{split}.json",
        images=directory("<results>/data/{dataset}/{split}"),
    log:
        "<logs>/render_scenes/{dataset}/{split}.log",
    benchmark:
        "<benchmarks>/render_scenes/{dataset}/{split}.tsv"
    wildcard_constraints:
        dataset=one_of(SETTINGS.datasets("synthetic")),
    threads: 1
    resources:
        mem_mb=1000,
        runtime=60,
    params:
        kind=lambda wc: config["datasets"][wc.dataset]["scene"],
        split=lambda wc: split_settings(wc.dataset, wc.split),
        seed=config["seed"],
        code=script_code("render_scenes"),
    message:
        "Rendering {wildcards.dataset}, split {wildcards.split}"
    script:
        "../workflow_scripts/render_scenes.py"


rule export_motorcycle:
    output:
        manifest="<results>/manifests/{dataset}/{split}.csv",
        provenance="<results>/manifests/{dataset}/{split}.json",
        images=directory("<results>/data/{dataset}/{split}"),
    log:
        "<logs>/export_motorcycle/{dataset}/{split}.log",
    benchmark:
        "<benchmarks>/export_motorcycle/{dataset}/{split}.tsv"
    wildcard_constraints:
        dataset=one_of(SETTINGS.datasets("motorcycle")),
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=script_code("export_motorcycle"),
    message:
        "Exporting the Motorcycle pair"
    script:
        "../workflow_scripts/export_motorcycle.py"


rule index_dataset:
    input:
        exclude=lambda wc: config["datasets"][wc.dataset].get("exclude", []),
        class_maps=lambda wc: released_class_maps(wc.dataset),
    output:
        manifest="<results>/manifests/{dataset}/{split}.csv",
        provenance="<results>/manifests/{dataset}/{split}.json",
    log:
        "<logs>/index_dataset/{dataset}/{split}.log",
    benchmark:
        "<benchmarks>/index_dataset/{dataset}/{split}.tsv"
    wildcard_constraints:
        dataset=one_of(SETTINGS.datasets(*FILE_LAYOUTS)),
    threads: 1
    resources:
        mem_mb=1000,
        runtime=60,
    params:
        layout=lambda wc: config["datasets"][wc.dataset]["layout"],
        root=lambda wc: config["datasets"][wc.dataset]["root"],
        frames=lambda wc: config["datasets"][wc.dataset]["splits"][wc.split],
        layout_options=lambda wc: config["datasets"][wc.dataset].get(
            "layout_options", {}
        ),
        names=lambda wc: names_of(wc.dataset),
        code=script_code("index_dataset"),
    message:
        "Indexing {wildcards.dataset}, split {wildcards.split}"
    script:
        "../workflow_scripts/index_dataset.py"


# Without params, and blind to the age of the manifest: see pairs_of. A cache that no longer fits is not read.
rule cache_images:
    input:
        manifest=ancient("<results>/manifests/{dataset}/{split}.csv"),
    output:
        cache=directory("<results>/cache/{dataset}/{split}"),
    log:
        "<logs>/cache_images/{dataset}/{split}.log",
    benchmark:
        "<benchmarks>/cache_images/{dataset}/{split}.tsv"
    threads: max(1, config["workers"])
    resources:
        mem_mb=4000,
        runtime=240,
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
