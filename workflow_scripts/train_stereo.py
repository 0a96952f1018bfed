"""Train a stereo network from scratch, or from other weights of it."""

import math
from pathlib import Path
from typing import TYPE_CHECKING

from supcore.data.dataset import StereoDataset
from supcore.data.manifest import read_manifest
from supcore.training import validate
from supcore.workflow.jobs.job import job
from supcore.workflow.jobs.networks import prepare_device
from supcore.workflow.jobs.training import starting_network, store, train

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main():
    with job(snakemake) as running:
        network = starting_network(snakemake, prepare_device(snakemake, running))
        history = train(snakemake, running, network)
        max_target = snakemake.params.training.get("max_target", math.inf)
        results = {}
        for path in snakemake.input.validation:
            name = Path(path).parent.name
            result = validate(network, StereoDataset(read_manifest(path)), max_target=max_target)
            running.log.info(
                "held-out %s: EPE %.3f px, D1 %.2f %% on %d pairs",
                name,
                *(result[k] for k in ("epe", "d1", "n_images")),
            )
            results[name] = result
        running.settings["held_out"] = results
        store(snakemake, network, history)


if __name__ == "__main__":  # several processes import this file
    main()
