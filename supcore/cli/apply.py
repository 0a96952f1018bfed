"""``supcore apply``: perturbed pairs as image files."""

from pathlib import Path

import click

from supcore.cli.options import examples, image_size_option, pair_options


@click.command(
    epilog=examples(
        "supcore apply sup.safetensors --left LEFT --right RIGHT -o perturbed",
    )
)
@click.argument("sup", type=click.Path(path_type=Path))
@pair_options
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="Folder: left/ and right/ in it.")
@image_size_option
def apply(sup: Path, left: Path, right: Path, output: Path, image_size: tuple[int, int] | None) -> None:
    """Add a SUP to stereo pairs and write them as PNG.

    Tiles are repeated from the top left corner and cut off at the right and lower border, so pairs of any size keep it,
    and their disparities. On 8 bits a change is a whole number of gray levels, never more than epsilon.
    """
    from supcore.data.own_pairs import find_pairs
    from supcore.evaluation.perturbed_files import write_perturbed
    from supcore.perturbation import StereoPerturbation

    samples = find_pairs(left, right)
    write_perturbed(StereoPerturbation.load(sup), samples, output, image_size)
    click.echo(f"{output}: {len(samples)} perturbed pairs in left/ and right/", err=True)
