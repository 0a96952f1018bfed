"""Waiting for what other processes do."""

import time


def wait_until(condition):
    """Return once ``condition()`` holds; fail after ten minutes."""
    deadline = time.monotonic() + 600
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.1)
