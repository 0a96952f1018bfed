"""The first rows of an image equal those of the whole one, whatever the file, and cost no decoding of the rest."""

import numpy as np
import pytest
from PIL import Image

from supcore.data.image_io import read_image
from supcore.data.top_rows import read_top_rows
from supcore.errors import SupError

RANDOM = np.random.default_rng(0)
SMOOTH = np.add.outer(np.arange(40), np.arange(61)).astype(np.uint8)  # its rows are stored as differences
PHOTO = np.stack([SMOOTH, SMOOTH[::-1], RANDOM.integers(0, 256, SMOOTH.shape, np.uint8)], axis=2)


@pytest.mark.parametrize("rows", [1, 8, 40, 100])
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P"])
def test_rows_of_a_png(tmp_path, mode, rows):
    Image.fromarray(PHOTO).convert(mode).save(tmp_path / "a.png")
    expected = read_image(tmp_path / "a.png")[:rows]
    np.testing.assert_array_equal(read_top_rows(tmp_path / "a.png", rows), expected)


def test_rows_of_another_format(tmp_path):
    Image.fromarray(PHOTO).save(tmp_path / "a.webp", lossless=True)
    np.testing.assert_array_equal(read_top_rows(tmp_path / "a.webp", 8), PHOTO[:8])


def test_the_rest_of_a_png_is_not_decoded(tmp_path):
    Image.fromarray(RANDOM.integers(0, 256, (400, 400, 3), np.uint8)).save(tmp_path / "a.png")
    content = (tmp_path / "a.png").read_bytes()
    (tmp_path / "b.png").write_bytes(content[: len(content) // 2])
    np.testing.assert_array_equal(read_top_rows(tmp_path / "b.png", 8), read_image(tmp_path / "a.png")[:8])


@pytest.mark.parametrize("kept", [0, 4, 20, 40, 60])
def test_a_truncated_file_is_named(tmp_path, kept):
    Image.fromarray(PHOTO).save(tmp_path / "a.png")
    (tmp_path / "a.png").write_bytes((tmp_path / "a.png").read_bytes()[:kept])
    with pytest.raises(SupError, match=r"a\.png: image cannot be decoded"):
        read_top_rows(tmp_path / "a.png", 8)


def test_damaged_rows_are_noticed(tmp_path):
    Image.fromarray(PHOTO).save(tmp_path / "a.png")
    content = bytearray((tmp_path / "a.png").read_bytes())
    start = content.index(b"IDAT") + 4
    content[start : start + 8] = b"\xff" * 8
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(SupError, match=r"a\.png: image cannot be decoded"):
        read_top_rows(tmp_path / "a.png", 8)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SupError, match=r"a\.png: image not found"):
        read_top_rows(tmp_path / "a.png", 8)
