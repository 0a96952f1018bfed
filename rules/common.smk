# The configuration, and what the rules ask of it; no rules here.

import re
from shutil import rmtree

from snakemake.exceptions import WorkflowError
from snakemake.io import strip_wildcard_constraints
from snakemake.logging import logger

from supcore.errors import SupError
from supcore.workflow import paths
from supcore.workflow.checks import checked_settings
from supcore.workflow.code_hash import network_hash, script_hash
from supcore.workflow.inputs import Inputs
from supcore.workflow.own_files import file_content, own_content, own_copy
from supcore.workflow.paper import paper_plots, published_tables
from supcore.workflow.places import make_own_code_importable, ship_config
from supcore.workflow.recipe_inputs import RecipeInputs
from supcore.workflow.results import CURVES, Results
from supcore.workflow.schema import check_config_files, complete_config
from supcore.workflow.sources import CONTROLS
from supcore.workflow.studies import Studies
from supcore.workflow.study_inputs import StudyInputs
from supcore.workflow.targets import check_path

# Snakemake expands <results> and <shared> in inputs and outputs, but not in params.
RESULTS = config.get("pathvars", {}).get("results", "results")
SHARED = config.get("pathvars", {}).get("shared", RESULTS)


def settings_and_studies():
    """The configuration, complete and with its references resolved; one clear line if it is wrong."""
    try:
        check_config_files(workflow.configfiles)
        make_own_code_importable()
        complete_config(config, workflow.source_path("../config/config.schema.yaml"))
        ship_config(config)
        settings = checked_settings(config)
        for network in settings.own_modules:
            find_code(network, settings.architecture(network))
        plots = paper_plots(config["published"], settings.transfer_datasets)
        return settings, Studies(settings), plots
    except SupError as error:
        raise WorkflowError(str(error)) from None


def find_code(network, architecture):
    """Refuse a network of one's own whose module cannot be read."""
    try:
        network_hash(architecture)
    except (ImportError, SyntaxError) as error:
        raise SupError(f"config key networks.{network}.architecture: {error}") from None


SETTINGS, STUDIES, PLOTS = settings_and_studies()
# The SUP authors' class maps of KITTI 2015, unpacked.
CLASS_MAPS = f"{config['downloads']}/kitti_segmentation"
INPUTS = Inputs(SETTINGS, SHARED, CLASS_MAPS)
TRAINING, FINETUNING = (RecipeInputs(INPUTS, kind) for kind in ("train", "finetune"))
STUDY = StudyInputs(INPUTS, STUDIES)
RESULT_FILES = Results(STUDY, PLOTS)
PUBLISHED = published_tables(config["published"])

# Jobs that run a network claim a GPU only where one is asked for; otherwise they would wait for each other.
GPUS = 1 if config["device"] == "cuda" else 0
# What decides the last digits of every job that runs a network.
DEVICE_PARAMS = {
    name: config[name] for name in ("device", "deterministic", "seed", "threads")
}


def script_code(name, part=None):
    """A param that re-runs a rule when the code of its script changes; hashed only for jobs that are looked at.

    Of a study counts what a ``part`` of its jobs uses: its records, its table or its figure.
    """

    def code(wildcards):
        script = script_hash(workflow.source_path(f"../workflow_scripts/{name}.py"))
        return (
            script
            if part is None
            else [script, STUDIES.code(STUDY.name(wildcards), part)]
        )

    return code


def published_content(wildcards):
    """A param that re-runs a rule when the published numbers change, be the new files the older ones."""
    return [file_content(path) for path in PUBLISHED]


def per_attempt(amount):
    """A resource that grows each time that a job is tried again."""
    return lambda wildcards, attempt: amount * attempt


def checkpoint_file(name):
    """Where a resumable job keeps its unfinished work: outside its outputs, which are deleted when it starts."""
    return f"{SHARED}/checkpoints/{name}.pt"


def forget_cells(jobs, reason):
    """Delete the kept records of evaluations that the command line forces, which are to be measured again."""
    for job in jobs:
        if job.rule.name == "evaluate_perturbed" and reason(job).forced:
            rmtree(INPUTS.cells(job.wildcards), ignore_errors=True)


def one_of(names):
    """Regular expression that matches exactly these names; nothing if there are none."""
    return "|".join(map(re.escape, names)) or "(?!)"


def missing_roots_message(roots):
    lines = [f"  datasets.{n}.root: {root or '(not set)'}" for n, root in roots.items()]
    return (
        "data roots that do not exist or may not be read; set them in the configuration or put links there:\n"
        + "\n".join(lines)
    )


def refuse_missing_roots(jobs):
    """Stop before the first job if one of these jobs indexes a data set that is not there."""
    indexed = {j.wildcards.dataset for j in jobs if j.rule.name == "index_dataset"}
    missing = {n: r for n, r in SETTINGS.missing_roots().items() if n in indexed}
    if missing:
        raise WorkflowError(missing_roots_message(missing))


if SETTINGS.missing_roots():
    logger.warning(f"Warning: {missing_roots_message(SETTINGS.missing_roots())}")


def refuse_wrong_targets(arguments, rules):
    """Stop with one line if an argument looks like an output of these rules and cannot belong to the configuration.

    The arguments are those of the command line, for Snakemake does not tell a Snakefile its targets.
    """
    products = [(rule.name, output) for rule in rules for output in rule.output]
    outputs = [(n, strip_wildcard_constraints(str(o))) for n, o in products]
    try:
        for path in arguments:
            if path.startswith((f"{RESULTS}/", f"{SHARED}/")):
                check_path(path, outputs, STUDIES)
    except SupError as error:
        raise WorkflowError(str(error)) from None
