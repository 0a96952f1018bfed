"""The studies of a configuration: their checks and what they look at."""

import copy
import re
from pathlib import Path

import pytest

from supcore.corruptions import CORRUPTIONS, GROUPS
from supcore.errors import SupError
from supcore.studies import STUDIES
from supcore.workflow.checks import checked_settings
from supcore.workflow.schema import complete_schema
from supcore.workflow.studies import Studies
from tests.unit.workflow.test_settings import CONFIG

SCHEMA = complete_schema({}, Path(__file__).parents[3] / "config/config.schema.yaml")


def studies(**wanted):
    config = copy.deepcopy(CONFIG)
    config["sups"] |= {
        "batch": 2,
        "sources": {"psmnet": {"snapshots": [2, 4]}, "wide": {}, "both": {"networks": ["psmnet", "wide"]}},
    }
    return Studies(checked_settings(config | {"studies": wanted}))


@pytest.mark.parametrize(
    ("study", "settings", "message"),
    [
        ("corruptions", {"datasets": ["kitti"]}, "studies.corruptions.datasets: unknown name 'kitti'; known: street"),
        ("classes", {"networks": ["b"]}, "studies.classes.networks: unknown name 'b'; known: psmnet, wide"),
        ("classes", {"sources": ["b"]}, "studies.classes.sources: unknown name 'b'"),
        ("robust_design", {"designs": {"a": ["b"]}}, "studies.robust_design.designs: unknown name 'b'"),
        ("finetuning", {"finetuned": {"psmnet": "b"}}, "studies.finetuning.finetuned: unknown name 'b'"),
        ("finetuning", {"finetuned": {"b": "psmnet"}}, "studies.finetuning.finetuned: unknown name 'b'"),
        ("per_image", {"sources": ["both"]}, "studies.per_image.sources: unknown network 'both'; known: psmnet, wide"),
        ("sampling_efficiency", {"sources": ["wide"]}, "studies.sampling_efficiency.sources: wide keeps no snapshots"),
    ],
)
def test_contradiction_is_one_line_that_names_the_key(study, settings, message):
    with pytest.raises(SupError, match=re.escape(f"config key {message}")):
        studies(**{study: settings})


def test_a_data_set_without_class_maps_is_refused_before_anything_is_evaluated():
    config = copy.deepcopy(CONFIG)
    config["evaluation"]["datasets"]["kitti"] = {"split": "validation", "weights": ["demo"]}
    config["studies"] = {"classes": {"datasets": ["kitti"]}}
    with pytest.raises(SupError, match=r"studies.classes.datasets: kitti has no class maps; set datasets.kitti.la"):
        Studies(checked_settings(config))
    config["datasets"]["kitti"]["layout_options"] = {"segmentation": "semantic"}
    assert Studies(checked_settings(config)).names == ["transfer", "classes", "tile_sizes"]


def test_a_network_that_pairs_are_attacked_with_has_weights_there():
    config = copy.deepcopy(CONFIG)
    config["evaluation"]["datasets"] = {"street": {"split": "test", "weights": ["kitti15"], "networks": ["psmnet"]}}
    config["studies"] = {"per_image": {"sources": ["wide"]}}
    with pytest.raises(SupError, match=r"evaluation.datasets.street.weights: none of kitti15 is in networks.wide"):
        Studies(checked_settings(config))


def test_a_study_looks_at_everything_unless_it_says_what_at():
    chosen = studies(corruptions={"corruptions": "published"}, classes={"datasets": ["street"], "networks": ["wide"]})
    plan = chosen.settings
    assert chosen.names == ["transfer", "corruptions", "corruption_scores", "classes", "tile_sizes"]
    assert chosen["corruptions"].datasets(plan) == ["street", "things"]
    assert chosen["corruptions"].networks(plan, "street") == ["psmnet", "wide"]
    assert chosen["classes"].datasets(plan) == ["street"]
    assert chosen["classes"].jobs(plan, "street") == ["wide"]


def test_a_source_comes_with_its_largest_epsilon_of_the_last_size():
    chosen = studies(classes={"sources": ["psmnet"]})
    assert chosen["classes"].attacks(chosen.settings, "wide") == [("psmnet", ("full", "0.02", 0))]


def test_snapshots_are_evaluated_on_the_network_that_they_attack_alone():
    chosen = studies(sampling_efficiency={"sources": ["psmnet"]})
    study, plan = chosen["sampling_efficiency"], chosen.settings
    assert study.jobs(plan, "street") == ["psmnet"]
    assert study.attacks(plan, "wide") == []


def test_per_image_attacks_have_a_job_for_each_attacked_network_and_evaluate_all():
    chosen = studies(per_image={"sources": ["wide"]})
    study, plan = chosen["per_image"], chosen.settings
    assert study.jobs(plan, "street") == ["wide"]
    assert study.evaluated_by(plan, "street", "wide") == ["psmnet", "wide"]


def test_a_study_whose_sources_are_emptied_is_dropped():
    assert studies(classes={"datasets": ["street"], "sources": []}).names == ["transfer", "tile_sizes"]


def test_targeted_sources_are_evaluated_without_being_asked_for():
    """All their SUPs, on every network; the target re-runs what depends on it."""
    config = copy.deepcopy(CONFIG)
    config["sups"]["sources"] = {"psmnet": {}, "near": {"network": "psmnet", "target": {"shift": 5}}}
    config["sups"]["batch"] = 2
    chosen = Studies(checked_settings(config))
    study, plan = chosen["targeted"], chosen.settings
    assert study.settings == {"targets": {"near": {"shift": 5}}}
    assert study.attacks(plan, "wide") == [("near", name) for name in plan.sup_names("near")]
    assert study.jobs(plan, "street") == ["psmnet", "wide"]
    assert plan.source("near").attack["target"] == {"shift": 5}
    assert "target" not in plan.source("psmnet").attack


def test_the_schema_knows_every_study_and_says_what_its_keys_are():
    known = SCHEMA["properties"]["studies"]["properties"]
    assert set(known) == set(STUDIES) - {"transfer", "corruption_scores", "targeted", "tile_sizes"}
    for name, section in known.items():
        assert set(section["required"]) <= set(section["properties"])
        assert all(key["description"] for key in section["properties"].values()), name


def test_groups_of_corruptions_are_the_paper_s_nine_and_the_common_fifteen():
    assert len(GROUPS["published"]) == 9
    assert len(GROUPS["common"]) == 15
    assert set(GROUPS["published"]) | set(GROUPS["common"]) | {"quantization"} == set(CORRUPTIONS)
