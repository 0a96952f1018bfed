"""What decides a result re-runs it, and what does not doesn't: one edit after another in a copy of a finished run."""

import os
import re
import shutil

import pytest
import yaml

from tests.workflow.conftest import PARTS, REPOSITORY, SMOKE, Workspace

pytestmark = pytest.mark.workflow

RENDERED = "results/data/synthetic_driving/train/image_2/000000_10.png"
CLASS_MAP = "results/data/synthetic_driving/test/semantic/000000_10.png"
FIGURES = {"draw_figure", "scene_panel", "training_curves", "paper_figures"}
RUNS_NETWORKS = {"train_sup", "evaluate_clean", "evaluate_perturbed", "scene_panel"}
EVALUATIONS = {"evaluate_clean", "evaluate_perturbed"}
FROM_TABLE = {"draw_figure", "paper_comparison", "paper_figures", "leaderboard", "landing_page"}


@pytest.fixture(scope="module")
def finished(smoke, tmp_path_factory):
    """A finished run and the repository that made it, both copied and so free to edit."""
    repository, folder = (tmp_path_factory.mktemp(name) for name in ("repository", "run"))
    for part in PARTS:
        source = REPOSITORY / part
        (shutil.copytree if source.is_dir() else shutil.copy2)(source, repository / part)
    passing = shutil.ignore_patterns("locks", "scripts")  # of another test that runs there now
    shutil.copytree(smoke.folder, folder, symlinks=True, dirs_exist_ok=True, ignore=passing)
    for name in ("config", "resources"):
        (folder / name).unlink()
        shutil.copytree(repository / name, folder / name)
    return Workspace(folder, repository=repository)


@pytest.fixture
def edit(finished):
    """Changes a file of the run or, if it is not there, of the repository; it is as it was after the test."""
    saved = {}

    def edit(path, text):
        file = finished.folder / path
        file = file if file.exists() else finished.repository / path
        saved[file] = (file.read_bytes(), file.stat())
        file.write_bytes(file.read_bytes() + text.encode())
        return file

    yield edit
    for file, (content, status) in saved.items():
        file.write_bytes(content)
        os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))


@pytest.fixture
def jobs(finished):
    """The rules that a further run with changes of the configuration would run."""

    def jobs(**changes):
        planned = finished.snakemake("--dry-run", config=finished.changed_config(**changes))
        assert planned.returncode == 0, planned.stdout[-2000:]
        return set(re.findall(r"^(\w+) +\d+$", planned.stdout, re.MULTILINE)) - {"all", "total"}

    return jobs


def test_what_decides_no_result_re_runs_nothing(finished, edit, jobs):
    """Comments, docstrings, networks that are not there, the age of scripts; processes, memory."""
    for module in ("errors", "networks/psmnet", "device", "workflow/jobs/job"):
        edit(f"supcore/{module}.py", "# a comment\n")
    edit("supcore/networks/raft_stereo.py", "EDITED = True\n")
    (finished.repository / "workflow_scripts/train_sup.py").touch()
    assert jobs(workers=1, keep_in_memory=False) == set()


def test_a_cache_of_images_re_runs_nothing(jobs):
    datasets = yaml.safe_load(SMOKE.read_text())["datasets"]
    datasets["synthetic_driving"]["cache"] = True
    assert jobs(datasets=datasets) == set()


@pytest.mark.parametrize(
    ("file", "re_run", "not_re_run"),
    [
        ("supcore/device.py", RUNS_NETWORKS, {"render_scenes", "cache_images"}),
        ("supcore/networks/psmnet.py", {"bundled_weights", *RUNS_NETWORKS}, {"render_scenes"}),
        ("supcore/attack/snapshots.py", {"train_sup"}, {"evaluate_clean", "bundled_weights"}),
        # The noise control.
        ("supcore/evaluation/study_job.py", EVALUATIONS, {"train_sup", "bundled_weights"}),
        ("supcore/reporting/style.py", {*FIGURES, "draw_sup"}, {"train_sup", "study_table", *EVALUATIONS}),
        ("supcore/reporting/index.html.j2", {"landing_page"}, {"study_table", "draw_figure"}),
        ("resources/published/line_plots.csv", {"study_table", *FROM_TABLE}, {"train_sup", *EVALUATIONS}),
        (RENDERED, {"train_sup"}, {"evaluate_clean", "render_scenes"}),
        (CLASS_MAP, EVALUATIONS, {"train_sup", "render_scenes"}),
    ],
)
def test_an_edited_file_re_runs_what_depends_on_it(edit, jobs, file, re_run, not_re_run):
    edit(file, "EDITED = True\n" if file.endswith(".py") else "\n")
    planned = jobs()
    assert re_run <= planned
    assert not not_re_run & planned


def test_older_published_numbers_in_the_place_of_others_count(edit, jobs):
    os.utime(edit("resources/published/line_plots.csv", "\n"), (0, 0))
    assert jobs() >= {"study_table", "draw_figure", "paper_comparison", "paper_figures"}


def test_the_number_of_threads_decides_the_last_digits(jobs):
    assert jobs(threads=2) >= RUNS_NETWORKS


def test_rendered_images_that_are_deleted_are_rendered_again(finished, jobs):
    folder = finished.folder / "results/data/synthetic_driving/train"
    folder.rename(folder.with_name("elsewhere"))
    try:
        assert jobs() >= {"render_scenes", "train_sup"}
    finally:
        folder.with_name("elsewhere").rename(folder)


def test_a_changed_grid_computes_only_what_it_adds(smoke, tmp_path):
    """The order of its lists decides nothing, and the bytes are those of a run that measures all of it."""
    passing = shutil.ignore_patterns("locks", "scripts")
    shutil.copytree(smoke.folder, tmp_path, symlinks=True, dirs_exist_ok=True, ignore=passing)
    run = Workspace(tmp_path)
    folder = "results/evaluations/synthetic_things/psmnet/demo"
    records = [f"{folder}/from-{source}.csv" for source in ("psmnet", "noise")]

    def measure(epsilons, kept, *options):
        done = run.snakemake(*records, *options, config=run.changed_config(sups__epsilons=epsilons))
        assert done.returncode == 0, done.stdout[-3000:]
        logs = [run.read(f"logs/evaluate_perturbed/synthetic_things/psmnet/demo/{s}.log") for s in ("psmnet", "noise")]
        assert all(f"{len(epsilons)} perturbations, {kept} of them kept from before" in str(log) for log in logs)
        return [run.read(path) for path in records]

    alone = [run.read(path) for path in records]
    grown = measure([0.01, 0.02], 1)
    planned = run.snakemake(*records, "--dry-run", config=run.changed_config(sups__epsilons=[0.02, 0.01]))
    assert "Nothing to be done" in planned.stdout
    assert measure([0.02], 1) == alone
    assert measure([0.02, 0.01], 0, "--forcerun", "evaluate_perturbed") == grown


def test_every_rule_carries_the_hash_of_its_own_script():
    """Downloads and caches aside: what they hold is told by its own hash."""
    text = "".join(path.read_text() for path in (REPOSITORY / "rules").glob("*.smk"))
    rules = re.split(r"^rule (\w+):\n", text, flags=re.MULTILINE)[1:]
    for name, body in zip(rules[::2], rules[1::2], strict=True):
        script = re.search(r'"\.\./workflow_scripts/(\w+)\.py"', body)[1]
        if not name.startswith("download_") and name not in ("retrain_demo_weights", "cache_images"):
            assert re.search(rf'code=script_code\("{script}"(, "\w+")?\),', body), name
