"""One execution: a file is read, within time and memory."""

import shutil
import signal
import time
import warnings
from contextlib import contextmanager
from pathlib import Path

from supcore.errors import SupError
from tests.fuzz.target import UNPACKED, Target
from tests.refusal import peak_memory

SECONDS = 5  # of computation, so that a busy machine fails nothing
TIMES_THE_FILE = 4
CONSTANT = 64 << 20  # bytes: imports at first use, thread pools


def execute(target: Target, content: bytes, folder: Path) -> bool:
    """Read a mutated file; whether it was accepted.

    Raises:
        AssertionError: an invalid result, a message that is no single line, too much time or memory, a file where none
            belongs.
        Exception: whatever else than a SupError the reader raises; TimeoutError for one that hangs.
    """
    path = folder / "below" / target.name  # so that a file that leaves its folder is found
    shutil.rmtree(path.parent, ignore_errors=True)
    path.parent.mkdir()
    path.write_bytes(content)
    before = set(folder.rglob("*"))
    start, began, message = peak_memory(reset=True), time.process_time(), None
    try:
        with _limited(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = target.read(path)
    except SupError as error:
        message = str(error)
    used, seconds = peak_memory() - start, time.process_time() - began
    assert seconds < SECONDS, f"{seconds:.1f} s"
    assert used < TIMES_THE_FILE * len(content) + CONSTANT, f"{used} bytes for a file of {len(content)}"
    made = {made for made in folder.rglob("*") if path.with_name(UNPACKED) not in (made, *made.parents)} - before
    assert not made, made
    if message is None:
        assert target.correct(result), result
        return True
    assert message.isprintable(), repr(message)
    assert message.startswith(str(path)), message
    assert not path.with_name(UNPACKED).exists(), "half of an archive"
    return False


@contextmanager
def _limited():
    old = signal.signal(signal.SIGPROF, _too_late)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, old)


def _too_late(*_):
    raise TimeoutError(f"not read within {SECONDS} s")
