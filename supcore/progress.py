"""How far a long loop is: a bar in a terminal, and lines in a log."""

import time
from collections.abc import Callable

from tqdm import tqdm


class StepProgress:
    """Called after steps, it moves a bar if stderr is a terminal, and now and then logs a line with rate and time left.

    Args:
        total: number of steps.
        description: what the bar is called.
        log: takes a line.
        interval: steps between two calls.
        seconds: after which a line is due without any note.
        clock: seconds that rise.
    """

    def __init__(
        self,
        total: int,
        description: str,
        log: Callable[[str], object],
        *,
        interval: int = 1,
        seconds: float = 60,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._total, self._log, self._seconds, self._clock, self._interval = total, log, seconds, clock, interval
        self._bar = tqdm(total=total, desc=description, unit="step", disable=None)
        self._begin = self._last_line = clock()
        self._first: int | None = None

    def __call__(self, step: int, note: str = "") -> None:
        """Report that ``step`` steps are done; a note is logged at once, with them."""
        if self._first is None:
            self._first = max(step - self._interval, 0)
            if self._first:
                self._log(f"going on after step {self._first}")
                self._bar.update(self._first)
        self._bar.update(step - self._bar.n)
        now = self._clock()
        if note or now - self._last_line >= self._seconds or step == self._total:
            self._last_line = now
            self._log(self._line(step, now - self._begin) + (f": {note}" if note else ""))
        if step == self._total:
            self._bar.close()

    def _line(self, step: int, elapsed: float) -> str:
        done = step - (self._first or 0)
        line = f"step {step} of {self._total}"
        if done <= 0 or elapsed <= 0:
            return line
        rate = done / elapsed
        shown = f"{rate:.2f} steps/s" if rate >= 1 else f"{1 / rate:.1f} s/step"
        left = tqdm.format_interval((self._total - step) / rate)
        return f"{line} ({shown}, {left} left)" if step < self._total else f"{line} ({shown})"
