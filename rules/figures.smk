# Figures from the tables and, for the pictures, from the images themselves.


rule transfer_heatmap:
    input:
        "<results>/tables/transfer.csv",
    output:
        pdf="<results>/figures/transfer_heatmap_{reference}.pdf",
        png=report(
            "<results>/figures/transfer_heatmap_{reference}.png",
            caption="../report/transfer_heatmap.rst",
            category="Transfer",
            labels={"figure": "heat map", "reference": "{reference}"},
        ),
    log:
        "<logs>/figures/transfer_heatmap_{reference}.log",
    benchmark:
        "<benchmarks>/figures/transfer_heatmap_{reference}.tsv"
    wildcard_constraints:
        reference="ground_truth|clean",
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code_hash("supcore.reporting.figures"),
    message:
        "Drawing the transfer heat map against {wildcards.reference}"
    script:
        "../workflow_scripts/transfer_heatmap.py"


rule error_against_epsilon:
    input:
        "<results>/tables/transfer.csv",
    output:
        pdf="<results>/figures/error_against_epsilon_{dataset}.pdf",
        png=report(
            "<results>/figures/error_against_epsilon_{dataset}.png",
            caption="../report/error_against_epsilon.rst",
            category="Transfer",
            labels={"figure": "error against epsilon", "reference": "{dataset}"},
        ),
    log:
        "<logs>/figures/error_against_epsilon_{dataset}.log",
    benchmark:
        "<benchmarks>/figures/error_against_epsilon_{dataset}.tsv"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code_hash("supcore.reporting.figures"),
    message:
        "Drawing error against epsilon on {wildcards.dataset}"
    script:
        "../workflow_scripts/error_against_epsilon.py"


rule transfer_bars:
    input:
        "<results>/tables/transfer.csv",
    output:
        pdf="<results>/figures/transfer_bars.pdf",
        png=report(
            "<results>/figures/transfer_bars.png",
            caption="../report/transfer_bars.rst",
            category="Transfer",
            labels={"figure": "bars", "reference": "ground truth"},
        ),
    log:
        "<logs>/figures/transfer_bars.log",
    benchmark:
        "<benchmarks>/figures/transfer_bars.tsv"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code_hash("supcore.reporting.figures"),
    message:
        "Drawing clean, noise and SUP errors beside each other"
    script:
        "../workflow_scripts/transfer_bars.py"


rule study_figure:
    input:
        transfer="<results>/tables/transfer.csv",
        table=lambda wc: study_csv(wc.study),
    output:
        pdf="<results>/figures/{study}_{dataset}.pdf",
        png=report(
            "<results>/figures/{study}_{dataset}.png",
            caption="../report/study_figure.rst",
            category="Studies",
            labels={"study": "{study}", "shown": "{dataset}"},
        ),
    log:
        "<logs>/figures/{study}_{dataset}.log",
    benchmark:
        "<benchmarks>/figures/{study}_{dataset}.tsv"
    wildcard_constraints:
        study=one_of(DRAWN_STUDIES),
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        published=config["published"],
        settings=lambda wc: STUDIES.study(wc.study),
        code=code_hash("supcore.reporting.study_figures"),
    message:
        "Drawing the study {wildcards.study} on {wildcards.dataset}"
    script:
        "../workflow_scripts/study_figure.py"


rule paper_plot:
    input:
        "<results>/tables/paper_comparison.csv",
    output:
        pdf="<results>/figures/paper/{plot}.pdf",
        png=report(
            "<results>/figures/paper/{plot}.png",
            caption="../report/paper_plot.rst",
            category="Paper",
            labels={"figure": "{plot}", "reference": "ground truth"},
        ),
    log:
        "<logs>/figures/paper/{plot}.log",
    benchmark:
        "<benchmarks>/figures/paper/{plot}.tsv"
    wildcard_constraints:
        plot=r"P\d\d",
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        published=config["published"],
        code=code_hash("supcore.reporting.paper_plots"),
    message:
        "Drawing the paper's plot {wildcards.plot}"
    script:
        "../workflow_scripts/paper_plot.py"


rule scene_panel:
    input:
        weights=lambda wc: weights_file(
            wc.network, SETTINGS.evaluation_weights(wc.dataset, wc.network)
        ),
        manifest=lambda wc: evaluation_manifest(wc.dataset),
        cache=lambda wc: cache_of(evaluation_split(wc.dataset)),
        records=lambda wc: f"{evaluation_folder(wc.dataset, wc.network)}/from-{wc.source}.csv",
        predictions=lambda wc: f"{evaluation_folder(wc.dataset, wc.network)}/clean_predictions.npy",
        sup=lambda wc: f"{sup_folder(wc.source, *STUDIES.strongest(wc.source))}/sup.safetensors",
    output:
        pdf="<results>/figures/scene_{dataset}_{network}_from_{source}.pdf",
        png=report(
            "<results>/figures/scene_{dataset}_{network}_from_{source}.png",
            caption="../report/scene_panel.rst",
            category="Scenes",
            labels={"figure": "{source} on {network}", "reference": "{dataset}"},
        ),
    log:
        "<logs>/figures/scene_{dataset}_{network}_from_{source}.log",
    benchmark:
        "<benchmarks>/figures/scene_{dataset}_{network}_from_{source}.tsv"
    threads: config["threads"]
    resources:
        gpu=GPUS,
        mem_mb=4000,
        runtime=30,
    params:
        **compute(),
        network=lambda wc: build(
            wc.network, SETTINGS.evaluation_weights(wc.dataset, wc.network)
        ),
        image_size=config["image_size"],
        name=lambda wc: STUDIES.strongest(wc.source),
        code=code_hash("supcore.reporting.figures", "supcore.networks.*"),
    message:
        "Drawing the median scene of {wildcards.dataset}: {wildcards.network} under the SUP of {wildcards.source}"
    script:
        "../workflow_scripts/scene_panel.py"
