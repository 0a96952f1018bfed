"""``supcore doctor``: whether the installation works."""

import click

from supcore.cli.options import examples


@click.command(
    epilog=examples(
        "supcore doctor",
        "supcore doctor psmnet --size 256x256",
    )
)
@click.argument("networks", nargs=-1)
@click.option(
    "--size",
    type=click.Choice(["256x640", "256x256"]),
    default="256x640",
    show_default=True,
    help="Of the random pair.",
)
@click.option("--device", default="cpu", show_default=True, help="cpu or cuda.")
def doctor(networks: tuple[str, ...], size: str, device: str) -> None:
    """Check the installation, every network included.

    Versions, GPU, operators and the bundled weights are checked. Each network runs forward and backward on a random
    pair, and its numbers are compared with stored ones. Exit code 1 if anything is wrong. All networks take minutes and
    up to 10 GB of memory; name some to check only those.
    """
    import torch

    from supcore.device import fix_arithmetic
    from supcore.installation.checks import findings
    from supcore.networks import NETWORKS

    if unknown := sorted(set(networks) - set(NETWORKS)):
        raise click.BadParameter(f"unknown network {', '.join(unknown)}; known: {', '.join(NETWORKS)}")
    fix_arithmetic(torch.get_num_threads())
    height, width = map(int, size.split("x"))
    wrong = 0
    for finding in findings(networks or None, (height, width), device):
        click.echo(f"{'WRONG' if finding.wrong else 'ok':6} {finding.subject}: {finding.text}")
        wrong += finding.wrong
    click.echo(f"{wrong} problems" if wrong else "everything works")
    raise SystemExit(1 if wrong else 0)
