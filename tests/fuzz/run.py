"""Fuzz the readers for some minutes of processor time: ``python -m tests.fuzz.run --minutes 10``.

Prints the executions and the accepted files of every reader, and the smallest mutation that breaks one. The file of
a crash of the interpreter itself stays in the folder that is printed first.
"""

import argparse
import faulthandler
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.fuzz.harness import execute
from tests.fuzz.mutations import EDITS, mutated
from tests.fuzz.targets import TARGETS

ROUND = 500  # executions of one reader before the next has its turn


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=TARGETS, action="append", help="a reader; all by default")
    arguments = parser.parse_args()
    end, number = time.process_time() + 60 * arguments.minutes, arguments.seed
    executions, accepted, failures = Counter(), Counter(), Counter()
    faulthandler.enable()
    with tempfile.TemporaryDirectory() as folder:
        print(folder, flush=True)
        while time.process_time() < end:
            for name in arguments.only or TARGETS:
                try:
                    run_round(name, number, Path(folder), executions, accepted)
                except Exception:
                    failures[name] += 1
                    print(f"{name}, seed {number}:\n{traceback.format_exc()}", flush=True)
            number += 1
    for name in executions:
        print(f"{name}: {executions[name]} executions, {accepted[name]} accepted, {failures[name]} failures")
    print(f"{executions.total()} executions, {failures.total()} failures, seeds {arguments.seed} to {number - 1}")
    return bool(failures)


def run_round(name: str, number: int, folder: Path, executions: Counter, accepted: Counter) -> None:
    target = TARGETS[name]
    valid = target.valid()

    @seed(number)
    @settings(
        max_examples=ROUND,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(EDITS)
    def check(edits):
        executions[name] += 1
        accepted[name] += execute(target, target.complete(mutated(valid, edits)), folder)

    check()


if __name__ == "__main__":
    raise SystemExit(main())
