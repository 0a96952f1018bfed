"""What a disk refuses is one line for the user; what the code does wrong keeps its traceback."""

import errno

import pytest

from supcore.workflow.jobs.job import refusal


def refused(number, filename="results/a.csv"):
    return OSError(number, "what the system says", filename)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EIO, errno.EMFILE])
def test_a_refusal_names_the_file_and_the_remedy(number):
    line = refusal(refused(number))
    assert line is not None
    assert line.startswith("results/a.csv: what the system says; free space")
    assert "\n" not in line


@pytest.mark.parametrize("error", [refused(errno.ENOENT), refused(errno.EINVAL), ValueError("x"), KeyError(3)])
def test_other_errors_are_none(error):
    assert refusal(error) is None


def stumble(number):
    """Fail, and fail differently when cleaning up."""
    try:
        raise refused(number)
    finally:
        None.write(b"")


def test_a_writer_that_stumbles_twice_had_a_full_disk():
    with pytest.raises(AttributeError) as caught:
        stumble(errno.ENOSPC)
    assert "what the system says" in refusal(caught.value)


def test_what_fails_after_a_missing_right_is_a_fault_of_its_own():
    with pytest.raises(AttributeError) as caught:
        stumble(errno.EACCES)
    assert refusal(caught.value) is None
