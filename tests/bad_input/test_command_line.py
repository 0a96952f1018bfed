"""What the user sees of the workflow itself: a few bad inputs, and names that must work everywhere."""

import shutil

import pytest

from supcore.data.manifest import read_manifest
from tests.bad_input.refusal import content
from tests.bad_input.test_places import write_pairs
from tests.workflow.conftest import REPOSITORY, Workspace

pytestmark = pytest.mark.workflow

# Name: changes of the configuration, the line.
WRONG = {
    "unknown key": (
        {"sups__epsilonz": [0.1]},
        "config key sups: Additional properties are not allowed ('epsilonz' was unexpected); correct this key",
    ),
    "reference to nothing": (
        {"sups__training": {"dataset": "city", "split": "train"}},
        "config key sups.training: unknown data set 'city'; known: synthetic_driving, synthetic_things",
    ),
    "network from nowhere": (
        {"networks__psmnet__architecture": "no.such.module:Net"},
        "config key networks.psmnet.architecture: no module no.such.module on Python's path",
    ),
}


def refused(workspace, *arguments, config):
    """The lines of a run that must not succeed and must leave no results."""
    before = {path for path in content(workspace.folder) if ".snakemake" not in path.parts}
    finished = workspace.snakemake(*arguments, config=config, cores=1)
    assert finished.returncode == 1, finished.stdout
    assert {path for path in content(workspace.folder) if ".snakemake" not in path.parts} == before
    return finished.stdout.splitlines()


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_configuration_gets_one_line(workspace, case):
    changes, line = WRONG[case]
    lines = refused(workspace, "--dry-run", config=workspace.changed_config(**changes))
    assert line in lines, lines
    assert not any("Traceback" in line for line in lines)
    # Beside the line: the profile in use, where in the workflow it was noticed, and nothing of the schema.
    assert len(lines) < 8, lines


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (b"", "Config file must be given as JSON or YAML with keys at top level."),
        (b"mode: [a\n  b: c\n", "Config file is not valid JSON or YAML."),
    ],
)
def test_snakemake_refuses_what_is_no_configuration_file(workspace, text, fault):
    """Its own words, before the workflow is read."""
    path = workspace.folder / "own.yaml"
    path.write_bytes(text)
    lines = refused(workspace, "--dry-run", config=str(path))
    assert any(fault in line for line in lines), lines
    assert not any("Traceback" in line for line in lines)


def test_snakemake_names_a_configuration_file_that_is_not_there(workspace):
    """Its own words too; it prints a traceback before them."""
    path = str(workspace.folder / "none.yaml")
    lines = [line for line in refused(workspace, "--dry-run", config=path) if line]
    assert lines[-1] == f"FileNotFoundError: [Errno 2] No such file or directory: '{path}'"


def test_names_with_spaces_and_letters_of_any_script_work_in_every_path(tmp_path):
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
                "options": {"base_channels": 16, "block_counts": [1, 2, 1, 1], "pooling_sizes": [16, 8, 4, 2]}
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
