# Tables and figures of the studies.
#
# A second label in report() must complete a grid with the first one, as median and worst do: the report turns two values
# that occur equally often into a switch, and stops working where one of the pairs is missing.


rule find_overlap:
    input:
        roles=RESULT_FILES.manifests_by_role().values(),
        reported=RESULT_FILES.reported_manifests().values(),
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
    resources:
        runtime=per_attempt(60),
    params:
        roles=list(RESULT_FILES.manifests_by_role()),
        reported=list(RESULT_FILES.reported_manifests()),
        stated=SETTINGS.stated_overlaps(),
        code=script_code("find_overlap"),
    message:
        "Looking for reported frames that were seen before"
    script:
        "../workflow_scripts/find_overlap.py"


rule study_table:
    input:
        unpack(STUDY.table_files),
        published=PUBLISHED,
    output:
        table="<results>/tables/{study}.csv",
        markdown=report(
            "<results>/tables/{study}.md",
            caption="../report/table.rst",
            category=STUDY.category,
            labels=STUDY.table_labels,
        ),
        latex="<results>/tables/{study}.tex",
        provenance="<results>/tables/{study}.json",
    log:
        "<logs>/tables/{study}.log",
    benchmark:
        "<benchmarks>/tables/{study}.tsv"
    wildcard_constraints:
        study=one_of(STUDIES.names),
    resources:
        mem_mb=per_attempt(4000),
        runtime=per_attempt(60),
    params:
        seed=config["seed"],
        study=STUDY.options,
        study_reads=STUDY.reads,
        published=published_content,
        code=script_code("study_table", "table"),
    message:
        "Table of the study {wildcards.study}"
    script:
        "../workflow_scripts/study_table.py"


rule draw_figure:
    input:
        unpack(STUDY.figure_files),
        published=PUBLISHED,
    output:
        pdf="<results>/figures/{figure}.pdf",
        png=report(
            "<results>/figures/{figure}.png",
            caption="../report/figure.rst",
            category=STUDY.category,
            labels=STUDY.figure_labels,
        ),
        provenance="<results>/figures/{figure}.json",
    log:
        "<logs>/figures/{figure}.log",
    benchmark:
        "<benchmarks>/figures/{figure}.tsv"
    wildcard_constraints:
        figure=one_of(STUDIES.figures),
    params:
        name=STUDY.name,
        study=STUDY.options,
        study_reads=STUDY.reads,
        options=STUDY.drawing_options,
        caption=STUDY.caption,
        published=published_content,
        code=script_code("draw_figure", "figure"),
    message:
        "Drawing {wildcards.figure}"
    script:
        "../workflow_scripts/draw_figure.py"


rule scene_panel:
    input:
        unpack(INPUTS.network_and_pairs),
        unpack(INPUTS.strongest),
        cache=ancient(INPUTS.cache),
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
        mem_mb=per_attempt(4000),
        runtime=per_attempt(30),
    params:
        **DEVICE_PARAMS,
        network=INPUTS.network_spec,
        changes=INPUTS.reported_changes,
        image_size=config["image_size"],
        name=lambda wc: list(SETTINGS.strongest(wc.source)),
        code=script_code("scene_panel"),
    message:
        "Drawing the median and the worst scene of {wildcards.dataset}: {wildcards.network} under the SUP of {wildcards.source}"
    script:
        "../workflow_scripts/scene_panel.py"
