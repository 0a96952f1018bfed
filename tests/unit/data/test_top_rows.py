"""The first rows of an image equal those of the whole one, whatever the file, and cost no decoding of the rest."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from supcore.data.image_io import read_image, read_top_rows
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


def test_rows_of_an_interlaced_png(tmp_path):
    """Which Pillow reads, but does not write: seven passes (first column and row, steps), each over the whole image."""
    passes = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
    rows = [row for x, y, across, down in passes for row in PHOTO[y::down, x::across]]
    header = struct.pack(">IIBBBBB", PHOTO.shape[1], PHOTO.shape[0], 8, 2, 0, 0, 1)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"".join(b"\0" + r.tobytes() for r in rows))), (b"IEND", b"")]
    content = [struct.pack(">I", len(b)) + kind + b + struct.pack(">I", zlib.crc32(kind + b)) for kind, b in chunks]
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(content))
    np.testing.assert_array_equal(read_top_rows(tmp_path / "a.png", 8), PHOTO[:8])


def test_the_rest_of_a_png_is_not_decoded(tmp_path):
    Image.fromarray(RANDOM.integers(0, 256, (400, 400, 3), np.uint8)).save(tmp_path / "a.png")
    content = (tmp_path / "a.png").read_bytes()
    (tmp_path / "b.png").write_bytes(content[:-50_000] + bytes(49_950) + content[-50:])
    with pytest.raises(SupError, match=r"b\.png: image cannot be decoded"):
        read_image(tmp_path / "b.png")
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
