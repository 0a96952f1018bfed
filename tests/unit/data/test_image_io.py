"""Reading and writing images: equal to the release, to bytes written by hand, and to what was written."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from supcore.data.image_io import (
    read_class_map,
    read_disparity,
    read_image,
    read_pfm,
    write_disparity,
    write_image,
)

RANDOM = np.random.default_rng(0)
PHOTO = RANDOM.integers(0, 256, (12, 20, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def stored(golden):
    return np.load(golden / "data_loading.npz")


@pytest.fixture(scope="module")
def files(golden):
    return golden / "files"


# ---- equal to the release -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["rgb", "gray", "rgba"])
def test_images_equal_the_release(files, stored, name):
    image = read_image(files / f"{name}.png")
    assert image.dtype == np.uint8
    np.testing.assert_array_equal(image, stored[f"load_image__{name}__norm0__HWC"])


@pytest.mark.parametrize("name", ["disp16", "pseudo16"])
def test_disparity_equals_the_release(files, stored, name):
    disparity = read_disparity(files / f"{name}.png")
    assert disparity.dtype == np.float32
    np.testing.assert_array_equal(disparity, stored[f"load_disparity__{name}__HWC"][..., 0])


@pytest.mark.parametrize("name", ["gray_le", "gray_be"])
def test_pfm_of_both_byte_orders_equals_the_release(files, stored, name):
    np.testing.assert_array_equal(read_pfm(files / f"{name}.pfm"), stored[f"read_pfm__{name}"])


# ---- bytes written by hand -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "order", "scale"), [("d.pfm", "<", "-1.0"), ("d.PFM", ">", "1.0")])
def test_pfm_written_by_hand(tmp_path, name, order, scale):
    """The last row comes first."""
    content = f"Pf\n3 2\n{scale}\n".encode() + struct.pack(f"{order}6f", 4, 5, 6, 1, 2.5, 3)
    (tmp_path / name).write_bytes(content)
    assert read_disparity(tmp_path / name).tolist() == [[1, 2.5, 3], [4, 5, 6]]


def test_16_bit_disparity_written_by_hand(tmp_path):
    """KITTI's format: big-endian 256ths of a pixel, 0 where nothing was measured."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    rows = struct.pack(">B3HB3H", 0, 0, 256, 384, 0, 1, 0x0102, 65535)  # each after its filter, none
    content = chunk(b"IHDR", struct.pack(">2I5B", 3, 2, 16, 0, 0, 0, 0))
    content += chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    (tmp_path / "d.png").write_bytes(b"\x89PNG\r\n\x1a\n" + content)
    assert read_disparity(tmp_path / "d.png").tolist() == [[0, 1, 1.5], [1 / 256, 258 / 256, 65535 / 256]]


# ---- round trips --------------------------------------------------------------------------------------------------


def test_image_survives_writing_with_unicode_and_spaces_in_the_path(tmp_path):
    path = tmp_path / "Bilder für KITTI 左" / "linkes bild.png"
    write_image(path, PHOTO)
    np.testing.assert_array_equal(read_image(path), PHOTO)


def test_grey_image_is_repeated_in_three_channels(tmp_path):
    write_image(tmp_path / "gray.png", PHOTO[..., 0])
    image = read_image(tmp_path / "gray.png")
    assert all(np.array_equal(image[..., channel], PHOTO[..., 0]) for channel in range(3))


def test_palette_image_gives_its_colors(tmp_path):
    picture = Image.fromarray(PHOTO).quantize(16)
    picture.save(tmp_path / "palette.png")
    np.testing.assert_array_equal(read_image(tmp_path / "palette.png"), np.asarray(picture.convert("RGB")))


def test_image_values_other_than_8_bit_are_not_written(tmp_path):
    with pytest.raises(TypeError, match="takes uint8, got float32"):
        write_image(tmp_path / "a.png", PHOTO.astype(np.float32) / 255)
    assert not list(tmp_path.iterdir())


def test_disparity_survives_writing_to_a_256th_of_a_pixel(tmp_path):
    disparity = RANDOM.uniform(0, 255.9, (9, 11)).astype(np.float32)
    disparity[0, 0], disparity[1, 1] = 0, -5
    write_disparity(tmp_path / "d.png", disparity)
    read = read_disparity(tmp_path / "d.png")
    np.testing.assert_allclose(read, np.maximum(disparity, 0), atol=0.5 / 256)
    assert read[0, 0] == read[1, 1] == 0


@pytest.mark.parametrize("value", [256.0, np.nan, np.inf, -np.inf])
def test_disparity_that_16_bit_cannot_hold_is_not_written(tmp_path, value):
    """The release's conversion saturates silently at 255.996."""
    disparity = np.ones((4, 4), np.float32)
    disparity[2, 2] = value
    with pytest.raises(ValueError, match=r"at most 255\.996 px"):
        write_disparity(tmp_path / "d.png", disparity)
    assert not list(tmp_path.iterdir())


def test_pfm_values_without_meaning_become_no_ground_truth(tmp_path):
    values = np.float32([[np.nan, np.inf, -np.inf], [-3.0, 0.0, 300.5]])
    (tmp_path / "d.pfm").write_bytes(b"Pf\n3 2\n-1\n" + values[::-1].astype("<f4").tobytes())
    assert read_disparity(tmp_path / "d.pfm").tolist() == [[0, 0, 0], [0, 0, 300.5]]
    np.testing.assert_array_equal(read_pfm(tmp_path / "d.pfm"), values)


def test_class_map_survives_writing_and_unknown_ids_become_ignore(tmp_path):
    classes = RANDOM.integers(0, 19, (6, 8))
    classes[0, :3] = (-1, 300, 255)
    np.save(tmp_path / "c.npy", classes)
    expected = classes.copy()
    expected[0, :3] = 255
    np.testing.assert_array_equal(read_class_map(tmp_path / "c.npy"), expected)
    write_image(tmp_path / "c.png", expected.astype(np.uint8))
    np.testing.assert_array_equal(read_class_map(tmp_path / "c.png"), expected)
