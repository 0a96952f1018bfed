"""Show what one SUP does to the scene with the median D1 against ground truth."""

from typing import TYPE_CHECKING

import numpy as np

from _evaluation import load_target
from _job import job
from supcore.data.dataset import to_unit_range
from supcore.perturbation import StereoPerturbation
from supcore.reporting.pictures import qualitative_panel
from supcore.reporting.selection import median_image
from supcore.reporting.style import save_figure
from supcore.reporting.summary import read_records

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as running:
    device = running.prepare_device(snakemake)
    target = load_target(snakemake, device)
    size, epsilon, seed = snakemake.params.name
    index = median_image(read_records([snakemake.input.records]), size=size, epsilon=float(epsilon), seed=seed)
    pair = target.pairs[index]
    left, right = (to_unit_range(view)[None].to(device) for view in (pair.left, pair.right))
    sup = StereoPerturbation.load(snakemake.input.sup)
    perturbed = sup(left, right)
    figure = qualitative_panel(
        *(view[0].cpu().numpy() for view in perturbed),
        sup.tiled(sup.left, *left.shape[-2:]).numpy(),
        np.load(target.clean_predictions, mmap_mode="r", allow_pickle=False)[index, 0],
        target.network.predict(*perturbed)[0, 0].cpu().numpy(),
        pair.disparity[0].numpy(),
        float(pair.disparity.max()),
    )
    save_figure(figure, [snakemake.output.pdf, snakemake.output.png])
    running.log.info("image %d of %d", index, len(target.pairs))
