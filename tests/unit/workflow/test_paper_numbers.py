"""How many of the published numbers each configuration of the paper asks for, and that the others say why not."""

from pathlib import Path

import pytest
import yaml
from snakemake.utils import update_config

from supcore.reporting.comparison import compare
from supcore.reporting.published import load_published
from supcore.workflow.checks import checked_settings
from supcore.workflow.inputs import Inputs
from supcore.workflow.results import Results
from supcore.workflow.schema import complete_config
from supcore.workflow.studies import Studies
from supcore.workflow.study_inputs import StudyInputs

REPOSITORY = Path(__file__).parents[3]
PUBLISHED = load_published(REPOSITORY / "resources/published")
FINETUNED = {"P14": 30, "P15": 10, "P22": 30, "P23": 30, "P24": 30}
# AANet without deformable convolutions, and the clean images of the predecessor's attack.
NEVER = {"P07": 1, "P08": 1, "P09": 1, "P21": 5}


@pytest.fixture
def comparison(monkeypatch):
    """What a run of the paper with an overlay would compare, before anything is measured."""
    monkeypatch.chdir(REPOSITORY)

    def comparison(overlay, **more):
        config = {}
        for name in ("paper", *([f"overlays/paper/{overlay}"] if overlay else ())):
            update_config(config, yaml.safe_load(Path(f"config/{name}.yaml").read_text(encoding="utf-8")))
        update_config(config, more)
        complete_config(config, "config/config.schema.yaml")
        settings = checked_settings(config)
        asked = Results(StudyInputs(Inputs(settings, "results", "maps"), Studies(settings)), []).asked()
        return compare(PUBLISHED, [], asked=asked)

    return comparison


def filled(table):
    return table["reason"].str.startswith("asked for")


@pytest.mark.parametrize(
    ("overlay", "count"),
    [("", 500), ("finetuning", 630), ("training", 500), ("released_sups", 281), ("leakage_free", 500)],
)
def test_numbers_that_a_configuration_fills(comparison, overlay, count):
    table = comparison(overlay)
    assert (len(table), filled(table).sum()) == (638, count)
    assert (table["reason"] != "").all()


@pytest.mark.parametrize(("overlay", "missing"), [("", NEVER | FINETUNED), ("finetuning", NEVER)])
def test_what_is_missing_by_plot(comparison, overlay, missing):
    """With fine-tuning nothing that can be run."""
    table = comparison(overlay)
    assert table[~filled(table)].groupby("origin").size().to_dict() == missing


def test_an_overlay_takes_data_sets_sources_and_studies_out(comparison):
    """The fine-tuned networks alone, on KITTI 2015 alone: what is not asked for any more says so."""
    studies = ("corruptions", "classes", "sampling_efficiency", "per_image", "robust_design")
    table = comparison(
        "finetuning",
        evaluation={"datasets": dict.fromkeys(["kitti2012", "flyingthings3d", "kitti2015_classes"])},
        sups={"sources": {"psmnet_deform6": None}},
        studies=dict.fromkeys(studies),
    )
    reasons = set(table.loc[~filled(table), "reason"])
    assert "not asked for here: needs the data set kitti2012" in reasons
    assert "not asked for here: SUPs of PSMNet +6 DC" in reasons
    assert {f"not asked for here: set studies.{name}" for name in studies[:4]} <= reasons
    missing = table[~filled(table)].groupby("origin").size()
    assert not set(missing.index) & (FINETUNED.keys() - {"P15"})
