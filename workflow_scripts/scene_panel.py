"""Show what one SUP does to the scenes with the median and with the largest error."""

from typing import TYPE_CHECKING

from supcore.evaluation.predictions import open_predictions
from supcore.perturbation import StereoPerturbation
from supcore.reporting.labels import label
from supcore.reporting.pictures import qualitative_panel
from supcore.reporting.scenes import MEDIAN, WORST, chosen_scenes
from supcore.reporting.style import save_figure
from supcore.reporting.summary import read_records
from supcore.workflow.jobs.evaluation import load_target
from supcore.workflow.jobs.job import job
from supcore.workflow.jobs.networks import prepare_device

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def panel(target, sup, device, index, title):
    """The figure of one image of the reported split."""
    pair = target.pairs[index]
    left, right = pair.views(device)
    perturbed = sup(left, right)
    clean = open_predictions(target.clean_predictions, target.pairs)[index, 0]
    truth = pair.disparity[0].numpy()
    return qualitative_panel(
        *(view[0].cpu().numpy() for view in perturbed),
        sup.tiled(sup.left, *left.shape[-2:]).numpy(),
        clean,
        target.network.predict(*perturbed)[0, 0].cpu().numpy(),
        truth,
        float(truth.max() or clean.max()),
        title,
    )


with job(snakemake) as running:
    device = prepare_device(snakemake, running)
    files, outputs = snakemake.input, snakemake.output
    target = load_target(snakemake, device)
    sup = StereoPerturbation.load(files.sup)
    size, epsilon, seed = snakemake.params.name
    records = (read_records([path]) for path in (files.clean, files.attacked))
    scenes = chosen_scenes(*records, size=size, epsilon=float(epsilon), seed=seed)
    places = {MEDIAN: [outputs.pdf, outputs.png], WORST: [outputs.worst_pdf, outputs.worst_png]}
    for rank, scene in scenes.items():
        title = f"{label(target.name)} on {label(target.dataset)}, {rank} scene: {scene.describe()}"
        save_figure(panel(target, sup, device, scene.image, title), places[rank])
        running.log.info("%s: %s", rank, scene.describe())
    running.settings["scenes"] = {rank: vars(scene) for rank, scene in scenes.items()}
