"""Archives of many members: the work grows as their number does."""

import sys

import pytest

from supcore.download import extract_member, unpack
from tests.unit.download.test_download_archives import MAKERS


def count_steps(work, archive):
    """How many steps of the interpreter the work takes in the module of archives."""
    steps = 0

    def trace(frame, event, _):
        nonlocal steps
        if not frame.f_code.co_filename.endswith("archives.py"):
            return None
        frame.f_trace_opcodes = True
        steps += event == "opcode"
        return trace

    sys.settrace(trace)
    try:
        work(archive)
    finally:
        sys.settrace(None)
    return steps


@pytest.mark.parametrize("make", MAKERS)
def test_four_times_the_members_take_four_times_the_steps(tmp_path, make):
    """Not sixteen times, as where each is compared with all before it."""
    few, many = (make(tmp_path / f"{count}", [(f"{n}", b"") for n in range(count)]) for count in (50, 200))
    for take in (
        lambda archive: unpack(archive, archive.with_name(f"out of {archive.name}")),
        lambda archive: extract_member(archive, "49", archive.with_name("one")),
    ):
        assert count_steps(take, many) < 5 * count_steps(take, few)
