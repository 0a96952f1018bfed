"""Fine-tune a stereo network on clean and perturbed pairs."""

from typing import TYPE_CHECKING

from supcore.data.dataset import StereoDataset
from supcore.data.manifest import read_manifest
from supcore.perturbation import StereoPerturbation
from supcore.training import AdversarialFinetuning
from supcore.workflow.jobs.job import job
from supcore.workflow.jobs.networks import prepare_device
from supcore.workflow.jobs.training import job_seed, starting_network, store, train

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main():
    with job(snakemake) as running:
        recipe, files = snakemake.params.training, snakemake.input
        network = starting_network(snakemake, prepare_device(snakemake, running))
        extension = AdversarialFinetuning(
            [StereoPerturbation.load(path) for path in files.sups],
            StereoDataset(read_manifest(files.validation[0]), tuple(snakemake.params.image_size), keep_in_memory=True),
            probability=recipe["probability"],
            seed=job_seed(snakemake),
            selection=recipe["selection"],
        )
        store(snakemake, network, train(snakemake, running, network, extension))


if __name__ == "__main__":  # several processes import this file
    main()
