# Figures from the tables and, for the pictures, from the images themselves.
#
# A second label in report() must complete a grid with the first one, as median and worst do: the report turns two values
# that occur equally often into a switch, and stops working where one of the pairs is missing.


rule transfer_heatmap:
    input:
        transfer="<results>/tables/transfer.csv",
    output:
        pdf="<results>/figures/transfer_heatmap_{reference}.pdf",
        png=report(
            "<results>/figures/transfer_heatmap_{reference}.png",
            caption="../report/transfer_heatmap.rst",
            category="Transfer",
            labels={"figure": "heat map against {reference}"},
        ),
        provenance="<results>/figures/transfer_heatmap_{reference}.json",
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
        code=script_code("transfer_heatmap"),
    message:
        "Drawing the transfer heat map against {wildcards.reference}"
    script:
        "../workflow_scripts/transfer_heatmap.py"


rule error_against_epsilon:
    input:
        transfer="<results>/tables/transfer.csv",
    output:
        pdf="<results>/figures/error_against_epsilon_{dataset}.pdf",
        png=report(
            "<results>/figures/error_against_epsilon_{dataset}.png",
            caption="../report/error_against_epsilon.rst",
            category="Transfer",
            labels={"figure": "error against epsilon, {dataset}"},
        ),
        provenance="<results>/figures/error_against_epsilon_{dataset}.json",
    log:
        "<logs>/figures/error_against_epsilon_{dataset}.log",
    benchmark:
        "<benchmarks>/figures/error_against_epsilon_{dataset}.tsv"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=script_code("error_against_epsilon"),
    message:
        "Drawing error against epsilon on {wildcards.dataset}"
    script:
        "../workflow_scripts/error_against_epsilon.py"


rule transfer_bars:
    input:
        transfer="<results>/tables/transfer.csv",
    output:
        pdf="<results>/figures/transfer_bars.pdf",
        png=report(
            "<results>/figures/transfer_bars.png",
            caption="../report/transfer_bars.rst",
            category="Transfer",
            labels={"figure": "bars"},
        ),
        provenance="<results>/figures/transfer_bars.json",
    log:
        "<logs>/figures/transfer_bars.log",
    benchmark:
        "<benchmarks>/figures/transfer_bars.tsv"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=script_code("transfer_bars"),
    message:
        "Drawing clean, noise and SUP errors beside each other"
    script:
        "../workflow_scripts/transfer_bars.py"


rule study_figure:
    input:
        published=published_files(),
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
        provenance="<results>/figures/{study}_{dataset}.json",
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
        settings=lambda wc: STUDIES.study(wc.study),
        code=script_code("study_figure"),
    message:
        "Drawing the study {wildcards.study} on {wildcards.dataset}"
    script:
        "../workflow_scripts/study_figure.py"


rule paper_summary:
    input:
        transfer="<results>/tables/transfer.csv",
        comparison="<results>/tables/paper_comparison.csv",
    output:
        pdf="<results>/figures/paper_summary.pdf",
        png=report(
            "<results>/figures/paper_summary.png",
            caption="../report/paper_summary.rst",
            category="Paper",
            labels={"figure": "in short"},
        ),
        provenance="<results>/figures/paper_summary.json",
    log:
        "<logs>/figures/paper_summary.log",
    benchmark:
        "<benchmarks>/figures/paper_summary.tsv"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=script_code("paper_summary"),
    message:
        "Drawing the paper's main result beside ours"
    script:
        "../workflow_scripts/paper_summary.py"


rule paper_plot:
    input:
        published=published_files(),
        comparison="<results>/tables/paper_comparison.csv",
    output:
        pdf="<results>/figures/paper/{plot}.pdf",
        png=report(
            "<results>/figures/paper/{plot}.png",
            caption="../report/paper_plot.rst",
            category="Paper",
            labels={"figure": "plot {plot}"},
        ),
        provenance="<results>/figures/paper/{plot}.json",
    log:
        "<logs>/figures/paper/{plot}.log",
    benchmark:
        "<benchmarks>/figures/paper/{plot}.tsv"
    wildcard_constraints:
        plot=one_of(PLOTS),
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=script_code("paper_plot"),
    message:
        "Drawing the paper's plot {wildcards.plot}"
    script:
        "../workflow_scripts/paper_plot.py"


rule scene_panel:
    input:
        weights=lambda wc: weights_file(
            wc.network, SETTINGS.evaluation_weights(wc.dataset, wc.network)
        ),
        manifest=lambda wc: reported_pairs(wc.dataset)["manifest"],
        images=lambda wc: reported_pairs(wc.dataset)["images"],
        cache=lambda wc: reported_pairs(wc.dataset)["cache"],
        clean=lambda wc: f"{evaluation_folder(wc.dataset, wc.network)}/clean.csv",
        attacked=lambda wc: f"{evaluation_folder(wc.dataset, wc.network)}/from-{wc.source}.csv",
        predictions=lambda wc: f"{evaluation_folder(wc.dataset, wc.network)}/clean_predictions.npy",
        sup=lambda wc: f"{sup_folder(wc.source, *STUDIES.strongest(wc.source))}/sup.safetensors",
    output:
        pdf="<results>/figures/scene_{dataset}_{network}_from_{source}.pdf",
        png=report(
            "<results>/figures/scene_{dataset}_{network}_from_{source}.png",
            caption="../report/scene_panel.rst",
            category="Scenes",
            subcategory="{dataset}",
            labels={"figure": "{source} on {network}", "shown": "median"},
        ),
        worst_pdf="<results>/figures/scene_{dataset}_{network}_from_{source}_worst.pdf",
        worst_png=report(
            "<results>/figures/scene_{dataset}_{network}_from_{source}_worst.png",
            caption="../report/scene_panel.rst",
            category="Scenes",
            subcategory="{dataset}",
            labels={"figure": "{source} on {network}", "shown": "worst"},
        ),
        provenance="<results>/figures/scene_{dataset}_{network}_from_{source}.json",
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
        changes=lambda wc: changes_of(evaluation_split(wc.dataset)),
        image_size=config["image_size"],
        name=lambda wc: STUDIES.strongest(wc.source),
        code=script_code("scene_panel"),
    message:
        "Drawing the median and the worst scene of {wildcards.dataset}: {wildcards.network} under the SUP of {wildcards.source}"
    script:
        "../workflow_scripts/scene_panel.py"


rule sup_curves:
    input:
        histories=sup_histories().values(),
    output:
        pdf="<results>/figures/sup_curves.pdf",
        png=report(
            "<results>/figures/sup_curves.png",
            caption="../report/sup_curves.rst",
            category="Training",
            labels={"figure": "optimisation of the SUPs"},
        ),
        provenance="<results>/figures/sup_curves.json",
    log:
        "<logs>/figures/sup_curves.log",
    benchmark:
        "<benchmarks>/figures/sup_curves.tsv"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        sources=list(sup_histories()),
        code=script_code("sup_curves"),
    message:
        "Drawing how the SUPs were optimised"
    script:
        "../workflow_scripts/sup_curves.py"


rule training_curves:
    input:
        histories=training_histories().values(),
    output:
        pdf="<results>/figures/training_curves.pdf",
        png=report(
            "<results>/figures/training_curves.png",
            caption="../report/training_curves.rst",
            category="Training",
            labels={"figure": "training of the networks"},
        ),
        provenance="<results>/figures/training_curves.json",
    log:
        "<logs>/figures/training_curves.log",
    benchmark:
        "<benchmarks>/figures/training_curves.tsv"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        weights=list(training_histories()),
        code=script_code("training_curves"),
    message:
        "Drawing how the networks were trained"
    script:
        "../workflow_scripts/training_curves.py"
