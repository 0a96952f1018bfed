"""Fine-tuned and pre-trained networks: the graph has the edges that their recipes ask for."""

import re

import pytest

pytestmark = pytest.mark.workflow

SUP = "results/sups/{}/{}/tile32_eps0.02/seed0/sup.safetensors"
WEIGHTS = "results/weights/{}/{}.safetensors"

RECIPE = {
    "datasets": [{"dataset": "synthetic_driving", "split": "train"}],
    "crop_size": [64, 128],
    "batch": 2,
    "epochs": 1,
    "schedule": "piecewise",
    "learning_rates": [1e-4, 1e-5],
    "change_at": [1],
}
FINETUNING = RECIPE | {
    "start": {"network": "psmnet", "weights": "demo"},
    "sups": {"sources": ["psmnet", "aanet"], "sizes": ["tile32"], "epsilons": [0.02]},
    "validation": {"dataset": "synthetic_driving", "split": "validation"},
}
TRAINING = RECIPE | {"validation": [{"dataset": "synthetic_driving", "split": "validation"}]}


def finetuned(workspace, **changes):
    """The smoke configuration with a fine-tuned PSMNet as one more network."""
    return workspace.changed_config(
        **{
            "networks__robust": {"architecture": "psmnet", "weights": {"finetuned": {"finetune": "robust"}}},
            "finetuning": {"robust": FINETUNING},
            "sups__weights": ["demo", "finetuned"],
            "evaluation__datasets": {"synthetic_driving": {"split": "test", "weights": ["demo", "finetuned"]}},
        }
        | changes
    )


def planned_inputs(workspace, config, *targets):
    """What a dry run would make from other jobs' files: those files, by the file that is made."""
    planned = workspace.snakemake("--dry-run", *targets, config=config)
    assert planned.returncode == 0, planned.stdout[-3000:]
    reasons = re.findall(r"Missing output files: (.+); Input files updated by another job: (.+)", planned.stdout)
    return {output: set(inputs.split(", ")) for outputs, inputs in reasons for output in outputs.split(", ")}


def test_fine_tuning_needs_the_starting_weights_the_sups_and_the_pairs(workspace):
    planned = planned_inputs(workspace, finetuned(workspace))
    assert planned[WEIGHTS.format("robust", "finetuned")] == {
        WEIGHTS.format("psmnet", "demo"),
        SUP.format("psmnet", "demo"),
        SUP.format("aanet", "demo"),
        *(f"results/manifests/synthetic_driving/{split}.csv" for split in ("train", "validation")),
        *(f"results/data/synthetic_driving/{split}" for split in ("train", "validation")),
    }


def test_the_fine_tuned_network_is_attacked_with_both_sups(workspace):
    planned = planned_inputs(workspace, finetuned(workspace))
    folder = "results/evaluations/synthetic_driving/robust/finetuned"
    for source, weights in (("psmnet", "demo"), ("robust", "finetuned")):
        needed = {WEIGHTS.format("robust", "finetuned"), SUP.format(source, weights)}
        assert needed <= planned[f"{folder}/from-{source}.csv"]
    assert WEIGHTS.format("robust", "finetuned") in planned[SUP.format("robust", "finetuned")]


def test_a_training_starts_from_the_weights_of_another_one(workspace):
    config = workspace.changed_config(
        networks__psmnet__weights={"first": {"train": "long"}, "second": {"train": "short"}},
        sups__weights=["second", "demo"],
        evaluation__datasets={"synthetic_driving": {"split": "test", "weights": ["second", "demo"]}},
        training={"long": TRAINING, "short": TRAINING | {"start": {"weights": "first"}}},
    )
    planned = planned_inputs(workspace, config, WEIGHTS.format("psmnet", "second"))
    first, second = (planned[WEIGHTS.format("psmnet", name)] for name in ("first", "second"))
    assert second - first == {WEIGHTS.format("psmnet", "first")}


@pytest.mark.parametrize(
    ("layer", "counts"),
    [("training", {"train_stereo": 8, "train_sup": 40}), ("finetuning", {"finetune_stereo": 4, "train_sup": 40 + 16})],
)
def test_layers_of_the_paper_build_their_graph(workspace, layer, counts):
    planned = workspace.snakemake("--dry-run", config=["config/paper.yaml", f"config/overlays/paper/{layer}.yaml"])
    assert planned.returncode == 0, planned.stdout[-2000:]
    numbers = dict(line.split() for line in planned.stdout.splitlines() if len(line.split()) == 2)
    assert {job: int(numbers[job]) for job in counts} == counts


WRONG = {
    "unknown recipe": ({"finetuning": {}}, "networks.robust.weights.finetuned.finetune: no finetuning.robust"),
    "neither steps nor epochs": (
        {"finetuning": {"robust": {k: v for k, v in FINETUNING.items() if k != "epochs"}}},
        "robust",
    ),
    "one rate too few": (
        {"finetuning": {"robust": FINETUNING | {"learning_rates": [1e-4]}}},
        "finetuning.robust.change_at: 1 learning_rates change 0 times, not 1",
    ),
    "unknown key": ({"finetuning": {"robust": FINETUNING | {"momentun": 1}}}, "momentun"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_recipe_names_its_key(workspace, case):
    changes, culprit = WRONG[case]
    refused = workspace.snakemake("--dry-run", config=finetuned(workspace, **changes))
    assert refused.returncode != 0
    assert culprit in refused.stdout
    assert "Traceback" not in refused.stdout
