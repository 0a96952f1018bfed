"""What the benchmarks share: their options, and the fastest of several runs."""

import argparse
import time
from collections.abc import Callable, Sequence

CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}
Clock = Callable[[], float]


def parser(doc: str, repeats: int) -> argparse.ArgumentParser:
    """Options that every benchmark has; ``--clock cpu`` counts processor time, which other jobs disturb less."""
    made = argparse.ArgumentParser(description=doc.splitlines()[0])
    made.add_argument("--clock", choices=CLOCKS, default="wall")
    made.add_argument("--repeats", type=int, default=repeats, help="the fastest counts")
    return made


def fastest(actions: Sequence[Callable[[], object]], repeats: int, clock: Clock) -> list[float]:
    """Fewest seconds of every action, taken in turn; the first round warms up and does not count."""
    best = [float("inf")] * len(actions)
    for repeat in range(repeats + 1):
        for i, action in enumerate(actions):
            started = clock()
            action()
            if repeat:
                best[i] = min(best[i], clock() - started)
    return best
