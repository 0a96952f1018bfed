"""The command ``supcore`` and its sub-commands."""

from typing import Any

import click

from supcore.cli.apply import apply
from supcore.cli.attack import attack
from supcore.cli.doctor import doctor
from supcore.cli.evaluate import evaluate
from supcore.cli.export_card import export_card
from supcore.cli.leaderboard import leaderboard
from supcore.cli.lists import corruptions, layouts, networks, studies
from supcore.cli.options import examples
from supcore.cli.show import show
from supcore.errors import SupError, lack_of_memory
from supcore.extras import EXTRA
from supcore.openmp import wait_asleep


class Commands(click.Group):
    """Commands whose errors that the user can mend are one line, and exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        wait_asleep()
        try:
            return super().invoke(ctx)
        except Exception as error:
            if said := lack_of_memory(error):
                message = f"out of memory ({said}); use smaller images, a smaller --batch or a larger machine"
            elif isinstance(error, SupError) or (isinstance(error, ImportError) and error.name == EXTRA):
                message = str(error)
            else:
                raise
            raise click.ClickException(message) from error

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order that they were added in."""
        return list(self.commands)


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=examples(
        "supcore attack --network psmnet --weights demo --left LEFT --right RIGHT -o sup.safetensors",
        "supcore evaluate --network psmnet --weights demo --sup sup.safetensors --left LEFT --right RIGHT",
        "supcore apply sup.safetensors --left LEFT --right RIGHT -o perturbed",
    ),
)
@click.version_option(package_name="supcore")
def main() -> None:
    """Attack stereo networks with universal perturbations (SUPs), on pairs of your own."""


for command in (
    attack,
    evaluate,
    apply,
    show,
    export_card,
    leaderboard,
    doctor,
    networks,
    corruptions,
    layouts,
    studies,
):
    main.add_command(command)
