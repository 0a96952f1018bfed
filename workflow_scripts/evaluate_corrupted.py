"""Measure a network under image corruptions, alone and on top of perturbations."""

from typing import TYPE_CHECKING

from supcore.corruptions import CORRUPTIONS, chosen_corruptions
from supcore.evaluation.conditions import Condition, corrupted, unperturbed
from supcore.evaluation.records import evaluate, write_records
from supcore.workflow.jobs.evaluation import load_target, strongest_conditions
from supcore.workflow.jobs.job import job
from supcore.workflow.jobs.networks import prepare_device

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def with_corruption(condition, name, severity):
    """The condition with a corruption after its perturbation; ``none`` leaves it as it is."""
    perturb = condition.perturb or unperturbed
    if name != "none":
        perturb = corrupted(
            perturb, name, severity, seed=snakemake.params.seed, shared_draws=snakemake.params.study["shared_draws"]
        )
    labels = {"corruption": name, "severity": str(severity)}
    return Condition(condition.source, condition.size, condition.epsilon, condition.seed, perturb, labels)


def wanted():
    """Names and severities of the study, the uncorrupted images first."""
    study = snakemake.params.study
    yield "none", 0
    for name in chosen_corruptions(study["corruptions"]):
        for severity in study["severities"] or [CORRUPTIONS[name].default_severity]:
            if severity in range(1, len(CORRUPTIONS[name].severities) + 1):
                yield name, severity


with job(snakemake) as running:
    device = prepare_device(snakemake, running)
    target = load_target(snakemake, device)
    attacks = [Condition("none"), *strongest_conditions(snakemake, device)]
    conditions = [with_corruption(attack, *corruption) for corruption in wanted() for attack in attacks]
    records = evaluate(target, conditions)
    write_records(records, snakemake.output.records)
    running.log.info("%d conditions on %d pairs", len(conditions), len(target.pairs))
