"""Attack every pair by itself on one network, and measure that network and others under the result."""

from typing import TYPE_CHECKING

import pandas as pd

from supcore.attack import PER_IMAGE_ATTACKS, PerImageAttack
from supcore.evaluation.conditions import Condition, per_image, remembered
from supcore.evaluation.predictions import Target
from supcore.evaluation.records import evaluate, write_records
from supcore.seeding import derived_seed
from supcore.workflow.jobs.evaluation import load_pairs, loading_options
from supcore.workflow.jobs.job import job
from supcore.workflow.jobs.networks import load_network, prepare_device

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as running:
    device = prepare_device(snakemake, running)
    params, files, wildcards = snakemake.params, snakemake.input, snakemake.wildcards
    pairs, study = load_pairs(snakemake), params.study
    attacked = load_network(params.source, files.source, device)
    conditions = []
    for name in study["attacks"]:
        for epsilon in params.epsilons:
            seed = derived_seed(params.seed, "per-image", name, epsilon)
            attack = PerImageAttack(attacked, float(epsilon), PER_IMAGE_ATTACKS[name], seed)
            perturb = remembered(per_image(attack, against_truth=study["target"] == "ground_truth"))
            conditions.append(Condition(wildcards.source, "full", epsilon, "0", perturb, {"attack": name}))
    records = []
    for target, wanted, weights, predictions in zip(
        params.targets, params.networks, files.weights, files.predictions, strict=True
    ):
        network = load_network(wanted, weights, device)
        options = loading_options(snakemake)
        records.append(evaluate(Target(network, pairs, predictions, wildcards.dataset, target, **options), conditions))
        running.log.info("%s: %d conditions on %d pairs", target, len(conditions), len(pairs))
    write_records(pd.concat(records, ignore_index=True), snakemake.output.records)
