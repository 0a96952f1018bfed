"""Folders that are closed, read-only or full."""

import os
import shutil
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from supcore.data.image_io import write_image
from supcore.download import extract_member
from tests.bad_input import closed_places
from tests.bad_input.children import outcomes
from tests.refusal import check_line, check_refusal
from tests.workflow.conftest import write_pairs

NOBODY = 65534


def write_archive(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a", bytes(200_000))


# ---- closed ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def closed():
    """What an ordinary user gets of closed places; the administrator, whom nothing stops, becomes one."""
    prefix = []
    if os.getuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("run by the administrator, whom no permission stops, and without setpriv")
        prefix = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    # Not below the folder of pytest, which others may not enter.
    folder = Path(tempfile.mkdtemp(prefix="closed places "))
    try:
        make_places(folder)
        found = outcomes(prefix, "closed_places", folder)
        if found is None:
            pytest.skip("this system does not let the administrator act as an ordinary user")
        yield folder, found
    finally:
        for path in (folder, *folder.rglob("*")):
            if path.is_dir():
                path.chmod(0o755)
        shutil.rmtree(folder)


def make_places(folder):
    for root in ("read only", "closed images"):
        write_pairs(folder / root)
    (folder / "closed").mkdir()
    for name in (*closed_places.FILES, "weights.yaml"):
        (folder / "closed" / name).write_text("x")
        (folder / "closed" / name).chmod(0)
    (folder / "closed folder/root").mkdir(parents=True)
    (folder / "open").mkdir()
    write_archive(folder / "good.zip")
    folder.chmod(0o755)
    (folder / "open").chmod(0o777)
    for path in (folder / "read only", *(folder / "read only").rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    (folder / "closed images/training/image_2").chmod(0)
    (folder / "closed folder").chmod(0)


def test_a_data_root_need_not_be_writable(closed):
    assert closed[1]["read-only data root"] == closed[1]["root in a closed folder"] == ""


DENIED = "Permission denied"
# The place, and how the line goes on.
CLOSED = {
    "closed root": ("closed folder", "… not open to this user; set datasets.<name>.root"),
    "closed folder of images": ("closed images/training/image_2", f"… {DENIED} … give yourself access"),
    "text into a read-only folder": ("read only/a.csv", f"… {DENIED} … choose another folder"),
    "SUP into a read-only folder": ("read only/a.safetensors", f"… {DENIED} … choose another folder"),
    "archive into a read-only folder": ("read only/out", f"… {DENIED} … choose another folder"),
    "image.png": ("closed/image.png", f"… {DENIED} … replace the file"),
    "disparity.pfm": ("closed/disparity.pfm", f"… {DENIED} … check the data root"),
    "classes.npy": ("closed/classes.npy", f"… {DENIED} … replace the file"),
    "pairs.csv": ("closed/pairs.csv", f"… {DENIED} … make it again"),
    "weights.pth": ("closed/weights.pth", f"… {DENIED} … check the path and its permissions"),
    "sup.safetensors": ("closed/sup.safetensors", f"… {DENIED} … check the path and its permissions"),
    "list.txt": ("closed/list.txt", f"… {DENIED} … give a text file"),
    "weights.yaml": ("closed/weights.yaml", f"… {DENIED} … correct the path"),
    "a.zip": ("closed/a.zip", f"… {DENIED} … delete it"),
}


def test_closed_places_are_named(closed):
    folder, found = closed
    for name, (place, line) in CLOSED.items():
        check_line(found[name], f"{folder / place}: {line}")
    assert not list((folder / "open").iterdir())


# ---- full -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    """What is left on a full disk, a file system of a few kilobytes that only the child sees."""
    for program in ("unshare", "mount"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    place = tmp_path_factory.mktemp("full disk")
    (place / "disk").mkdir()
    write_image(place / "image.png", np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8))
    write_archive(place / "good.zip")
    mount = 'mount -t tmpfs -o size=64k none "$0" && exec "$@"'
    found = outcomes(
        ["unshare", "--mount", "--map-root-user", "sh", "-c", mount, str(place / "disk")], "full_disk", place
    )
    if found is None:
        pytest.skip("this system lets nobody mount a file system of his own")
    return place, found


FULL = ["earlier.csv", "a.json", "a.png", "d.png", "pairs.csv", "w.safetensors", "s.safetensors"]
FULL += ["s.pth", "c.pt", "cache", "out", "raw.pth"]


def test_a_full_disk_is_named(full):
    place, found = full
    for name in FULL:
        # The last two name what they copy first, and a temporary name on the disk.
        culprit = f"…{place / 'disk'}/" if name in ("out", "raw.pth") else f"{place / 'disk' / name}"
        check_line(found[name], f"{culprit}… No space left … free space or choose another folder")


def test_a_full_disk_keeps_what_was_there_and_nothing_half_written(full):
    assert full[1]["nothing else"] == ""


# ---- the device that is always full ---------------------------------------------------------------------------------


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_an_archive_for_a_full_device_is_named(tmp_path):
    write_archive(tmp_path / "good.zip")
    line = f"{tmp_path / 'good.zip'}: 'a' cannot be written to /dev (No space left on device); free space or choose"
    check_refusal(lambda: extract_member(tmp_path / "good.zip", "a", Path("/dev/full")), tmp_path, line)
