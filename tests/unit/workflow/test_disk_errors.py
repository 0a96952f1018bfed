"""What a disk or memory refuses is one line for the user; what the code does wrong keeps its traceback."""

import errno

import cv2
import numpy as np
import pytest
import torch

from supcore.errors import SupError
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


PETABYTE = 1 << 50  # beyond the addresses of a process


def border_of_gigabytes():
    cv2.copyMakeBorder(np.zeros((1, 1, 4), np.float64), 0, 1 << 27, 0, 1 << 27, cv2.BORDER_CONSTANT)


def misread():
    """As a reader does that takes every error for damage."""
    try:
        bytearray(PETABYTE)
    except Exception as error:
        raise SupError("a.npy: damaged; delete it") from error


def out_of_gpu_memory():
    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.\nSee the documentation.")


def unmapped():
    raise OSError(errno.ENOMEM, "Cannot allocate memory")


@pytest.mark.parametrize(
    "use",
    [
        lambda: bytearray(PETABYTE),
        lambda: np.zeros(PETABYTE, np.uint8),
        lambda: torch.zeros(PETABYTE, dtype=torch.uint8),
        *(border_of_gigabytes, misread, out_of_gpu_memory, unmapped),
    ],
)
def test_missing_memory_is_one_line_with_the_remedy(use):
    with pytest.raises(Exception) as caught:  # noqa: PT011, of many types
        use()
    line = refusal(caught.value)
    assert line is not None
    assert line.startswith("out of memory (")
    assert line.endswith("lower the batch or the image_size, or give jobs more (resources.mem_mb)")
    assert "\n" not in line


def test_a_file_that_cannot_be_used_is_told_in_its_own_words():
    assert refusal(SupError("a.png: missing; check the path")) == "a.png: missing; check the path"
