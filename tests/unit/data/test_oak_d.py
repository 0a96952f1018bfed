"""The pairs of the package stereodemo: which, cut to what both views see, and nothing from another version."""

import json

import numpy as np
import pytest

from supcore.data.image_io import read_image, write_image
from supcore.data.oak_d import CALIBRATION, write_oak_d
from supcore.errors import SupError


@pytest.fixture
def package(tmp_path):
    """Two pairs of 8×16; every pixel tells its column, 100 is added in the right view."""
    for name in ("stairs", "desk"):
        for view, more in (("left", 0), ("right", 100)):
            columns = np.arange(16, dtype=np.uint8) + more
            write_image(tmp_path / f"{name}_{view}.png", np.broadcast_to(columns[None, :, None], (8, 16, 3)).copy())
    calibration = {"left_image_rect_normalized": [0.125, 0.25, 0.75, 1]}
    (tmp_path / CALIBRATION).write_text(json.dumps(calibration))
    return tmp_path


def test_both_views_are_cut_alike_and_pairs_are_sorted(package):
    rows = write_oak_d(package, package / "out")
    assert [row["left"].rpartition("/")[2] for row in rows] == ["desk.png", "stairs.png"]
    left, right = (read_image(rows[0][view]) for view in ("left", "right"))
    assert left.shape == (6, 10, 3)
    assert left[0, :, 0].tolist() == list(range(2, 12))
    assert (right - left == 100).all()


@pytest.mark.parametrize(("frames", "names"), [("1:", ["stairs"]), (["stairs"], ["stairs"]), (":1", ["desk"])])
def test_a_split_chooses_by_name_or_position(package, frames, names):
    rows = write_oak_d(package, package / "out", frames)
    assert [row["left"] for row in rows] == [f"{package}/out/image_2/{name}.png" for name in names]
    assert len(list((package / "out/image_3").iterdir())) == len(names)


def test_a_frame_that_is_not_there_is_named(package):
    with pytest.raises(SupError, match="frame 'attic' matches 0 pairs"):
        write_oak_d(package, package / "out", ["attic"])


def test_a_package_without_its_calibration_is_refused(package):
    (package / CALIBRATION).write_text("{}")
    with pytest.raises(SupError, match="left_image_rect_normalized"):
        write_oak_d(package, package / "out")
