"""Reading and writing images: equal to the release on good files, one clear line on bad ones."""

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
from supcore.errors import SupError

RANDOM = np.random.default_rng(0)
PHOTO = RANDOM.integers(0, 256, (12, 20, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def stored(golden):
    return np.load(golden / "data_loading.npz")


@pytest.fixture(scope="module")
def files(golden):
    return golden / "files"


def refused(read, path, message):
    """The error is one line that begins with the file."""
    with pytest.raises(SupError, match=message) as caught:
        read(path)
    text = str(caught.value)
    assert text.startswith(f"{path}: ")
    assert "\n" not in text


def pfm(values, *, scale=-1.0, header=None):
    height, width = values.shape
    header = header or f"Pf\n{width} {height}\n{scale}\n"
    return header.encode() + values[::-1].astype("<f4" if scale < 0 else ">f4").tobytes()


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


@pytest.mark.parametrize("name", ["color_le", "color_be"])
def test_three_channel_pfm_is_no_disparity(files, name):
    refused(read_disparity, files / f"{name}.pfm", "not a one-channel PFM file")


# ---- bytes written by hand -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("order", "scale"), [("<", "-1.0"), (">", "1.0")])
def test_pfm_written_by_hand(tmp_path, order, scale):
    """The last row comes first."""
    content = f"Pf\n3 2\n{scale}\n".encode() + struct.pack(f"{order}6f", 4, 5, 6, 1, 2.5, 3)
    (tmp_path / "d.pfm").write_bytes(content)
    assert read_disparity(tmp_path / "d.pfm").tolist() == [[1, 2.5, 3], [4, 5, 6]]


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
    write_image(tmp_path / "grey.png", PHOTO[..., 0])
    image = read_image(tmp_path / "grey.png")
    assert all(np.array_equal(image[..., channel], PHOTO[..., 0]) for channel in range(3))


def test_palette_image_gives_its_colours(tmp_path):
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
    (tmp_path / "d.pfm").write_bytes(pfm(values))
    assert read_disparity(tmp_path / "d.pfm").tolist() == [[0, 0, 0], [0, 0, 300.5]]
    np.testing.assert_array_equal(read_pfm(tmp_path / "d.pfm"), values)


def test_big_endian_pfm(tmp_path):
    values = RANDOM.uniform(1, 50, (3, 5)).astype(np.float32)
    (tmp_path / "d.PFM").write_bytes(pfm(values, scale=1.0))
    np.testing.assert_array_equal(read_disparity(tmp_path / "d.PFM"), values)


def test_class_map_survives_writing_and_unknown_ids_become_ignore(tmp_path):
    classes = RANDOM.integers(0, 19, (6, 8))
    classes[0, :3] = (-1, 300, 255)
    np.save(tmp_path / "c.npy", classes)
    expected = classes.copy()
    expected[0, :3] = 255
    np.testing.assert_array_equal(read_class_map(tmp_path / "c.npy"), expected)
    write_image(tmp_path / "c.png", expected.astype(np.uint8))
    np.testing.assert_array_equal(read_class_map(tmp_path / "c.png"), expected)


# ---- bad files ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kept", [0, 1, 20, 60, 200, -40])
def test_truncated_png_is_named(tmp_path, kept):
    write_image(tmp_path / "a.png", PHOTO)
    (tmp_path / "a.png").write_bytes((tmp_path / "a.png").read_bytes()[:kept])
    refused(read_image, tmp_path / "a.png", "image cannot be decoded")


def test_truncated_disparity_is_named(tmp_path):
    write_disparity(tmp_path / "d.png", RANDOM.uniform(1, 90, (30, 30)))
    (tmp_path / "d.png").write_bytes((tmp_path / "d.png").read_bytes()[:-300])
    refused(read_disparity, tmp_path / "d.png", "disparity map cannot be decoded")


@pytest.mark.parametrize(
    ("read", "name", "message"),
    [
        (read_image, "a.png", "image not found; check the data root"),
        (read_disparity, "d.png", "disparity map not found"),
        (read_disparity, "d.pfm", "cannot be read"),
        (read_class_map, "c.png", "class map not found"),
        (read_class_map, "c.npy", "not a readable .npy class map"),
    ],
)
def test_missing_file_is_named(tmp_path, read, name, message):
    refused(read, tmp_path / name, message)


@pytest.mark.parametrize(
    ("read", "name"), [(read_image, "a.jpg"), (read_disparity, "d.pfm"), (read_class_map, "c.npy")]
)
def test_empty_file_is_named(tmp_path, read, name):
    (tmp_path / name).write_bytes(b"")
    refused(read, tmp_path / name, "cannot be decoded|not a one-channel|not a readable")


def test_text_in_place_of_an_image_is_named(tmp_path):
    (tmp_path / "a.png").write_text("<html>quota exceeded</html>")
    refused(read_image, tmp_path / "a.png", "image cannot be decoded")


def test_folder_in_place_of_an_image_is_named(tmp_path):
    refused(read_image, tmp_path, "image cannot be decoded")


@pytest.mark.parametrize("mode", ["CMYK", "I;16", "F", "1"])
def test_images_of_other_colour_spaces_are_refused(tmp_path, mode):
    path = tmp_path / {"CMYK": "a.jpg", "F": "a.tiff"}.get(mode, "a.png")
    picture = Image.fromarray(np.full((4, 4), 7, np.uint16)) if mode == "I;16" else Image.new(mode, (4, 4))
    picture.save(path)
    refused(read_image, path, f"expected an 8-bit RGB or grey image, found Pillow mode {mode}")


def test_8_bit_disparity_is_refused(files, tmp_path):
    """The release divides it by 256 and goes on with a map of zeros."""
    write_image(tmp_path / "d.png", PHOTO[..., 0])
    refused(read_disparity, tmp_path / "d.png", "expected a 16-bit grey PNG .* found Pillow mode L")
    refused(read_disparity, files / "disp8.png", "expected a 16-bit grey PNG")


def test_disparity_of_another_format_is_refused(tmp_path):
    refused(read_disparity, tmp_path / "d.tiff", "must be a 16-bit .png .* or a .pfm file")


@pytest.mark.parametrize(
    "header",
    [
        "PF\n3 2\n-1\n",
        "Pf\n3\n-1\n",
        "Pf\n3 2\n",
        "Pf\n-3 2\n-1\n",
        "Pf\n3 x\n-1\n",
        "P5\n3 2\n255\n",
        "Pf 9999999 2 -1\n",
    ],
)
def test_wrong_pfm_header_is_refused(tmp_path, header):
    (tmp_path / "d.pfm").write_bytes(pfm(np.ones((2, 3)), header=header))
    refused(read_disparity, tmp_path / "d.pfm", "not a one-channel PFM file")


@pytest.mark.parametrize("change", [-1, -24, 1])
def test_pfm_body_of_another_length_is_refused(tmp_path, change):
    body = pfm(np.ones((2, 3)))
    (tmp_path / "d.pfm").write_bytes(body[:change] if change < 0 else body + b"\0")
    refused(read_disparity, tmp_path / "d.pfm", f"PFM body has {24 + change} bytes, 24 expected for 3x2")


@pytest.mark.parametrize("scale", ["..", "1.2.3", "-."])
def test_pfm_scale_that_is_no_number_is_refused(tmp_path, scale):
    (tmp_path / "d.pfm").write_bytes(pfm(np.ones((2, 3)), header=f"Pf\n3 2\n{scale}\n"))
    refused(read_disparity, tmp_path / "d.pfm", "not a one-channel PFM file")


def test_pfm_without_byte_order_is_refused(tmp_path):
    (tmp_path / "d.pfm").write_bytes(pfm(np.ones((2, 3)), header="Pf\n3 2\n0\n"))
    refused(read_disparity, tmp_path / "d.pfm", "PFM")


def test_class_map_of_another_shape_or_type_is_refused(tmp_path):
    write_image(tmp_path / "c.png", PHOTO)
    refused(read_class_map, tmp_path / "c.png", "2-D array of integers, found uint8")
    np.save(tmp_path / "c.npy", np.zeros((3, 3)))
    refused(read_class_map, tmp_path / "c.npy", "2-D array of integers, found float64")


@pytest.mark.parametrize("label_id", [19, 23, 33, 200, 254])
def test_label_ids_do_not_pass_for_train_ids(tmp_path, label_id):
    """In KITTI's folder ``semantic``, 7 is the road and 26 a car; taken for train ids, 7 would be a traffic sign."""
    write_image(tmp_path / "c.png", np.array([[7, 8], [11, label_id]], np.uint8))
    refused(read_class_map, tmp_path / "c.png", rf"class {label_id} is no train id \(0-18, 255 = ignore\).* semantic")


def test_class_map_with_code_is_refused_and_not_executed(tmp_path, trap):
    np.save(tmp_path / "c.npy", np.array([trap], dtype=object), allow_pickle=True)
    refused(read_class_map, tmp_path / "c.npy", "not a readable .npy class map")
    assert not trap.sprung.exists()
    np.load(tmp_path / "c.npy", allow_pickle=True)
    assert trap.sprung.exists(), "the trap itself does not work"
