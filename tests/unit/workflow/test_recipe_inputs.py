"""What jobs that train networks are given."""

from types import SimpleNamespace

import pytest

from supcore.workflow.checks import checked_settings
from supcore.workflow.inputs import Inputs
from supcore.workflow.recipe_inputs import RecipeInputs
from supcore.workflow.results import Results
from supcore.workflow.studies import Studies
from supcore.workflow.study_inputs import StudyInputs
from tests.unit.workflow.test_settings import changed

STREET = {"dataset": "street", "split": "train"}
RECIPE = {"datasets": [STREET], "validation": {"dataset": "street", "split": "test"}, "probability": 0.5}
RECIPE |= {"start": {"network": "psmnet", "weights": "demo"}}
RECIPE |= {"sups": {"sources": ["psmnet"], "sizes": ["full"], "epsilons": [0.02], "seeds": [0]}}


def inputs(mode, **own):
    """Of a configuration with a fine-tuned PSMNet, which is evaluated."""
    config = changed("networks.tuned", {"architecture": "psmnet", "weights": {"finetuned": {"finetune": "robust"}}})
    config |= {"mode": mode, "finetuning": {"robust": RECIPE | own}}
    config["sups"]["weights"].append("finetuned")
    config["evaluation"]["datasets"] = {"street": {"split": "test", "weights": ["demo", "finetuned"]}}
    return Inputs(checked_settings(config), "results", "maps")


@pytest.mark.parametrize(
    ("mode", "own", "kept"),
    [
        ("as_published", {}, "best"),
        ("corrected", {}, "last"),
        ("as_published", {"selection": "last"}, "last"),
        ("corrected", {"selection": "best"}, "best"),
    ],
)
def test_fine_tuned_weights_are_selected_by_the_mode_unless_their_recipe_says_so(mode, own, kept):
    """And the table of overlaps knows which pairs have selected them."""
    made = inputs(mode, **own)
    wildcards = SimpleNamespace(network="tuned", weights="finetuned")
    assert RecipeInputs(made, "finetune").recipe(wildcards)["selection"] == kept
    results = Results(StudyInputs(made, Studies(made.settings)), [])
    assert ("selecting fine-tuned weights (street/test)" in results.manifests_by_role()) == (kept == "best")
