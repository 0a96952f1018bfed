# Tables from the per-image records.


rule transfer_table:
    input:
        records=all_records(),
    output:
        table="<results>/tables/transfer.csv",
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
        published=config["published"],
        seed=config["seed"],
        code=code_hash("supcore.reporting.transfer", "supcore.reporting.published"),
    message:
        "Summarising the per-image records"
    script:
        "../workflow_scripts/transfer_table.py"


rule transfer_matrix:
    input:
        "<results>/tables/transfer.csv",
    output:
        markdown=report("<results>/tables/transfer.md", category="Transfer"),
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
        code=code_hash("supcore.reporting.matrix"),
    message:
        "Writing the transfer matrices"
    script:
        "../workflow_scripts/transfer_matrix.py"
