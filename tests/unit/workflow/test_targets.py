"""Requested files: each that cannot belong to the configuration gets one line that names what is wrong with it."""

import copy
import re

import pytest

from supcore.errors import SupError
from supcore.workflow.checks import checked_settings
from supcore.workflow.studies import Studies
from supcore.workflow.targets import check_path
from tests.unit.workflow.test_settings import CONFIG

# Output patterns as in rules/, without the constraints that tell rules of equal patterns apart.
SUP = "r/sups/{source}/{weights}/{size}_eps{epsilon}/seed{seed}"
OUTPUTS = [
    ("render_scenes", "r/manifests/{dataset}/{split}.csv"),
    ("train_sup", f"{SUP}/sup.safetensors"),
    ("released_sup", "r/sups/{source}/{weights}/{size}_eps{epsilon}/seed0/sup.safetensors"),
    ("export_sup", f"{SUP}/sup.pth"),
    ("bundled_weights", "r/weights/{network}/{weights}.safetensors"),
    ("predict_training", "r/clean/{dataset}/{split}/{network}/{weights}.npy"),
    ("evaluate_clean", "r/evaluations/{dataset}/{network}/{weights}/clean.csv"),
    ("evaluate_perturbed", "r/evaluations/{dataset}/{network}/{weights}/from-{source}.csv"),
    ("evaluate_study", "r/evaluations/{dataset}/{network}/{weights}/{study}.csv"),
    ("save_outputs", "r/outputs/{dataset}/{network}/{weights}/from-{source}/{size}_eps{epsilon}_seed{seed}"),
    ("study_table", "r/tables/{study}.csv"),
    ("find_overlap", "r/tables/overlap.csv"),
    ("draw_figure", "r/figures/{figure}.pdf"),
]


@pytest.fixture
def studies():
    config = copy.deepcopy(CONFIG)
    config["sups"]["sources"] = {"psmnet": {}, "wide": {"store_clean": True}}
    config["studies"] = {
        "classes": {"datasets": ["street"]},
        "per_image": {"sources": ["wide"], "datasets": ["street"]},
    }
    return Studies(checked_settings(config))


def check(path, studies):
    check_path(f"r/{path}", OUTPUTS, studies)


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        ("sups/psmnet/demo/tile32_eps0.02/seed0/sup.safetensors", "attacked weights of psmnet 'demo'", ),
        ("sups/psmnet/demo/tile32_eps0.02/seed0/sup.pth", "attacked weights of psmnet 'demo' here; known: kitti15"),
        ("sups/psm/kitti15/tile32_eps0.02/seed0/sup.pth", "no source 'psm' here; known: psmnet, wide"),
        ("sups/noise/kitti15/tile32_eps0.02/seed0/sup.pth", "no source 'noise' here"),
        ("sups/psmnet/kitti15/tile48_eps0.02/seed0/sup.safetensors", "tile48 does not divide the image_size 64x128"),
        ("sups/psmnet/kitti15/tile0_eps0.02/seed0/sup.pth", "'tile0' is neither 'full' nor like 'tile64'"),
        ("sups/psmnet/kitti15/full_eps0.0/seed0/sup.pth", "'0.0' is no epsilon above 0 and up to 1, written like 0.02"),
        ("sups/psmnet/kitti15/full_eps2/seed0/sup.pth", "'2' is no epsilon"),
        ("sups/psmnet/kitti15/full_eps0.020/seed0/sup.pth", "'0.020' is no epsilon"),
        ("sups/psmnet/kitti15/full_epssmall/seed0/sup.pth", "'small' is no epsilon"),
        ("clean/street/train/psmnet/kitti15.npy", "'street/train/psmnet/kitti15' here; known: street/train/wide/demo"),
        ("manifests/street/dev.csv", "no split of street 'dev' here; known: train, validation, test"),
        ("manifests/city/test.csv", "no data set 'city' here; known: street, things, kitti"),
        ("weights/wide/kitti15.safetensors", "no weights of wide 'kitti15' here; known: demo, trained"),
        ("weights/raft/demo.safetensors", "no network 'raft' here; known: psmnet, wide"),
        ("evaluations/street/psmnet/demo/clean.csv", "no weights of psmnet on street 'demo' here; known: trained"),
        ("evaluations/kitti/psmnet/demo/clean.csv", "no data set 'kitti' here; known: street, things"),
        ("evaluations/street/psmnet/trained/from-raft.csv", "no source 'raft' here; known: psmnet, wide, noise"),
        ("evaluations/street/psmnet/trained/corruptions.csv", "no study 'corruptions' here; known: transfer, classes"),
        ("evaluations/things/wide/demo/per_image.csv", "no data set of the study per_image 'things' here"),
        ("evaluations/street/psmnet/trained/per_image.csv", "no job of the study per_image 'psmnet' here; known: wide"),
        ("evaluations/street/psmnet/trained/transfer.csv", "no job of the study transfer 'psmnet' here; known: none"),
        ("outputs/street/psmnet/trained/from-wide/tile48_eps0.02_seed0", "tile48 does not divide"),
        ("outputs/street/psmnet/trained/from-none/full_eps0.02_seed0", "no source 'none' here; known: psmnet, wide"),
        ("tables/corruptions.csv", "no study 'corruptions' here; known: transfer, classes"),
        ("tables/corruption_scores.csv", "no study 'corruption_scores' here"),
        ("figures/classes_things.pdf", "no figure 'classes_things' here; known: transfer_bars"),
    ],
)  # fmt: skip
def test_what_cannot_belong_to_the_configuration_is_one_line(path, fault, studies):
    with pytest.raises(SupError, match=rf"^target r/{re.escape(path)}: .*{re.escape(fault)}") as caught:
        check(path, studies)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "path",
    [
        "sups/psmnet/kitti15/tile16_eps0.3/seed7/sup.pth",  # beside the grid, on demand
        "sups/wide/demo/full_eps1/seed0/sup.safetensors",
        "manifests/kitti/validation.csv",
        "clean/street/train/wide/demo.npy",
        "weights/psmnet/demo.safetensors",
        "evaluations/street/wide/trained/from-noise.csv",
        "outputs/street/wide/trained/from-noise/full_eps0.02_seed0",
        "evaluations/street/wide/trained/per_image.csv",
        "tables/transfer.csv",
        "tables/classes.csv",
        "tables/overlap.csv",
        "figures/transfer_bars.pdf",
        "something/else.txt",  # Snakemake's own words are clear enough
    ],
)
def test_what_can_belong_to_it_passes(path, studies):
    check(path, studies)
