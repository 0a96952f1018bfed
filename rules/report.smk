# The paper's numbers beside ours, pages to read in a browser, and how results were made.


rule paper_comparison:
    input:
        published=PUBLISHED,
        tables=[paths.table(name) for name in STUDIES.names],
    output:
        table=report(
            "<results>/tables/paper_comparison.csv",
            caption="../report/paper_comparison.rst",
            category="Paper",
            labels={"figure": "every published number (CSV)"},
        ),
        provenance="<results>/tables/paper_comparison.json",
    log:
        "<logs>/tables/paper_comparison.log",
    benchmark:
        "<benchmarks>/tables/paper_comparison.tsv"
    params:
        studies=[(study.name, dict(study.settings)) for study in STUDIES],
        asked=RESULT_FILES.asked(),
        mode=config["mode"],
        image_size=config["image_size"],
        published=published_content,
        code=script_code("paper_comparison"),
        numbers=lambda wc: [STUDIES.code(name, "numbers") for name in STUDIES.names],
    message:
        "Setting the published numbers beside ours"
    script:
        "../workflow_scripts/paper_comparison.py"


rule paper_figures:
    input:
        published=PUBLISHED,
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
        plot_pdfs=expand("<results>/figures/paper/{plot}.pdf", plot=PLOTS),
        plot_pngs=[
            report(
                f"<results>/figures/paper/{plot}.png",
                caption="../report/paper_plot.rst",
                category="Paper",
                labels={"figure": f"plot {plot}"},
            )
            for plot in PLOTS
        ],
        provenance="<results>/figures/paper_summary.json",
    log:
        "<logs>/figures/paper.log",
    benchmark:
        "<benchmarks>/figures/paper.tsv"
    params:
        plots=PLOTS,
        published=published_content,
        code=script_code("paper_figures"),
    message:
        "Drawing the paper's plots with our numbers on top"
    script:
        "../workflow_scripts/paper_figures.py"


rule training_curves:
    input:
        histories=lambda wc: RESULT_FILES.histories(wc.curves).values(),
    output:
        pdf="<results>/figures/{curves}.pdf",
        png=report(
            "<results>/figures/{curves}.png",
            caption="../report/training_curves.rst",
            category="Training",
            labels={"figure": "{curves}"},
        ),
        provenance="<results>/figures/{curves}.json",
    log:
        "<logs>/figures/{curves}.log",
    benchmark:
        "<benchmarks>/figures/{curves}.tsv"
    wildcard_constraints:
        curves=one_of(CURVES),
    params:
        names=lambda wc: list(RESULT_FILES.histories(wc.curves)),
        code=script_code("training_curves"),
    message:
        "Drawing {wildcards.curves}"
    script:
        "../workflow_scripts/training_curves.py"


rule leaderboard:
    input:
        transfer="<results>/tables/transfer.csv",
    output:
        json="<results>/leaderboard.json",
        page=report(
            "<results>/leaderboard.html",
            caption="../report/leaderboard.rst",
            category="Overview",
            labels={"page": "leaderboard"},
        ),
    log:
        "<logs>/pages/leaderboard.log",
    benchmark:
        "<benchmarks>/pages/leaderboard.tsv"
    params:
        mode=config["mode"],
        attacked=RESULT_FILES.attacked(),
        families=RESULT_FILES.families(),
        code=script_code("leaderboard"),
    message:
        "Ranking the networks"
    script:
        "../workflow_scripts/leaderboard.py"


rule landing_page:
    input:
        **RESULT_FILES.featured_files(),
        transfer="<results>/tables/transfer.csv",
        comparison="<results>/tables/paper_comparison.csv",
        heatmap="<results>/figures/transfer_heatmap_ground_truth.png",
        paper="<results>/figures/paper_summary.png",
        resists=[paths.figure(name) for name in RESULT_FILES.resisting()],
    output:
        page=report(
            "<results>/index.html",
            caption="../report/landing_page.rst",
            category="Overview",
            labels={"page": "in five pictures"},
        ),
        provenance="<results>/index.json",
    log:
        "<logs>/pages/landing_page.log",
    benchmark:
        "<benchmarks>/pages/landing_page.tsv"
    params:
        featured=RESULT_FILES.featured(),
        attacked=RESULT_FILES.attacked(),
        resists=RESULT_FILES.resisting_captions(),
        tables=RESULT_FILES.linked("tables", "csv"),
        figures=RESULT_FILES.linked("figures", "png"),
        mode=config["mode"],
        code=script_code("landing_page"),
    message:
        "Putting the run into five pictures"
    script:
        "../workflow_scripts/landing_page.py"


rule collect_provenance:
    input:
        RESULT_FILES.provenance(),
    output:
        "<results>/provenance.json",
    log:
        "<logs>/tables/provenance.log",
    benchmark:
        "<benchmarks>/tables/provenance.tsv"
    params:
        code=script_code("collect_provenance"),
    message:
        "Collecting the provenance of all results"
    script:
        "../workflow_scripts/collect_provenance.py"


# On demand, to archive or to share.
rule bundle:
    input:
        RESULT_FILES.shared(),
    output:
        "<results>/bundle.zip",
    log:
        "<logs>/pages/bundle.log",
    benchmark:
        "<benchmarks>/pages/bundle.tsv"
    params:
        configuration=config,
        code=script_code("bundle"),
    message:
        "Bundling the run"
    script:
        "../workflow_scripts/bundle.py"


# On demand, before anything runs.
rule estimate_cost:
    input:
        times=shipped("resources/step_times.csv"),
    output:
        table="<results>/tables/cost.csv",
    log:
        "<logs>/tables/cost.log",
    benchmark:
        "<benchmarks>/tables/cost.tsv"
    params:
        config=config,
        code=script_code("estimate_cost"),
    message:
        "Estimating what the configuration costs on one GPU"
    script:
        "../workflow_scripts/estimate_cost.py"
