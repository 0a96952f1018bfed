# Stereoscopic universal perturbations: from stereo data and networks to the tables and figures of the paper.

from snakemake.utils import min_version

from supcore.pipeline.places import included, shipped

min_version("9.19")

BASEDIR = workflow.current_basedir.get_path_or_uri(secret_free=True)


# A configuration given with --configfile replaces the demo's instead of mixing with it.
if not workflow.overwrite_configfiles:

    configfile: shipped("config/config.yaml")


# Used with --sdm apptainer; without it the active Python environment is used.
container: "envs/sup.sif"


report: "report/workflow.rst"


include: included("rules/common.smk", BASEDIR)
include: included("rules/targets.smk", BASEDIR)


wildcard_constraints:
    dataset=one_of(config["datasets"]),
    network=one_of(SETTINGS.networks),
    source=one_of([*SETTINGS.sources, *CONTROLS]),
    weights=r"[A-Za-z0-9_-]+",
    split=r"[A-Za-z0-9_-]+",
    size=r"full|tile\d+(x\d+)?",
    epsilon=r"0\.\d+|1",
    seed=r"\d+",


include: included("rules/data.smk", BASEDIR)
include: included("rules/weights.smk", BASEDIR)
include: included("rules/attack.smk", BASEDIR)
include: included("rules/evaluation.smk", BASEDIR)
include: included("rules/tables.smk", BASEDIR)
include: included("rules/studies.smk", BASEDIR)
include: included("rules/figures.smk", BASEDIR)
include: included("rules/pages.smk", BASEDIR)


rule all:
    default_target: True
    input:
        final_results(),
        "<results>/index.html",
        "<results>/leaderboard.html",
        "<results>/run_times.csv",
        "<results>/provenance.json",


onstart:
    refuse_missing_roots(workflow.dag.needrun_jobs())
