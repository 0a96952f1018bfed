"""``supcore leaderboard``: networks of several people in one ranking."""

from pathlib import Path

import click

from supcore.cli.options import examples


@click.command(
    epilog=examples(
        "supcore leaderboard results/tables/transfer.csv",
        "supcore leaderboard mine.csv theirs.csv -o leaderboard.csv",
    )
)
@click.argument("tables", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), help="CSV to write.")
def leaderboard(tables: tuple[Path, ...], output: Path | None) -> None:
    """Rank networks by their error under the worst SUP.

    TABLES are transfer tables of the workflow, of one or of several people. All networks must have been evaluated under
    the same SUPs, as config/benchmark.yaml does it.
    """
    from supcore.reporting.summary import write_csv
    from supcore.sharing.leaderboards import merged_leaderboard, to_table, to_text

    rows = merged_leaderboard(tables)
    click.echo(to_text(rows), nl=False)
    if output:
        write_csv(to_table(rows).astype({"epsilon": "float64"}), output)
        click.echo(f"{output}: {len(rows)} rows", err=True)
