"""The README's first picture, docs/images/real_pair.png, from the results of ``make real``.

A corridor that an OAK-D camera saw (package stereodemo, MIT license, copyright 2022 Nicolas Burrus), clean and under a
SUP from synthetic streets, and what a released PSMNet makes of both. Run ``python -m docs.extensions.real_picture``.
"""

from pathlib import Path

from matplotlib.figure import Figure

from supcore.data.image_cache import open_pairs
from supcore.metrics import d1_error
from supcore.networks import build_network, load_weights
from supcore.perturbation import StereoPerturbation
from supcore.reporting.style import PAGE_WIDTH, save_figure, styled

RESULTS = Path("results/real_sample")
PICTURE = Path(__file__).parents[1] / "images/real_pair.png"
SCENE = "corridor"


@styled
def picture() -> Figure:
    """Left image and disparity, without and with the perturbation."""
    pairs = open_pairs(RESULTS / "manifests/oak_d/test.csv", (256, 640))
    index = next(i for i, sample in enumerate(pairs.samples) if SCENE in sample.left)
    sup = StereoPerturbation.load(RESULTS / "sups/psmnet_on_synthetic/released/tile64_eps0.02/seed0/sup.safetensors")
    network = build_network("psmnet", align_corners=False).eval()
    load_weights(network, RESULTS / "weights/psmnet/released.safetensors")
    clean = pairs[index].views()
    perturbed = sup(*clean)
    before, after = (network.predict(*views) for views in (clean, perturbed))
    figure = Figure(figsize=(0.75 * PAGE_WIDTH, 2.3), layout="constrained")
    axes = figure.subplots(2, 2)
    for column, (views, title) in enumerate(((clean, "photograph"), (perturbed, f"perturbed, ±{sup.epsilon}"))):
        axes[0, column].imshow(views[0][0].permute(1, 2, 0).clamp(0, 1).numpy())
        axes[0, column].set_title(title)
    top = float(before.quantile(0.98))
    for column, disparity in enumerate((before, after)):
        drawn = axes[1, column].imshow(disparity[0, 0].numpy(), vmin=0, vmax=top, cmap="viridis")
    axes[1, 0].set_title("disparity by PSMNet")
    axes[1, 1].set_title(f"disparity by PSMNet, D1 {float(d1_error(after, before)):.0f} %")
    for place in axes.flat:
        place.set_axis_off()
    figure.colorbar(drawn, ax=axes, extend="max", label="px")
    return figure


if __name__ == "__main__":
    save_figure(picture(), [PICTURE])
