"""The workflow runs from any folder, whatever its name, as a module of another one, and from a snapshot."""

import re
import shutil
import subprocess

import pytest

from supcore.data.manifest import read_manifest
from tests.workflow.conftest import PARTS, REPOSITORY, SMOKE, Workspace, write_pairs

pytestmark = pytest.mark.workflow

MANIFEST = "results/manifests/synthetic_driving/test.csv"
RECORDS = "results/evaluations/synthetic_driving/psmnet/demo/from-psmnet.csv"
OVERLAP = "results/tables/overlap.csv"
MODULE = """
configfile: "mine.yaml"

module sup:
    snakefile:
        "{snakefile}"
    config:
        config

use rule * from sup
"""


@pytest.fixture
def elsewhere(tmp_path):
    """An empty working directory, inside a repository that is not the workflow's."""
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    workspace = Workspace(tmp_path)
    for link in ("config", "resources"):
        (tmp_path / link).unlink()
    shutil.copy(SMOKE, tmp_path / "mine.yaml")
    return workspace


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory):
    """A repository of its own with the workflow as it is now."""
    folder = tmp_path_factory.mktemp("snapshot")
    for part in PARTS:
        source = REPOSITORY / part
        ignored = shutil.ignore_patterns("__pycache__", "*.so")
        shutil.copytree(source, folder / part, ignore=ignored) if source.is_dir() else shutil.copy(source, folder)
    git = ["git", "-C", str(folder), "-c", "user.name=tests", "-c", "user.email=tests@localhost"]
    for arguments in (["init", "--quiet", "--initial-branch=main"], ["add", "."], ["commit", "--quiet", "-m", "now"]):
        subprocess.run([*git, *arguments], check=True)
    return folder


@pytest.mark.parametrize("way", ["from another folder", "as a module", "as a module from a snapshot"])
def test_the_smoke_configuration_gives_the_same_bytes(elsewhere, smoke, snapshot, way):
    command = elsewhere.command(RECORDS, OVERLAP, config=str(elsewhere.folder / "mine.yaml"))
    if way != "from another folder":
        remote = f"git+file://{snapshot}/Snakefile@main"
        snakefile = remote if "snapshot" in way else REPOSITORY / "Snakefile"
        (elsewhere.folder / "Snakefile").write_text(MODULE.format(snakefile=snakefile))
        command = [command[0], "--cores", "2", RECORDS, OVERLAP]
    finished = elsewhere.run(command)
    assert finished.returncode == 0, finished.stdout[-4000:]
    assert elsewhere.read(RECORDS) == smoke.read(RECORDS)
    # The record of a commit is that of the code, not of the repository around the working directory.
    commit = subprocess.run(["git", "-C", REPOSITORY, "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    if commit.returncode == 0:
        assert commit.stdout.strip() in elsewhere.read(RECORDS.replace(".csv", ".json")).decode()


def test_the_demo_is_planned_from_a_folder_without_any_file(elsewhere):
    command = elsewhere.command("--dry-run")
    planned = elsewhere.run(command[: command.index("--configfile")])
    assert planned.returncode == 0, planned.stdout[-2000:]
    assert "train_sup" in planned.stdout


def test_the_snakefile_of_the_catalogue_plans_the_same_and_runs(elsewhere):
    """Deployed as snakedeploy does it: a module in the folder ``workflow``, without a target."""
    (elsewhere.folder / "workflow").mkdir()
    deployed = MODULE.format(snakefile=REPOSITORY / "workflow/Snakefile")
    (elsewhere.folder / "workflow/Snakefile").write_text(deployed)
    direct = elsewhere.command("--dry-run", "--quiet", "rules", config=str(elsewhere.folder / "mine.yaml"))
    planned = elsewhere.run(direct), elsewhere.run([direct[0], "--cores", "1", "--dry-run", "--quiet", "rules"])
    wanted, found = (dict(re.findall(r"^(\w+) +(\d+)$", plan.stdout, re.MULTILINE)) for plan in planned)
    assert wanted.pop("all") == found.pop("everything") == "1", planned[1].stdout[-2000:]
    assert found == wanted
    finished = elsewhere.run([direct[0], "--cores", "1", MANIFEST])
    assert finished.returncode == 0, finished.stdout[-2000:]
    assert len(elsewhere.read(MANIFEST).splitlines()) == 4  # a header and three pairs


def test_letters_of_any_script_work_in_every_path(tmp_path):
    """Working directory, data root, exclusions, weights, registry, results and configuration."""
    folder = tmp_path / "Läufe é 左"
    folder.mkdir()
    workspace = Workspace(folder)
    write_pairs(folder / "Daten für KITTI 右", count=2)
    (folder / "keine Ä.txt").write_text("# nichts\n")
    (folder / "Gewichte 重").mkdir()
    for name, source in {
        "mein psmnet ß.safetensors": "resources/demo_weights/psmnet.safetensors",
        "Verzeichnis ñ.yaml": "config/weights.yaml",
    }.items():
        shutil.copy(REPOSITORY / source, folder / "Gewichte 重" / name)
    kitti = {"layout": "kitti2015", "root": "Daten für KITTI 右", "exclude": "keine Ä.txt", "splits": {"test": ":"}}
    config = workspace.changed_config(
        datasets__kitti=kitti,
        networks={
            "psmnet": {
                "options": {"base_channels": 8, "block_counts": [1, 2, 1, 1], "pooling_sizes": [16, 8, 4, 2]}
                | {"max_disparity": 32},
                "weights": {"demo": {"bundled": "Gewichte 重/mein psmnet ß.safetensors"}},
            }
        },
        evaluation__datasets={"kitti": {"split": "test", "weights": ["demo"]}},
        weights_registry="Gewichte 重/Verzeichnis ñ.yaml",
        pathvars={"results": "Ergebnisse ü 1", "logs": "Protokolle ü", "benchmarks": "Zeiten ü"},
        sups__training={"dataset": "kitti", "split": "test"},
        sups__validation={"dataset": "kitti", "split": "test"},
        sups__steps=1,
    )
    target = "Ergebnisse ü 1/evaluations/kitti/psmnet/demo/from-psmnet.csv"
    finished = workspace.snakemake(target, config=config, cores=1)
    assert finished.returncode == 0, finished.stdout[-3000:]
    assert len(workspace.read(target).splitlines()) == 1 + 2 * 2  # two pairs, against two references
    listed = read_manifest(folder / "Ergebnisse ü 1/manifests/kitti/test.csv")
    assert listed[0].left.endswith("Daten für KITTI 右/training/image_2/000000_10.png")
