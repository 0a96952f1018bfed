"""How threads wait for each other."""

import os


def wait_asleep() -> None:
    """Let idle threads of this process and its children sleep; before PyTorch is imported.

    By default they spin for a while and keep a core from whoever could use it: with two processes of two threads on two
    cores, a prediction takes fifty times longer. What is set already stays.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
