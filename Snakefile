# Stereoscopic universal perturbations: from stereo data and networks to the tables and figures of the paper.

import warnings
from os.path import normpath

from snakemake.sourcecache import LocalGitFile
from snakemake.utils import min_version

from supcore.openmp import wait_asleep
from supcore.workflow.places import shipped

min_version("9.19")
wait_asleep()

# Snakemake 9.27 asks for the sizes of inputs in vain when it writes a report after a run, and Python would warn of it.
warnings.filterwarnings(
    "ignore",
    message="coroutine 'InputFiles.* was never awaited",
    category=RuntimeWarning,
)

# Snakemake 9.27 cannot join the paths of a workflow that it reads from a local git repository (git+file://).
LocalGitFile.join = lambda here, path: LocalGitFile(
    here.repo_path, normpath(f"{here.path or '.'}/{path}"), ref=here.ref
)


# Data, weights and SUPs, which several configurations may have in common.
pathvars:
    shared="<results>",


# A configuration given with --configfile replaces the demo's instead of mixing with it.
if not workflow.overwrite_configfiles:

    configfile: shipped("config/config.yaml")


# Used with --sdm apptainer; without it the active Python environment is used.
container: "envs/sup.sif"


report: "report/workflow.rst"


include: "rules/common.smk"


wildcard_constraints:
    dataset=one_of(config["datasets"]),
    network=one_of(SETTINGS.networks),
    source=one_of([*SETTINGS.sources, *CONTROLS]),
    weights=SETTINGS.weights_in_paths(),
    split=r"[A-Za-z0-9_-]+",
    size=r"full|tile\d+(x\d+)?",
    epsilon=r"0\.\d*[1-9]|1",
    seed=r"\d+",


include: "rules/data.smk"
include: "rules/weights.smk"
include: "rules/attack.smk"
include: "rules/evaluation.smk"
include: "rules/studies.smk"
include: "rules/report.smk"


rule all:
    default_target: True
    input:
        RESULT_FILES.everything(),
        "<results>/index.html",
        "<results>/leaderboard.html",
        "<results>/provenance.json",
    message:
        "Everything is made"


refuse_wrong_targets(sys.argv[1:], workflow.rules)


onstart:
    refuse_missing_roots(workflow.dag.needrun_jobs())
    forget_cells(workflow.dag.needrun_jobs(), workflow.dag.reason)
