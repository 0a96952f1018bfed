"""What every refusal has in common, whatever the input."""

import re
import signal
from contextlib import contextmanager
from pathlib import Path

import pytest

from supcore.errors import SupError

SECONDS = 20
MEBIBYTES = 256  # beyond what the process holds already; the bombs of the tests need gigabytes where they go off
LONGEST = 600


def check_refusal(action, folder, line):
    """Run ``action``, which must raise a SupError as the user needs it, in bearable time and memory.

    Args:
        action: what uses the bad input.
        folder: everything that the action could write to; it must stay as it is.
        line: how the message begins, with the culprit, and goes on, to the remedy; ``…`` is whatever is between.
    """
    before = content(folder)
    with _limited(), pytest.raises(SupError) as caught:
        action()
    check_line(str(caught.value), line)
    assert content(folder) == before, "something was written"


def check_line(message, line):
    """One line of bearable length that begins as it should."""
    assert len(message.splitlines()) == 1, message
    assert len(message) < LONGEST, message
    assert re.match(".*".join(map(re.escape, re.split(" ?… ?", line))), message), f"{message}\nis not\n{line}"


def content(folder):
    """Every file below a folder with its first bytes, the hidden ones too; links and folders by name only."""
    return {path: _beginning(path) if path.is_file() else None for path in Path(folder).rglob("*")}


def _beginning(path):
    with path.open("rb") as stream:
        return path.stat().st_size, stream.read(MEBIBYTES << 20)


@contextmanager
def _limited():
    """Stop what hangs, and fail what needs too much memory."""
    old = signal.signal(signal.SIGALRM, _too_late)
    signal.alarm(SECONDS)
    start = peak_memory(reset=True)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, old)
    assert peak_memory() - start < MEBIBYTES << 20, "needs too much memory"


def _too_late(*_):
    raise TimeoutError(f"not refused within {SECONDS} s")


def peak_memory(reset=False):
    """Most bytes of memory that this process held since the last reset; 0 where the system does not tell."""
    status, clear = Path("/proc/self/status"), Path("/proc/self/clear_refs")
    if not clear.exists():
        return 0
    if reset:
        clear.write_text("5")
    return int(re.search(r"VmHWM:\s+(\d+)", status.read_text())[1]) << 10
