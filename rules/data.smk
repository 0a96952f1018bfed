# Stereo pairs: rendered, exported or indexed, one manifest per data set and split.


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
        code=code_hash("supcore.data.synthetic"),
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
        code=code_hash("supcore.data.motorcycle"),
    message:
        "Exporting the Motorcycle pair"
    script:
        "../workflow_scripts/export_motorcycle.py"


rule index_dataset:
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
        code=code_hash("supcore.data.layouts"),
    message:
        "Indexing {wildcards.dataset}, split {wildcards.split}"
    script:
        "../workflow_scripts/index_dataset.py"
