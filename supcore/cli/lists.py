"""Commands that list what there is."""

import inspect
from collections.abc import Iterable

import click

from supcore.cli.options import examples


@click.command(
    epilog=examples(
        "supcore networks",
    )
)
def networks() -> None:
    """List the networks, their weights and where they come from."""
    from supcore.networks.registry import NETWORKS
    from supcore.networks.released import DEMO, bundled_networks, weights_by_network

    try:
        weights = weights_by_network()
    except ImportError as error:
        weights = {name: [DEMO] if name in bundled_networks() else [] for name in NETWORKS}
        click.echo(f"without released weights: {error}", err=True)
    _print((name, f"weights: {', '.join(weights[name]) or 'none'}") for name in NETWORKS)


@click.command(
    epilog=examples(
        "supcore corruptions",
    )
)
def corruptions() -> None:
    """List the image corruptions."""
    from supcore.corruptions.registry import CORRUPTIONS

    _print(
        (name, f"{c.description}; {_severities(len(c.severities))}{', random' if c.random else ''}")
        for name, c in CORRUPTIONS.items()
    )


@click.command(
    epilog=examples(
        "supcore layouts",
    )
)
def layouts() -> None:
    """List the layouts of data sets that the workflow reads."""
    from supcore.data.layouts import LAYOUTS

    _print((name, _summary(layout.pairs)) for name, layout in LAYOUTS.items())


@click.command(
    epilog=examples(
        "supcore studies",
    )
)
def studies() -> None:
    """List the experiments of the workflow."""
    from supcore.studies import STUDIES, find_study

    _print((name, _summary(find_study(name, {}))) for name in STUDIES)


def _severities(count: int) -> str:
    return "severity 1" if count == 1 else f"severities 1-{count}"


def _summary(documented: object) -> str:
    """The first sentence of a docstring."""
    return " ".join((inspect.getdoc(documented) or "").partition("\n\n")[0].split())


def _print(lines: Iterable[tuple[str, str]]) -> None:
    lines = list(lines)
    width = max(len(name) for name, _ in lines)
    for name, text in lines:
        click.echo(f"{name:{width}}  {text}")
