"""Running a table of actions in a process of its own: another user's, or one whose disk is full.

A table is a module that is run with a folder as its argument. It prints the outcome of every action as JSON: the
message of the SupError, ``""`` if there was none, or the name of another exception.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from supcore.errors import SupError

REPOSITORY = Path(__file__).resolve().parents[2]


def print_outcomes(actions: dict[str, Callable[[], object]]) -> None:
    print(json.dumps({name: outcome(action) for name, action in actions.items()}))


def outcome(action: Callable[[], object]) -> str:
    try:
        action()
    except SupError as error:
        return str(error)
    except Exception as error:
        return f"unexpected {type(error).__name__}: {error}"
    return ""


def outcomes(prefix: list[str], module: str, folder: Path) -> dict[str, str] | None:
    """What the table ``module`` prints, run with a command before it; None where that command is not possible."""
    if prefix and subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode:
        return None
    command = [*prefix, sys.executable, "-m", f"tests.bad_input.{module}", str(folder)]
    finished = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    return json.loads(finished.stdout.splitlines()[-1])
