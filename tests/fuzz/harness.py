"""One execution: a file is read, within time and memory."""

import signal
import time
import warnings
from contextlib import contextmanager
from pathlib import Path

from supcore.errors import SupError
from tests.fuzz.targets import Target
from tests.refusal import peak_memory

SECONDS = 5  # of computation, so that a busy machine fails nothing
TIMES_THE_FILE = 4
CONSTANT = 64 << 20  # bytes: imports at first use, thread pools


def execute(target: Target, content: bytes, folder: Path) -> bool:
    """Read a mutated file; whether it was accepted.

    Raises:
        AssertionError: an invalid result, a message that is no single line, too much time or memory.
        Exception: whatever else than a SupError the reader raises; TimeoutError for one that hangs.
    """
    path = folder / f"mutated{target.suffix}"
    path.write_bytes(content)
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
    if message is None:
        assert target.correct(result), result
        return True
    assert len(message.splitlines()) == 1, message
    assert message.startswith(str(path)), message
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
