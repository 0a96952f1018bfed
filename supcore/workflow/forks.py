"""``python -m supcore.workflow.forks ARGUMENTS``: Snakemake, its local jobs as forks of one process.

Importing PyTorch takes a small job longer than what it computes. Snakemake starts the script of a job with the Python
that it runs in; here it is told to take a small program instead, which hands the script to a process that has imported
everything already. That runs the same script in a fork of itself: a process of its own, with the same results.
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
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from supcore.errors import SupError
from supcore.openmp import wait_asleep

# What jobs import. Not what starts threads or the GPU, which no fork survives.
PRELOADED = (
    *("torch", "torch._decomp", "torch.export", "pandas", "cv2", "scipy.ndimage", "matplotlib.pyplot", "seaborn"),
    *("supcore.workflow.jobs.networks", "supcore.attack.optimization", "supcore.data.image_cache", "supcore.download"),
    *("supcore.evaluation.records", "supcore.workflow.jobs.evaluation", "supcore.reporting.style"),
    *("snakemake.script", "fontTools.subset", "fontTools.ttLib"),
)
_LONGEST_FOLDER = 80  # the address of a socket has room for about a hundred bytes
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
def stand_in() -> Iterator[str]:
    """While the block runs, the path of a program to start scripts with in place of Python.

    Raises:
        SupError: something that jobs need cannot be imported, or no program may lie in the temporary folder.
    """
    short = "/tmp" if len(tempfile.gettempdir()) > _LONGEST_FOLDER else None
    with tempfile.TemporaryDirectory(prefix="forks-", dir=short) as folder:
        address, client = Path(folder) / "socket", Path(folder) / "python"
        client.write_text(_CLIENT.format(python=sys.executable, address=address))
        client.chmod(0o700)
        if not os.access(client, os.X_OK):
            raise RuntimeError(
                f"{folder}: no program may run from here; set TMPDIR to another folder, or use snakemake"
            )
        command = [sys.executable, "-m", "supcore.workflow.forks", "--listen", str(address)]
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "MPLBACKEND": "agg"}
        with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as waiting:
            try:
                if waiting.stdout is None or not waiting.stdout.readline():
                    raise SupError("the process that jobs are forks of has ended; see its message above")
                yield str(client)
            finally:
                waiting.terminate()


@contextmanager
def snakemake() -> Iterator[list[str]]:
    """While the block runs, the beginning of a command line that runs Snakemake with its jobs as forks."""
    with stand_in() as python:
        start = f"import sys; sys.executable = {python!r}; from snakemake.cli import main; main()"
        yield [sys.executable, "-c", start]


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


def _run(connection: socket.socket, job: dict[str, Any], streams: list[int]) -> NoReturn:
    """Run the script of a job as Python would, and tell its exit status."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for place, descriptor in enumerate(streams):
        os.dup2(descriptor, place)
    threading.Thread(target=_end_with, args=(connection,), daemon=True).start()
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
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    connection.send(str(status).encode())
    os._exit(status)


def _end_with(connection: socket.socket) -> None:
    """End this job when Snakemake ends the program that stands for it."""
    if not connection.recv(1):
        os.kill(os.getpid(), signal.SIGTERM)


def main(arguments: list[str]) -> None:
    """Run Snakemake in this process, which ends with its exit status."""
    from snakemake import cli

    with stand_in() as python:
        sys.executable, sys.argv = python, ["snakemake", *arguments]
        cli.main()


if __name__ == "__main__":
    wait_asleep()
    if sys.argv[1:2] == ["--listen"]:
        listen(sys.argv[2])
    else:
        try:
            main(sys.argv[1:])
        except SupError as error:
            sys.exit(f"error: {error}")
