# Pages to read in a browser, and how long everything took.


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
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        mode=config["mode"],
        attacked=attacked_networks(),
        code=script_code("leaderboard"),
    message:
        "Ranking the networks"
    script:
        "../workflow_scripts/leaderboard.py"


rule run_times:
    input:
        final_results(),
    output:
        table=report(
            "<results>/run_times.csv",
            caption="../report/run_times.rst",
            category="Run",
            labels={"shown": "run times, table"},
        ),
        pdf="<results>/figures/run_times.pdf",
        png=report(
            "<results>/figures/run_times.png",
            caption="../report/run_times.rst",
            category="Run",
            labels={"shown": "run times"},
        ),
    log:
        "<logs>/pages/run_times.log",
    benchmark:
        "<benchmarks>/pages/run_times.tsv"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        folder=BENCHMARKS,
        stages=benchmark_stages,
        code=script_code("run_times"),
    message:
        "Summing up how long the jobs took"
    script:
        "../workflow_scripts/run_times.py"


rule landing_page:
    input:
        **featured_files(),
        transfer="<results>/tables/transfer.csv",
        comparison="<results>/tables/paper_comparison.csv",
        heatmap="<results>/figures/transfer_heatmap_ground_truth.png",
        paper="<results>/figures/paper_summary.png",
        resists=list(resisting_figures().values()),
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
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        featured=featured(),
        attacked=attacked_networks(),
        resists=list(resisting_figures()),
        tables=linked("tables", "csv"),
        figures=linked("figures", "png"),
        mode=config["mode"],
        code=script_code("landing_page"),
    message:
        "Putting the run into five pictures"
    script:
        "../workflow_scripts/landing_page.py"
