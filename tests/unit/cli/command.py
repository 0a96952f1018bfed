"""Running ``supcore`` in this process."""

from click.testing import CliRunner

from supcore.cli.main import main
from supcore.shipped import CHECKOUT

STREETS = CHECKOUT / "resources" / "streets"
PAIRS = ("--left", str(STREETS / "left"), "--right", str(STREETS / "right"))
DEMO = ("--network", "psmnet", "--weights", "demo")


def supcore(*arguments):
    """What the command prints on stdout; it must succeed."""
    done = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert done.exit_code == 0, done.output
    return done.stdout


def refused(*arguments):
    """The one line of an error that the user can mend."""
    done = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert done.exit_code == 1, done.output
    *_, line = done.stderr.splitlines()
    assert line.startswith("Error: ")
    return line
