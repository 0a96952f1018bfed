"""Parameters of every network, and time and memory of its forward pass and of a step of a SUP's optimization.

The floor of a step is the time of its convolutions' and matrix products' operations at the highest rate that PyTorch
reaches on this machine. ``--against COMMIT`` measures an older version of this repository, too, in the same minutes:
its step, how many times faster ours is, with a stored clean prediction, too, and how many times faster eight SUPs are
evaluated if the older version predicts clean images anew for each of them. Run ``python tests/benchmarks/networks.py >
docs/reference/networks/costs.md`` on a quiet machine: the pages of the networks show that table. Every network runs in
a process of its own, so that the peak is its own; weights are random.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from timing import parser

from supcore.networks.registry import NETWORKS

REPOSITORY = Path(__file__).resolve().parents[2]
SUPS = 8  # evaluated: ours predict clean images once, the authors' code anew for each
PASSED_ON = ("clock", "repeats", "threads", "height", "width", "batch", "device", "precision")
HEAD = "| network | parameters, M | forward, s | SUP step, s | step / floor | peak memory, MB |"


def main() -> None:
    """Measure, and print the table's rows as they come."""
    options = arguments()
    with tempfile.TemporaryDirectory() as folder:
        if options.against:
            clone = ["git", "clone", "--quiet", "--no-checkout", REPOSITORY, folder]
            subprocess.run(list(map(str, clone)), check=True)
            subprocess.run(["git", "checkout", "--quiet", options.against], cwd=folder, check=True)
        print(intro(options))
        head = HEAD
        if options.against:
            head += f" step at {options.against}, s | times faster | clean stored | 8 SUPs evaluated | its peak, MB |"
        print(f"{head}\n|{'---|' * (head.count('|') - 1)}", flush=True)
        for name in options.networks:
            print(row(name, options, folder), flush=True)


def intro(options: argparse.Namespace) -> str:
    """What the numbers are of, in Markdown."""
    size = f"{options.batch} × 3 × {options.height} × {options.width}"
    place = f"{options.device}, {options.threads} thread{'s' if options.threads > 1 else ''}"
    return f"""\
{size}, {options.precision}, random weights, {place}. A SUP step is a clean prediction, a forward and a backward pass;
its floor the time that its convolutions and matrix products would take at the highest rate that PyTorch reaches there.
The peak is that of the process, PyTorch included.
"""


def arguments() -> argparse.Namespace:
    """Those of the command line; sides of the image are multiples of the tile's."""
    made = parser(__doc__, repeats=1)
    made.add_argument("--networks", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    made.add_argument("--threads", type=int, default=1)
    made.add_argument("--height", type=int, default=256)
    made.add_argument("--width", type=int, default=640)
    made.add_argument("--batch", type=int, default=1)
    made.add_argument("--device", default="cpu", help="cpu or cuda")
    made.add_argument("--precision", default="float32", help="float32 or bfloat16")
    made.add_argument("--deterministic", action="store_true", help="sums in a fixed order on a GPU, too")
    made.add_argument("--against", help="a commit")
    return made.parse_args()


def row(name: str, options: argparse.Namespace, clone: str) -> str:
    """One network's row."""
    ours = measured(name, options, REPOSITORY)
    ratio = f"{ours['step'] / ours['floor']:.1f}" if ours["floor"] else "–"
    digits = 1 if options.device == "cpu" else 3
    text = f"| `{name}` | {ours['parameters'] / 1e6:.2f} | {ours['forward']:.{digits}f} | {ours['step']:.{digits}f} | "
    text += f"{ratio} | {ours['peak']:.0f} |"
    if not options.against:
        return text
    before = measured(name, options, Path(clone))
    if not before:
        return f"{text} – | – | – | – | – |"
    stored = before["step"] / (ours["step"] - ours["forward"])  # what is left of a step when its clean pass is stored
    evaluated = 2 * SUPS * before["forward"] / ((SUPS + 1) * ours["forward"])
    ratios = " | ".join(f"{ratio:.2f}" for ratio in (before["step"] / ours["step"], stored, evaluated))
    return f"{text} {before['step']:.{digits}f} | {ratios} | {before['peak']:.0f} |"


def measured(name: str, options: argparse.Namespace, repository: Path) -> dict[str, float]:
    """What ``one_network.py`` prints of one of them with the library of a repository; nothing if it lacks it."""
    command = [sys.executable, str(Path(__file__).with_name("one_network.py")), f"--network={name}"]
    command += [f"--{key}={getattr(options, key)}" for key in PASSED_ON]
    command += ["--deterministic"] if options.deterministic else []
    environment = {**os.environ, "PYTHONPATH": str(repository), "OMP_WAIT_POLICY": "PASSIVE"}
    run = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    found: dict[str, float] = json.loads(run.stdout)
    return found


if __name__ == "__main__":
    main()
