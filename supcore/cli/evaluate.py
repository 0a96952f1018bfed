"""``supcore evaluate``: what a SUP does to a network, beside both controls."""

from pathlib import Path
from typing import Any

import click

from supcore.cli.options import chosen_network, examples, image_size_option, network_options, pair_options
from supcore.metric_names import BAD_PIXELS


@click.command(
    epilog=examples(
        "supcore evaluate --network psmnet --weights demo --sup sup.safetensors --left LEFT --right RIGHT",
        "supcore evaluate --network psmnet --weights demo --sup sup.safetensors --left LEFT --right RIGHT \\",
        "    --disparity DISPARITY --metric bad1 -o errors.csv",
        "supcore evaluate --network supcore.networks.external:ExternalNetwork --option 'command=[\"./matcher\"]' \\",
        "    --sup sup.safetensors --left LEFT --right RIGHT",
    )
)
@network_options
@click.option("--sup", type=click.Path(path_type=Path), required=True, help="The SUP's file.")
@pair_options
@click.option(
    "--disparity", type=click.Path(path_type=Path), help="Ground truth: 16-bit PNG (value / 256), PFM or npy."
)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="CSV to write: one row per pair and condition.")
@click.option(
    "--metric",
    "metrics",
    multiple=True,
    type=click.Choice(list(BAD_PIXELS)),
    help="Measure the share of pixels that are off by more than 1, 2 or 3 px, too; may be repeated.",
)
@click.option("--seed", default=0, show_default=True, help="Of the noise.")
@image_size_option
def evaluate(
    sup: Path,
    left: Path,
    right: Path,
    disparity: Path | None,
    output: Path | None,
    metrics: tuple[str, ...],
    seed: int,
    image_size: tuple[int, int] | None,
    **network: Any,
) -> None:
    """Measure a SUP beside clean images and random noise.

    The noise has the SUP's tile and epsilon. Errors are always against the network's own clean prediction, and against
    ground truth where it is given. D1 is the share of pixels that are off by more than 3 px and 5 %, EPE the mean error
    in pixels of the image as the network sees it.
    """
    from supcore.data.own_pairs import find_pairs
    from supcore.evaluation.own_pairs import evaluate_pairs, summary
    from supcore.evaluation.records import write_records
    from supcore.perturbation import StereoPerturbation
    from supcore.progress import StepProgress

    samples = find_pairs(left, right, disparity)
    perturbation = StereoPerturbation.load(sup)
    model = chosen_network(**network)
    progress = StepProgress(len(samples), "pairs", lambda line: click.echo(line, err=True), seconds=10)
    records = evaluate_pairs(
        model, perturbation, samples, image_size=image_size, seed=seed, metrics=metrics, progress=progress
    )
    weights = f" ({network['weights']})" if network["weights"] else ""
    click.echo(f"{network['network']}{weights}, {len(samples)} pairs, {sup}, epsilon {perturbation.epsilon:g}")
    click.echo(summary(records).to_string(float_format="{:.2f}".format, na_rep="-"))
    if output:
        write_records(records, output)
        click.echo(f"{output}: the errors of every pair", err=True)
