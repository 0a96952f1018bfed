"""``python -m tests.rehearsal``: every configuration of the paper on its miniature, then what came of them."""

import argparse
import subprocess
import time
from pathlib import Path

from tests.rehearsal.rehearse import CONFIGURATIONS, prepared
from tests.workflow.conftest import Workspace

FOLDER = Path("results/rehearsal")
PORT = 47890  # the same every time, or a second run would fetch everything again


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.rehearsal", description=__doc__)
    parser.add_argument("configurations", nargs="*", metavar="NAME", help=f"of {', '.join(CONFIGURATIONS)}; all unless given")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    chosen = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    workspace = Workspace(FOLDER.resolve())
    with prepared(workspace.folder, device=chosen.device, port=PORT) as runs:
        for name in chosen.configurations or CONFIGURATIONS:
            started = time.monotonic()
            command = workspace.command("--keep-going", config=runs[name], cores=chosen.cores)
            print(" ".join(command))
            with (workspace.folder / f"{name}.log").open("w") as log:
                code = subprocess.run(command, cwd=workspace.folder, stdout=log, stderr=subprocess.STDOUT).returncode
            print(name, code, f"{(time.monotonic() - started) / 60:.1f} min")


main()
