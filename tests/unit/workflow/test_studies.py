"""The studies of a configuration: their checks and what they look at."""

import copy
import re
from pathlib import Path

import pytest
import yaml

from supcore.corruptions import CORRUPTIONS, GROUPS
from supcore.errors import SupError
from supcore.reporting.studies import LABELS
from supcore.workflow.settings import Settings
from supcore.workflow.studies import RECORD_STUDIES, TRANSFER_STUDIES, Studies
from tests.unit.workflow.test_settings import CONFIG

SCHEMA = yaml.safe_load((Path(__file__).parents[3] / "config/config.schema.yaml").read_text())


def studies(**wanted):
    config = copy.deepcopy(CONFIG)
    config["sups"] |= {
        "batch": 2,
        "sources": {"psmnet": {"snapshots": [2, 4]}, "wide": {}, "both": {"networks": ["psmnet", "wide"]}},
    }
    return Studies(Settings(config | {"studies": wanted}))


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
        Studies(Settings(config))
    config["datasets"]["kitti"]["layout_options"] = {"segmentation": "semantic"}
    assert Studies(Settings(config)).names == ["classes"]


def test_a_network_that_pairs_are_attacked_with_has_weights_there():
    config = copy.deepcopy(CONFIG)
    config["evaluation"]["datasets"] = {"street": {"split": "test", "weights": ["kitti15"], "networks": ["psmnet"]}}
    config["studies"] = {"per_image": {"sources": ["wide"]}}
    with pytest.raises(SupError, match=r"evaluation.datasets.street.weights: none of kitti15 is in networks.wide"):
        Studies(Settings(config))


def test_a_study_looks_at_everything_unless_it_says_what_at():
    chosen = studies(corruptions={}, classes={"datasets": ["street"], "networks": ["wide"]})
    assert chosen.names == ["corruptions", "classes"]
    assert chosen.datasets("corruptions") == ["street", "things"]
    assert chosen.targets("corruptions", "street") == ["psmnet", "wide"]
    assert chosen.datasets("classes") == ["street"]
    assert chosen.targets("classes", "street") == ["wide"]


def test_a_source_comes_with_its_largest_epsilon_of_the_last_size():
    assert studies(classes={"sources": ["psmnet"]}).attacks("classes") == [("psmnet", ("full", "0.02", 0))]


def test_epsilons_are_those_of_the_sups_unless_given():
    assert studies(per_image={}).epsilons("per_image") == ["0.02", "0.005"]
    assert studies(per_image={"epsilons": [0.01]}).epsilons("per_image") == ["0.01"]


def test_the_schema_knows_every_study():
    known = SCHEMA["properties"]["studies"]["properties"]
    assert set(known) == {*RECORD_STUDIES, *TRANSFER_STUDIES}
    assert set(RECORD_STUDIES) == set(LABELS)


def test_groups_of_corruptions_are_the_paper_s_nine_and_the_common_fifteen():
    assert len(GROUPS["published"]) == 9
    assert len(GROUPS["common"]) == 15
    assert set(GROUPS["published"]) | set(GROUPS["common"]) | {"quantization"} == set(CORRUPTIONS)
