"""``supcore show``: what a SUP's file holds."""

from pathlib import Path

import click

from supcore.cli.options import examples


@click.command(
    epilog=examples(
        "supcore show sup.safetensors -o preview.png",
    )
)
@click.argument("sup", type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="Picture to draw: tiles and spectra (PNG or PDF)."
)
def show(sup: Path, output: Path | None) -> None:
    """Show a SUP's header and norms, and draw it."""
    from supcore.perturbation import StereoPerturbation
    from supcore.tensor_files import is_safetensors, read_tensors

    loaded = StereoPerturbation.load(sup)
    facts = {
        "tile": f"{loaded.size[0]}x{loaded.size[1]}",
        "image_size": f"{loaded.image_size[0]}x{loaded.image_size[1]}",
        "epsilon": f"{loaded.epsilon:g} ({255 * loaded.epsilon:.1f} of 255 gray levels)",
        "train_step": "unknown" if loaded.train_step is None else str(loaded.train_step),
    }
    header = read_tensors(sup)[1] if is_safetensors(sup) else {}
    facts |= {str(name): str(value) for name, value in header.items() if name not in facts}
    for side in ("left", "right"):
        tile = getattr(loaded, side)
        share = (tile.abs() >= 0.999 * loaded.epsilon).float().mean()
        facts[side] = (
            f"largest {float(tile.abs().max()):.4g}, mean |x| {float(tile.abs().mean()):.4g}, "
            f"L2 {float(tile.norm()):.4g}, {100 * float(share):.0f} % at the bound"
        )
    for name, text in facts.items():
        click.echo(f"{name:12} {text}")
    if output:
        _draw(loaded, output)


def _draw(sup: object, output: Path) -> None:
    from supcore.extras import require_workflow

    require_workflow("supcore show -o", "matplotlib")
    from supcore.reporting.pictures import sup_preview
    from supcore.reporting.style import save_figure

    figure = sup_preview(sup.left.numpy(), sup.right.numpy(), sup.epsilon, image_size=sup.image_size)  # type: ignore[attr-defined]
    save_figure(figure, [str(output)])
