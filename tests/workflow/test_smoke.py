"""The whole workflow, from nothing to tables and figures, on its smallest configuration."""

import csv
import json
import shutil
import zipfile

import pytest
import yaml

from tests.workflow.conftest import REPOSITORY, SMOKE, Workspace

pytestmark = pytest.mark.workflow

COLUMNS = (
    "dataset,target,source,size,epsilon,seed,reference,n_images,d1_mean,d1_std,d1_ci_low,d1_ci_high,"
    "epe_mean,epe_std,epe_ci_low,epe_ci_high,published_d1,published_epe"
)


@pytest.fixture(scope="module")
def table(smoke):
    text = smoke.read("results/tables/transfer.csv").decode()
    assert text.splitlines()[0] == COLUMNS
    return list(csv.DictReader(text.splitlines()))


def test_every_target_stands_beside_its_controls(table):
    config = yaml.safe_load(SMOKE.read_text())
    networks = set(config["networks"])
    for dataset in config["evaluation"]["datasets"]:
        for target in networks:
            rows = [r for r in table if r["dataset"] == dataset and r["target"] == target]
            truth = {r["source"] for r in rows if r["reference"] == "ground_truth"}
            clean = {r["source"] for r in rows if r["reference"] == "clean"}
            assert truth == networks | {"none", "noise"}
            assert clean == networks | {"noise"}


def test_intervals_contain_the_mean_and_all_images_count(table):
    for row in table:
        assert int(row["n_images"]) == 3
        for metric in ("d1", "epe"):
            low, mean, high = (float(row[f"{metric}_{name}"]) for name in ("ci_low", "mean", "ci_high"))
            assert low <= mean + 1e-6
            assert mean <= high + 1e-6


def test_provenance_names_inputs_code_and_device(smoke):
    provenance = json.loads(smoke.read("results/tables/transfer.json"))
    assert provenance["artifacts"]["table"]["sha256"]
    assert provenance["versions"]["torch"]
    sup = json.loads(smoke.read("results/sups/psmnet/demo/tile32_eps0.02/seed0/sup.json"))
    assert sup["inputs"]["weights[0]"]["sha256"]
    assert sup["settings"]["params"]["attack"]["alpha"] == pytest.approx(0.002)
    backend = sup["device"]["deform_conv_backend"]
    assert backend in ("cpp", "torch")
    records = [name for name in provenance["inputs"] if name.startswith("records[")]
    assert provenance["settings"]["deform_conv_backends"] == {backend: len(records)}


def test_a_table_of_records_by_different_operators_says_so(smoke, tmp_path):
    copy = Workspace(tmp_path)
    shutil.copytree(smoke.folder / "results", tmp_path / "results")
    record = sorted(tmp_path.glob("results/evaluations/*/psmnet/*/clean.json"))[0]
    content = json.loads(record.read_text())
    content["device"]["deform_conv_backend"] = "torchvision"
    record.write_text(json.dumps(content))
    table = copy.snakemake("results/tables/transfer.csv", "--forcerun", "study_table", "--rerun-triggers", "mtime")
    assert table.returncode == 0, table.stdout[-3000:]
    (line,) = [line for line in table.stdout.splitlines() if "different deformable convolutions" in line]
    assert f"torchvision (1, e.g. {record.relative_to(tmp_path).with_suffix('.csv')})" in line
    assert copy.read("results/tables/transfer.csv") == smoke.read("results/tables/transfer.csv")


def test_a_second_run_does_nothing(smoke):
    again = smoke.snakemake()
    assert again.returncode == 0
    assert "Nothing to be done" in again.stdout


def test_no_unfinished_work_is_left(smoke):
    assert not list((smoke.folder / "results/checkpoints").glob("**/*.pt"))
    hidden = [p for p in (smoke.folder / "results").rglob(".*") if p.is_file()]
    assert [p for p in hidden if p.name != ".snakemake_timestamp"] == []  # Snakemake's own mark in folders


def test_the_landing_page_holds_its_pictures_and_says_that_nothing_is_comparable(smoke):
    page = smoke.read("results/index.html").decode()
    assert page.count("data:image/png;base64,") == 5
    assert "The numbers are not comparable." in page


def test_every_figure_can_be_traced(smoke):
    provenance = json.loads(smoke.read("results/provenance.json"))
    for figure in (smoke.folder / "results/figures").glob("*.png"):
        beside = f"results/figures/{figure.stem.removesuffix('_worst')}.json"
        made = [artifact["path"] for artifact in provenance[beside]["artifacts"].values()]
        assert f"results/figures/{figure.name}" in made


def test_a_run_is_bundled_with_all_that_it_says(smoke):
    bundled = smoke.snakemake("results/bundle.zip", "--nolock")
    assert bundled.returncode == 0, bundled.stdout[-3000:]
    with zipfile.ZipFile(smoke.folder / "results/bundle.zip") as archive:
        names = set(archive.namelist())
        assert archive.read("tables/transfer.csv") == smoke.read("results/tables/transfer.csv")
    sup = "sups/psmnet/demo/tile32_eps0.02/seed0/sup"
    wanted = {
        "configuration.yaml",
        "ro-crate-metadata.json",
        "index.html",
        "provenance.json",
        "figures/paper_summary.pdf",
    }
    assert wanted | {f"{sup}.safetensors", f"{sup}.json"} <= names
    assert not [name for name in names if name.startswith(("data/", "weights/")) and not name.endswith(".json")]


def test_the_report_is_one_file_with_the_figures(smoke):
    report = smoke.read("results/report.html").decode()
    assert "transfer_heatmap" in report
    assert "Perturbations" in report


@pytest.mark.slow
def test_one_core_another_order_and_another_copy_give_the_same_bytes(smoke, tmp_path):
    """What is computed last elsewhere is asked for first, by a copy of the repository in a folder of its own."""
    copy = tmp_path / "another copy"
    copy.mkdir()
    names = ("Snakefile", "rules", "workflow_scripts", "supcore", "config", "resources", "profiles", "report", "envs")
    for name in names:
        source = REPOSITORY / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, copy / name)
    work = tmp_path / "work"
    work.mkdir()
    other = Workspace(work, repository=copy)
    first = "results/evaluations/synthetic_things/aanet/demo/from-aanet.csv"
    for targets in ([first], ["results/tables/paper_comparison.csv"]):
        finished = other.snakemake(*targets, cores=1)
        assert finished.returncode == 0, finished.stdout[-4000:]
    made = [path.relative_to(work) for suffix in ("csv", "safetensors") for path in work.glob(f"results/**/*.{suffix}")]
    assert len(made) > 20
    for path in made:
        if path.parent.name != "manifests":
            assert other.read(path) == smoke.read(path), path
