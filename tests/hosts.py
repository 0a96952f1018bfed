"""Hosts with common folders, as a cluster's nodes have them: namespaces of this machine."""

import shutil
import subprocess

import pytest


def on_host(name: str, *, network: bool = True) -> list[str]:
    """What begins a command that runs on a host of this name, with processes of its own; skips where there can be none.

    The host dies with the command, whatever it has started. Its processes have other numbers than those of a host whose
    name has another length, where the system lets them choose, so that nobody takes a process there for one here.

    Args:
        name: of the host.
        network: whether it has one of its own, which reaches nobody.
    """
    if shutil.which("unshare") is None:
        pytest.skip("unshare is not installed")
    prefix = ["unshare", "--map-current-user", "--keep-caps", "--mount", "--uts", "--pid", "--mount-proc"]
    prefix += ["--fork", "--kill-child", *(["--net"] if network else [])]
    number = "{ echo $((${#0} * 1000)) > /proc/sys/kernel/ns_last_pid; } 2> /dev/null"
    prefix += ["sh", "-c", f'hostname "$0" && ({number} || true) && exec "$@"', name]
    if subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this system lets nobody have a host of his own")
    return prefix
