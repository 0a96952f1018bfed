"""``supcore export-card``: what goes with a file that is shared."""

from pathlib import Path

import click

from supcore.cli.options import examples


@click.command(
    "export-card",
    epilog=examples(
        "supcore export-card sup.safetensors",
        "supcore export-card results/sups/psmnet/demo/tile48_eps0.02/seed0/sup.safetensors \\",
        "    --transfer results/tables/transfer.csv --license 'CC BY 4.0' -o card.md",
    ),
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Markdown to write; printed if not given.")
@click.option(
    "--transfer", type=click.Path(path_type=Path), help="Transfer table of a workflow, for errors with controls."
)
@click.option("--license", "terms", help="Under which the file is shared.")
def export_card(file: Path, output: Path | None, transfer: Path | None, terms: str | None) -> None:
    """Write the card of a SUP or of weights.

    It says what the file is and how it was made, from the file's header and from the provenance beside it, and how to
    use and cite it; with --transfer also what it does, beside clean images and noise.
    """
    from supcore.files import write_text
    from supcore.sharing.cards import card

    text = card(file, transfer, terms)
    if output is None:
        click.echo(text, nl=False)
    else:
        write_text(output, text)
        click.echo(f"{output}: the card of {file}", err=True)
