"""Jobs as forks of a process that has PyTorch imported already, which takes longer than what a miniature computes.

Snakemake starts the script of a job with the Python that it runs in. :func:`snakemake` tells it to take a small program
instead, which hands the script to the waiting process: the same script, in a process of its own.
"""

import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

# What jobs import. Not what starts threads or the GPU, which no fork survives.
PRELOADED = (
    *("torch", "torch._decomp", "torch.export", "pandas", "cv2", "scipy.ndimage", "matplotlib.pyplot", "seaborn"),
    *("supcore.workflow.jobs.networks", "supcore.attack.optimization", "supcore.data.image_cache", "supcore.download"),
)
_CLIENT = """#!/bin/sh
exec '{python}' -SE -c '
import json, os, socket, sys
job = {{"script": sys.argv[1], "folder": os.getcwd(), "environment": dict(os.environ)}}
connection = socket.socket(socket.AF_UNIX)
connection.connect("{address}")
socket.send_fds(connection, [json.dumps(job).encode() + b"\\n"], [0, 1, 2])
sys.exit(int(connection.recv(16) or b"1"))' "$@"
"""


@contextmanager
def snakemake() -> Iterator[list[str]]:
    """While the block runs, the beginning of a command line that runs Snakemake with its jobs as forks."""
    with tempfile.TemporaryDirectory(prefix="forks-") as folder:
        address, client = Path(folder) / "socket", Path(folder) / "python"
        client.write_text(_CLIENT.format(python=sys.executable, address=address))
        client.chmod(0o700)
        command = [sys.executable, "-m", __name__, str(address)]
        pipes = {
            "stdin": subprocess.PIPE,
            "stdout": subprocess.PIPE,
        }
        with subprocess.Popen(command, env=_environment(), **pipes) as waiting:
            try:
                if waiting.stdout is None or not waiting.stdout.readline():
                    raise RuntimeError("the process that jobs are forks of has ended; see its message above")
                start = f"import sys; sys.executable = {str(client)!r}; from snakemake.cli import main; main()"
                yield [sys.executable, "-c", start]
            finally:
                waiting.terminate()


def listen(address: str) -> None:
    """Import what jobs need, then run one job in a fork for every connection, until the standard input is closed."""
    for module in PRELOADED:
        importlib.import_module(module)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the forks
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(address)
        server.listen(64)
        print("listening", flush=True)
        while sys.stdin not in select.select([server, sys.stdin], [], [])[0]:
            connection, _ = server.accept()
            message, streams, *_ = socket.recv_fds(connection, 1 << 16, 3)
            while not message.endswith(b"\n"):
                message += connection.recv(1 << 16)
            if os.fork() == 0:
                server.close()
                _run(connection, json.loads(message), streams)
            for descriptor in (connection.detach(), *streams):
                os.close(descriptor)


def _run(connection: socket.socket, job: dict[str, str], streams: list[int]) -> NoReturn:
    """Run the script of a job as Python would, and tell its exit status."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for place, descriptor in enumerate(streams):
        os.dup2(descriptor, place)
    os.chdir(job["folder"])
    os.environ.clear()
    os.environ.update(job["environment"])
    sys.argv, sys.path[0] = [job["script"]], str(Path(job["script"]).parent)
    status = 1
    try:
        runpy.run_path(job["script"], run_name="__main__")
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    connection.send(str(status).encode())
    os._exit(status)


def _environment() -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1", "MPLBACKEND": "agg"}


if __name__ == "__main__":
    listen(sys.argv[1])
