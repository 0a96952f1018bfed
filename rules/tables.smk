# Tables from the per-image records.


rule find_overlap:
    input:
        roles=manifests_by_role().values(),
        reported=reported_manifests().values(),
    output:
        table=report(
            "<results>/tables/overlap.csv",
            caption="../report/overlap.rst",
            category="Run",
            labels={"shown": "frames seen before"},
        ),
    log:
        "<logs>/tables/overlap.log",
    benchmark:
        "<benchmarks>/tables/overlap.tsv"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        roles=list(manifests_by_role()),
        reported=list(reported_manifests()),
        stated=SETTINGS.stated_overlaps(),
        code=script_code("find_overlap"),
    message:
        "Looking for reported frames that were seen before"
    script:
        "../workflow_scripts/find_overlap.py"


rule transfer_table:
    input:
        published=published_files(),
        records=all_records(),
        overlap="<results>/tables/overlap.csv",
    output:
        table=report(
            "<results>/tables/transfer.csv",
            caption="../report/transfer_table.rst",
            category="Transfer",
            labels={"figure": "table (CSV)"},
        ),
        provenance="<results>/tables/transfer.json",
    log:
        "<logs>/tables/transfer.log",
    benchmark:
        "<benchmarks>/tables/transfer.tsv"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        seed=config["seed"],
        code=script_code("transfer_table"),
    message:
        "Summarising the per-image records"
    script:
        "../workflow_scripts/transfer_table.py"


rule transfer_matrix:
    input:
        "<results>/tables/transfer.csv",
    output:
        markdown=report(
            "<results>/tables/transfer.md",
            caption="../report/transfer_table.rst",
            category="Transfer",
            labels={"figure": "table (Markdown)"},
        ),
        latex="<results>/tables/transfer.tex",
    log:
        "<logs>/tables/transfer_matrix.log",
    benchmark:
        "<benchmarks>/tables/transfer_matrix.tsv"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=script_code("transfer_matrix"),
    message:
        "Writing the transfer matrices"
    script:
        "../workflow_scripts/transfer_matrix.py"


rule paper_comparison:
    input:
        published=published_files(),
        transfer="<results>/tables/transfer.csv",
        studies=expand("<results>/tables/{study}.csv", study=STUDIES.names),
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
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        studies=STUDIES.names,
        mode=config["mode"],
        image_size=config["image_size"],
        code=script_code("paper_comparison"),
    message:
        "Setting the published numbers beside ours"
    script:
        "../workflow_scripts/paper_comparison.py"


rule collect_provenance:
    input:
        all_provenance(),
        figure_provenance(),
        "<results>/tables/transfer.json",
    output:
        "<results>/provenance.json",
    log:
        "<logs>/tables/provenance.log",
    benchmark:
        "<benchmarks>/tables/provenance.tsv"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=script_code("collect_provenance"),
    message:
        "Collecting the provenance of all results"
    script:
        "../workflow_scripts/collect_provenance.py"
