"""Images, disparity maps and class maps that are not what they should be."""

import struct
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image

from supcore.data.dataset import load_pair
from supcore.data.image_io import read_class_map, read_disparity, read_image, write_disparity, write_image
from supcore.data.manifest import StereoSample
from tests.bad_input.refusal import check_refusal

PHOTO = np.random.default_rng(0).integers(0, 256, (12, 20, 3), dtype=np.uint8)
DEEP = np.full((4, 4, 3), 30000, np.uint16)
REPLACE = "replace the file"
UNDECODABLE = "image cannot be decoded"


def png(width, height, pixels=b""):
    """An RGB file with this header, whatever the pixels are."""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def saved(image, **options):
    return lambda path: image.save(path, **options)


def content(data):
    return lambda path: path.write_bytes(data)


def truncated(path):
    write_image(path, PHOTO)
    path.write_bytes(path.read_bytes()[:-100])


def flipped(path):
    """One bit of the pixels."""
    write_image(path, PHOTO)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def npy(shape, dtype="<i8", data=b""):
    def write(path):
        with path.open("wb") as stream:
            np.lib.format.write_array_header_1_0(stream, {"descr": dtype, "fortran_order": False, "shape": shape})
            stream.write(data)

    return write


def npz(path):
    with path.open("wb") as stream:
        np.savez(stream, classes=np.zeros((3, 3), int))


# Name: reader, file name, how it is made, fault, remedy.
WRONG = {
    "truncated": (read_image, "a.png", truncated, UNDECODABLE, REPLACE),
    "flipped bit": (read_image, "a.png", flipped, UNDECODABLE, REPLACE),
    "empty": (read_image, "a.png", content(b""), UNDECODABLE, REPLACE),
    "web page": (read_image, "a.png", content(b"<!DOCTYPE html><title>login</title>"), UNDECODABLE, REPLACE),
    "signature only": (read_image, "a.png", content(b"\x89PNG\r\n\x1a\n"), UNDECODABLE, REPLACE),
    "no pixel": (read_image, "a.png", content(png(0, 0)), UNDECODABLE, REPLACE),
    "header of 3.6 gigapixels": (read_image, "a.png", content(png(60000, 60000)), "exceeds limit", REPLACE),
    "header of 2³¹ squared": (read_image, "a.png", content(png(2**31 - 1, 2**31 - 1)), "exceeds limit", REPLACE),
    "169 megapixels in 490 kB": (
        read_image,
        "a.png",
        content(png(13000, 13000, bytes(13000 * (13000 * 3 + 1)))),
        "exceeds limit",
        REPLACE,
    ),
    "CMYK": (read_image, "a.jpg", saved(Image.new("CMYK", (4, 4))), "Pillow mode CMYK", "convert it to RGB"),
    "16-bit grey": (read_image, "a.png", saved(Image.fromarray(DEEP[..., 0])), "mode I;16", "convert it to RGB"),
    "16-bit colour": (read_image, "a.png", lambda path: cv2.imwrite(str(path), DEEP), "16 bits", "convert it to 8"),
    "grey with alpha": (read_image, "a.png", saved(Image.new("LA", (4, 4))), "mode LA", "convert it to RGB"),
    "one bit": (read_image, "a.png", saved(Image.new("1", (4, 4))), "mode 1", "convert it to RGB"),
    "PostScript": (read_image, "a.png", saved(Image.new("RGB", (4, 4)), format="EPS"), UNDECODABLE, REPLACE),
    "8-bit disparity": (read_disparity, "d.png", saved(Image.new("L", (4, 4))), "16-bit grey PNG", "convert it"),
    "colour disparity": (read_disparity, "d.png", saved(Image.fromarray(PHOTO)), "16-bit grey PNG", "convert it"),
    "32-bit TIFF as disparity": (
        read_disparity,
        "d.png",
        saved(Image.fromarray(np.full((4, 4), 70000, np.int32)), format="TIFF"),
        "disparity map cannot be decoded",
        REPLACE,
    ),
    "disparity as .npy": (read_disparity, "d.npy", npy((2, 2), data=bytes(32)), "must be a 16-bit .png", ".pfm"),
    "NUL byte in the name": (read_disparity, "d\0.pfm", lambda path: None, "null byte", "check the data root"),
    "class map of 80 TB": (read_class_map, "c.npy", npy((10**6, 10**7)), "mmap length", REPLACE),
    "class map of many arrays": (read_class_map, "c.npy", npz, "magic string", REPLACE),
    "class map of objects": (read_class_map, "c.npy", npy((1,), "|O", bytes(8)), "Python objects", REPLACE),
    "class map of fractions": (read_class_map, "c.npy", npy((2, 2), "<f8", bytes(32)), "2-D array", "convert it"),
    "class map with label ids": (
        read_class_map,
        "c.png",
        saved(Image.new("L", (4, 4), 26)),
        "class 26 is no train id",
        "convert the label ids",
    ),
}
PFM_HEADER = "not a one-channel PFM file"
WRONG_PFM = {
    "empty": (b"", PFM_HEADER),
    "three channels": (b"PF\n2 1\n-1\n" + bytes(24), PFM_HEADER),
    "no size": (b"Pf\n-1\n", PFM_HEADER),
    "negative size": (b"Pf\n-2 1\n-1\n" + bytes(8), PFM_HEADER),
    "size that is no number": (b"Pf\n2 x\n-1\n" + bytes(8), PFM_HEADER),
    "huge size": (b"Pf\n99999999 2\n-1\n", PFM_HEADER),
    "scale that is no number": (b"Pf\n2 1\nlittle\n" + bytes(8), PFM_HEADER),
    "scale that is not finite": (b"Pf\n2 1\nnan\n" + bytes(8), PFM_HEADER),
    "no byte order": (b"Pf\n2 1\n0\n" + bytes(8), "scale 0; none of them may be 0"),
    "no pixel": (b"Pf\n0 1\n-1\n", "PFM of 0x1"),
    "short body": (b"Pf\n2 1\n-1\n" + bytes(7), "7 bytes, 8 expected for 2x1"),
    "long body": (b"Pf\n2 1\n-1\n" + bytes(9), "9 bytes, 8 expected for 2x1"),
    "no body": (b"Pf\n999999 999999\n-1\n", "0 bytes, 3999992000004 expected"),
}
WRONG |= {
    f"PFM: {name}": (read_disparity, "d.pfm", content(data), fault, REPLACE)
    for name, (data, fault) in WRONG_PFM.items()
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_image_is_named(case, tmp_path):
    read, name, make, fault, remedy = WRONG[case]
    path = tmp_path / name
    make(path)
    check_refusal(lambda: read(path), tmp_path, path, fault, remedy)


def test_a_class_map_that_is_a_pickle_is_refused_and_not_executed(tmp_path, trap):
    np.save(tmp_path / "c.npy", np.array([trap], dtype=object), allow_pickle=True)
    check_refusal(lambda: read_class_map(tmp_path / "c.npy"), tmp_path, tmp_path / "c.npy", "Python objects", REPLACE)


@pytest.mark.parametrize("role", ["right", "disparity", "segmentation"])
def test_files_of_one_pair_must_have_one_size(tmp_path, role):
    paths = {name: tmp_path / f"{name}.png" for name in ("left", "right", "disparity", "segmentation")}
    for name, path in paths.items():
        size = (12, 16) if name == role else (12, 20)
        if name == "disparity":
            write_disparity(path, np.ones(size))
        else:
            write_image(path, np.zeros(size, np.uint8))
    sample = StereoSample(**{name: str(path) for name, path in paths.items()})
    check_refusal(
        lambda: load_pair(sample), tmp_path, paths[role], "is 16x12 px, its left image 20x12", "pair the files again"
    )


# ---- what is unusual and right ------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["L", "P", "RGBA"])
def test_grey_palette_and_alpha_images_become_colour(tmp_path, mode):
    Image.fromarray(PHOTO).convert(mode).save(tmp_path / "a.png")
    assert read_image(tmp_path / "a.png").shape == PHOTO.shape


def test_a_disparity_map_of_zeros_has_no_ground_truth(tmp_path):
    write_disparity(tmp_path / "d.png", np.zeros((3, 4)))
    assert not read_disparity(tmp_path / "d.png").any()


def test_wrong_byte_order_of_a_pfm_cannot_be_told_but_yields_no_nonsense_beyond_its_values(tmp_path):
    """The sign of the scale is all there is; tiny and huge values pass, NaN and infinity become no ground truth."""
    values = np.float32([[np.nan, np.inf, -1, 0, 7]])
    for sign, order in (("-", "<f4"), ("", ">f4")):
        (tmp_path / "d.pfm").write_bytes(f"Pf\n5 1\n{sign}1\n".encode() + values.astype(order).tobytes())
        assert read_disparity(tmp_path / "d.pfm").tolist() == [[0, 0, 0, 0, 7]]
