"""Images, disparity maps and class maps that are not what they should be."""

import os
import struct
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image

from supcore.data.image_io import read_class_map, read_disparity, read_image, read_mask, write_disparity, write_image
from tests.refusal import check_refusal

PHOTO = np.random.default_rng(0).integers(0, 256, (12, 20, 3), dtype=np.uint8)
DEEP = np.full((4, 4, 3), 30000, np.uint16)
UNDECODABLE = "image cannot be decoded … replace the file"
TOO_LARGE = "image cannot be decoded (… exceeds limit … replace the file"
NOT_RGB = "expected an 8-bit RGB or gray image, found Pillow mode {}; convert it to RGB"
NOT_16_BIT = "expected a 16-bit gray PNG (disparity × 256), found Pillow mode {}; convert it"
NOT_CLASSES = "a class map must be a 2-D array of at most 89478485 integers, found {} … convert it"
LABEL_ID = "class {} is no train id (0-18, 255 = ignore); convert the label ids, which KITTI's own folder semantic"
UNREADABLE_NPY = "not a readable .npy class map (…{}…); replace the file"
NOT_NUMBERS = "a disparity map must be a 2-D array of at most 89478485 numbers, found {} … convert it"


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


def truncated(kept):
    def write(path):
        write_image(path, PHOTO)
        path.write_bytes(path.read_bytes()[:kept])

    return write


def truncated_disparity(path):
    write_disparity(path, np.random.default_rng(0).uniform(1, 90, (30, 30)))
    path.write_bytes(path.read_bytes()[:-300])


def flipped(path):
    """One bit of the pixels."""
    write_image(path, PHOTO)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def sparse(header, size):
    def write(path):
        path.write_bytes(header)
        os.truncate(path, len(header) + size)

    return write


def npy(shape, dtype="<i8", data=b""):
    def write(path):
        with path.open("wb") as stream:
            np.lib.format.write_array_header_1_0(stream, {"descr": dtype, "fortran_order": False, "shape": shape})
            stream.write(data)

    return write


def sparse_npy(path):
    npy((10**6, 10**6))(path)
    os.truncate(path, path.stat().st_size + 8 * 10**12)


def npz(path):
    with path.open("wb") as stream:
        np.savez(stream, classes=np.zeros((3, 3), int))


def nothing(path):
    pass


def folder(path):
    path.mkdir()


# How it is made, what the message says behind the file's name.
IMAGES = {
    "missing": (nothing, "image not found; check the data root and the manifest"),
    "folder": (folder, UNDECODABLE),
    "empty": (content(b""), UNDECODABLE),
    "web page": (content(b"<!DOCTYPE html><title>login</title>"), UNDECODABLE),
    "signature only": (content(b"\x89PNG\r\n\x1a\n"), UNDECODABLE),
    "one byte": (truncated(1), UNDECODABLE),
    "60 bytes": (truncated(60), UNDECODABLE),
    "truncated": (truncated(-100), UNDECODABLE),
    "all but the end": (truncated(-40), UNDECODABLE),
    "flipped bit": (flipped, UNDECODABLE),
    "no pixel": (content(png(0, 0)), UNDECODABLE),
    "header of 3.6 gigapixels": (content(png(60000, 60000)), TOO_LARGE),
    "header of 2³¹ squared": (content(png(2**31 - 1, 2**31 - 1)), TOO_LARGE),
    "169 megapixels in 490 kB": (content(png(13000, 13000, bytes(13000 * (13000 * 3 + 1)))), TOO_LARGE),
    "81 megapixels in a header": (content(png(9000, 9000)), "image cannot be decoded (too short for 9000x9000 pixels)"),
    "CMYK": (saved(Image.new("CMYK", (4, 4)), format="JPEG"), NOT_RGB.format("CMYK")),
    "16-bit gray": (saved(Image.fromarray(DEEP[..., 0])), NOT_RGB.format("I;16")),
    "16-bit color": (
        lambda path: cv2.imwrite(str(path), DEEP),
        "image has 16 bits per color, of which half would be lost; convert it to 8",
    ),
    "16-bit PPM": (
        content(b"P6\n2 1\n65535\n" + bytes(12)),
        "image has 16 bits per color, of which half would be lost; convert it to 8",
    ),
    "16-bit PPM in text": (
        content(b"P3\n1 1\n65535\n1 2 3\n"),
        "image has 16 bits per color, of which half would be lost; convert it to 8",
    ),
    "pipe": (os.mkfifo, "image cannot be decoded (…not a regular file…); replace the file"),
    "fractions": (saved(Image.new("F", (4, 4)), format="TIFF"), NOT_RGB.format("F")),
    "gray with alpha": (saved(Image.new("LA", (4, 4))), NOT_RGB.format("LA")),
    "one bit": (saved(Image.new("1", (4, 4))), NOT_RGB.format("1")),
    "PostScript": (saved(Image.new("RGB", (4, 4)), format="EPS"), UNDECODABLE),
}
DISPARITIES = {
    "missing": (nothing, "disparity map not found; check the data root and the manifest"),
    "truncated": (truncated_disparity, "disparity map cannot be decoded … replace the file"),
    "8 bit": (saved(Image.new("L", (4, 4))), NOT_16_BIT.format("L")),
    "color": (saved(Image.fromarray(PHOTO)), NOT_16_BIT.format("RGB")),
    "32-bit TIFF": (
        saved(Image.fromarray(np.full((4, 4), 70000, np.int32)), format="TIFF"),
        "disparity map cannot be decoded … replace the file",
    ),
}
HEADER = "not a one-channel PFM file (the header must be 'Pf', width height, scale); replace the file"
PFM = {
    "missing": (nothing, "cannot be read (No such file or directory); check the data root and the manifest"),
    "empty": (content(b""), HEADER),
    "three channels": (content(b"PF\n2 1\n-1\n" + bytes(24)), HEADER),
    "another format": (content(b"P5\n2 1\n255\n" + bytes(8)), HEADER),
    "no size": (content(b"Pf\n-1\n"), HEADER),
    "one size": (content(b"Pf\n2\n-1\n" + bytes(8)), HEADER),
    "negative size": (content(b"Pf\n-2 1\n-1\n" + bytes(8)), HEADER),
    "size that is no number": (content(b"Pf\n2 x\n-1\n" + bytes(8)), HEADER),
    "huge size": (content(b"Pf\n99999999 2\n-1\n"), HEADER),
    "no scale": (content(b"Pf\n2 1\n" + b"\x80" * 8), HEADER),
    **{f"scale {s}": (content(f"Pf\n2 1\n{s}\n".encode() + bytes(8)), HEADER) for s in ("nan", "..", "1.2.3", "-.")},
    "no byte order": (
        content(b"Pf\n2 1\n0\n" + bytes(8)),
        "PFM of 2x1 with scale 0; none of them may be 0, replace the file",
    ),
    "no pixel": (content(b"Pf\n0 1\n-1\n"), "PFM of 0x1 with scale -1; none of them may be 0, replace the file"),
    "short body": (content(b"Pf\n2 1\n-1\n" + bytes(7)), "PFM body has 7 bytes, 8 expected for 2x1; replace the file"),
    "long body": (content(b"Pf\n2 1\n-1\n" + bytes(9)), "PFM body has 9 bytes, 8 expected for 2x1; replace the file"),
    "no body": (content(b"Pf\n9000 9000\n-1\n"), "PFM body has 0 bytes, 324000000 expected"),
    "one terabyte": (
        sparse(b"Pf\n500000 500000\n-1\n", 10**12),
        "PFM of 500000x500000, more than 89478485 pixels; replace the file",
    ),
    "one terabyte behind the header of a pixel": (
        sparse(b"Pf\n1 1\n-1\n", 10**12),
        "PFM body has 1000000000000 bytes, 4 expected for 1x1; replace the file",
    ),
    "pipe": (os.mkfifo, "cannot be read (not a regular file); check the data root and the manifest"),
}
CLASSES = {
    "missing": (nothing, "class map not found; check the data root and the manifest"),
    "color": (saved(Image.fromarray(PHOTO)), NOT_CLASSES.format("uint8 (12, 20, 3)")),
    **{f"label id {n}": (saved(Image.new("L", (4, 4), n)), LABEL_ID.format(n)) for n in (19, 26, 254)},
}
NPY = {
    "missing": (nothing, UNREADABLE_NPY.format("No such file")),
    "empty": (content(b""), UNREADABLE_NPY.format("")),
    "80 TB on the disk": (sparse_npy, NOT_CLASSES.format("int64 (1000000, 1000000)")),
    "pipe": (os.mkfifo, UNREADABLE_NPY.format("not a regular file")),
    "80 TB": (npy((10**6, 10**7)), UNREADABLE_NPY.format("mmap length")),
    "many arrays": (npz, UNREADABLE_NPY.format("magic string")),
    "objects": (npy((1,), "|O", bytes(8)), UNREADABLE_NPY.format("Python objects")),
    "fractions": (npy((2, 2), "<f8", bytes(32)), NOT_CLASSES.format("float64 (2, 2)")),
}
DISPARITY_NPY = {
    "missing": (nothing, UNREADABLE_NPY.replace("class", "disparity").format("No such file")),
    "80 TB on the disk": (sparse_npy, NOT_NUMBERS.format("int64 (1000000, 1000000)")),
    "objects": (npy((1,), "|O", bytes(8)), UNREADABLE_NPY.replace("class", "disparity").format("Python objects")),
    "channels": (npy((1, 2, 2), "<f4", bytes(16)), NOT_NUMBERS.format("float32 (1, 2, 2)")),
    "complex": (npy((2, 2), "<c8", bytes(32)), NOT_NUMBERS.format("complex64 (2, 2)")),
}
MASKS = {
    "missing": (nothing, "mask not found; check the data root and the manifest"),
    "color": (
        saved(Image.fromarray(PHOTO)),
        "a mask must be a gray PNG of 8 or 16 bits, found Pillow mode RGB; convert it",
    ),
}
WRONG = [
    pytest.param(read, name, *case, id=f"{name}: {what}")
    for read, name, cases in (
        (read_image, "image.png", IMAGES),
        (read_disparity, "disparity.png", DISPARITIES),
        (read_disparity, "disparity.pfm", PFM),
        (
            read_disparity,
            "disparity.tiff",
            {"other suffix": (nothing, "a disparity map must be a 16-bit .png … a .pfm or a .npy")},
        ),
        (read_disparity, "disparity.npy", DISPARITY_NPY),
        (read_mask, "mask.png", MASKS),
        (read_disparity, "nul\0.pfm", {"NUL byte": (nothing, "cannot be read (… null byte); check the data root")}),
        (read_class_map, "classes.png", CLASSES),
        (read_class_map, "classes.npy", NPY),
    )
    for what, case in cases.items()
]


@pytest.mark.parametrize(("read", "name", "make", "line"), WRONG)
def test_a_wrong_image_is_named(read, name, make, line, tmp_path):
    make(tmp_path / name)
    check_refusal(lambda: read(tmp_path / name), tmp_path, f"{tmp_path / name}: {line}")


def test_a_class_map_with_code_is_refused_and_not_executed(tmp_path, trap):
    path = tmp_path / "classes.npy"
    np.save(path, np.array([trap], dtype=object), allow_pickle=True)
    check_refusal(lambda: read_class_map(path), tmp_path, f"{path}: {UNREADABLE_NPY.format('Python objects')}")
    np.load(path, allow_pickle=True)
    assert trap.sprung.exists(), "the trap itself does not work"
