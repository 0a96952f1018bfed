"""``supcore attack``: optimize a SUP on pairs of one's own."""

from pathlib import Path
from typing import Any

import click

from supcore.cli.options import Size, chosen_network, examples, image_size_option, network_options, pair_options


@click.command(
    epilog=examples(
        "supcore attack --network psmnet --weights demo --left LEFT --right RIGHT -o sup.safetensors",
        "supcore attack --network psmnet --weights kitti15 --option align_corners=true --image-size 256x640 \\",
        "    --left LEFT --right RIGHT -o sup.safetensors --device cuda",
        "supcore attack --network psmnet --weights demo --left LEFT --right RIGHT -o nearer.safetensors --shift 5",
    )
)
@network_options
@pair_options
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help=".safetensors or .pth to write.")
@click.option("--epsilon", default=0.02, show_default=True, help="Bound of every element; intensities are in [0, 1].")
@click.option("--tile", type=Size(square=True), default="64", show_default=True, help="Side, HxW, or full.")
@click.option("--steps", type=click.IntRange(1), default=20, show_default=True, help="Number of steps.")
@click.option("--alpha", type=click.FloatRange(0, min_open=True), help="Length of a step. [epsilon / 5]")
@click.option("--batch", type=click.IntRange(1), default=1, show_default=True, help="Pairs in one step.")
@click.option("--shift", type=float, help="Lead to disparities so many pixels larger (nearer), negative: farther.")
@click.option("--scale", type=float, help="Lead to disparities times this factor.")
@click.option("--seed", default=0, show_default=True, help="Of the order of the pairs and the target noise.")
@image_size_option
def attack(
    left: Path,
    right: Path,
    output: Path,
    epsilon: float,
    tile: Any,
    steps: int,
    alpha: float | None,
    batch: int,
    shift: float | None,
    scale: float | None,
    seed: int,
    image_size: tuple[int, int] | None,
    **network: Any,
) -> None:
    """Optimize a SUP on stereo pairs, without ground truth.

    It leads away from what the network predicts for the clean pairs, or to what --shift or --scale makes of that. Steps
    go along the sign of the gradient. Pairs keep their size; what exceeds whole tiles, and the smallest pair, is
    cut off at the right and lower border. A run that was stopped goes on where it was.
    """
    from supcore.attack.goal import Goal
    from supcore.attack.optimization import SupOptions, optimize_sup
    from supcore.data.dataset import StereoDataset
    from supcore.data.own_pairs import cropped, find_pairs, whole_tiles
    from supcore.perturbation import StereoPerturbation
    from supcore.perturbation_files import check_suffix
    from supcore.progress import StepProgress

    check_suffix(output)
    target = _target(shift=shift, scale=scale)
    samples = find_pairs(left, right)
    smallest = (1, 1) if tile == "full" else tile
    size = image_size or whole_tiles(samples, smallest)
    samples = samples if image_size else cropped(samples)
    training, validation = StereoDataset(samples, size), StereoDataset(samples[:4], size)
    model = chosen_network(**network)
    sup = StereoPerturbation(tile, size, epsilon)
    settings = SupOptions(
        alpha=epsilon / 5 if alpha is None else alpha,
        step_rule="sign",
        batch=batch,
        steps=steps,
        seed=seed,
        checkpoint_every=max(1, min(steps, 10)),
        target=Goal.of(target),
    )
    progress = StepProgress(steps, f"SUP on {network['network']}", _log, seconds=10)

    def report(step: int, row: dict[str, float]) -> None:
        new = bool(row) and row["step"] == step
        note = f"loss {row['loss']:.4f}, D1 vs clean prediction {row['d1_clean']:.1f} %" if new else ""
        if new and target:
            note += f", within 3 px of the target {row['target_success']:.1f} %"
        progress(step, note)

    _log(f"{len(samples)} pairs of {size[0]}x{size[1]}")
    checkpoint = output.with_name(f".{output.name}.unfinished")
    optimize_sup(model, sup, training, validation, settings, checkpoint=checkpoint, progress=report)
    header = {name: network[name] for name in ("network", "weights")} | {"target": target}
    header = {name: value for name, value in header.items() if value}
    sup.cpu().save(
        output, {**header, "pairs": len(samples), "seed": seed, "alpha": settings.alpha, "step_rule": "sign"}
    )
    checkpoint.unlink(missing_ok=True)
    _log(f"{output}: compare it with noise on other pairs: supcore evaluate --sup {output} …")


def _target(**given: float | None) -> dict[str, float] | None:
    """What a targeted SUP leads to, as a configuration has it; None if nothing is given."""
    from supcore.attack.goal import Goal

    target = {name: value for name, value in given.items() if value is not None} or None
    try:
        Goal.of(target)
    except ValueError as error:
        raise click.UsageError(f"--shift, --scale: {error}") from error
    return target


def _log(line: str) -> None:
    click.echo(line, err=True)
