"""Synthetic scenes: their ground truth must be exact, because networks are trained and judged on it."""

import cv2
import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from supcore.data.image_io import read_class_map, read_disparity, read_image
from supcore.data.synthetic import SCENES, StereoScene, render_scene, write_scenes
from supcore.data.synthetic.render import render_view, visible_in_right
from supcore.data.synthetic.shapes import rectangle
from supcore.data.synthetic.surfaces import Plane, Surface, frontal
from supcore.data.synthetic.textures import random_paint, texture_bank
from supcore.errors import SupError

KINDS = sorted(SCENES)
SIZE = (64, 128)
ARRAYS = ("left", "right", "disparity", "visible", "classes")


def warped(right: np.ndarray, disparity: np.ndarray) -> np.ndarray:
    """The right image seen from the left, by cubic splines; float32 in [0, 1]."""
    rows, columns = np.indices(disparity.shape, np.float32)
    channels = np.moveaxis(right.astype(np.float32) / 255, 2, 0)
    places = (rows, columns - disparity)
    return np.stack([map_coordinates(channel, places, order=3, mode="nearest") for channel in channels], axis=2)


def median_error(image: np.ndarray, scene: StereoScene) -> float:
    return float(np.median(np.abs(image - scene.left.astype(np.float32) / 255)[scene.visible]))


def single_plane(plane: Plane) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Both noise-free views of one textured plane, and its disparity."""
    rng = np.random.default_rng(0)
    paint = random_paint(rng, plane, families=("noise",), color=np.full(3, 0.5), contrast=1.0, rotation=np.pi)
    surfaces = [Surface(plane, rectangle(-500, -500, 500, 500), paint)]
    left, right = (render_view(surfaces, SIZE, right=side) for side in (False, True))
    return left.image, right.image, left.disparity


# Repeating a run must repeat its data.
@pytest.mark.parametrize("kind", KINDS)
def test_same_arguments_give_the_same_bytes(kind):
    first, again, other_index, other_seed = (
        render_scene(kind, image_size=SIZE, seed=seed, index=index) for seed, index in ((5, 3), (5, 3), (5, 4), (6, 3))
    )
    for name in ARRAYS:
        assert getattr(first, name).tobytes() == getattr(again, name).tobytes()
    for other in (other_index, other_seed):
        assert (first.left != other.left).mean() > 0.5
        assert (first.disparity != other.disparity).mean() > 0.5


# Users rely on the documented array types at any image size.
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("image_size", [(64, 128), (80, 160), (96, 192), (61, 97), (256, 640)])
def test_arrays_have_the_documented_form(kind, image_size):
    scene = render_scene(kind, image_size=image_size, seed=0, index=0)
    assert scene.left.shape == scene.right.shape == (*image_size, 3)
    assert scene.disparity.shape == scene.visible.shape == scene.classes.shape == image_size
    types = [getattr(scene, name).dtype for name in ARRAYS]
    assert types == [np.uint8, np.uint8, np.float32, np.bool_, np.uint8]


# The training loss and the 16-bit files assume this range.
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("max_disparity", [None, 6.0, 40.0])
def test_disparity_is_positive_and_below_the_maximum(kind, max_disparity):
    limit = max_disparity or 0.18 * SIZE[1]
    for index in range(25):
        disparity = render_scene(kind, image_size=SIZE, seed=1, index=index, max_disparity=max_disparity).disparity
        assert disparity.min() > 0
        assert disparity.max() < limit


# The ground truth explains the images: the core promise.
@pytest.mark.parametrize("kind", KINDS)
def test_warping_the_right_image_by_the_truth_gives_the_left_image(kind):
    scenes = [render_scene(kind, image_size=SIZE, seed=2, index=index) for index in range(12)]
    with_truth = [median_error(warped(scene.right, scene.disparity), scene) for scene in scenes]
    without = [median_error(scene.right.astype(np.float32) / 255, scene) for scene in scenes]
    assert np.mean(with_truth) < 0.02
    # Not more: a third of the surfaces are weakly textured on purpose, and what remains is sensor noise and gain.
    assert np.mean(without) > 2.5 * np.mean(with_truth)


# A shift by half a pixel anywhere in the renderer would spoil every evaluation below one pixel.
@pytest.mark.parametrize("plane", [frontal(7.37), Plane(0.12, -0.08, 6.1), Plane(-0.25, 0.05, 20.3)])
def test_images_agree_with_the_truth_to_a_fraction_of_a_pixel(plane):
    left, right, disparity = single_plane(plane)
    inside = np.arange(SIZE[1]) - disparity > 2
    offsets = np.arange(-20, 21) / 40
    errors = [float(np.mean(((warped(right, disparity + offset) - left / 255.0) ** 2)[inside])) for offset in offsets]
    quadratic = np.polyfit(offsets, errors, 2)
    assert abs(-quadratic[1] / (2 * quadratic[0])) < 0.01


# Evaluation on visible pixels needs the right mask; here it is found pixel by pixel from the right view.
@pytest.mark.parametrize("kind", KINDS)
def test_visible_mask_agrees_with_a_left_right_check(kind):
    agreements = []
    for index in range(6):
        surfaces = SCENES[kind](np.random.default_rng(index), SIZE, 20.0)
        left, right = (render_view(surfaces, SIZE, right=side) for side in (False, True))
        visible = visible_in_right(surfaces, left.disparity)
        for y, x in np.ndindex(SIZE):
            disparity = left.disparity[y, x]
            column = x - disparity
            if column < 0:
                assert not visible[y, x]
                continue
            nearby = right.disparity[y, int(column) : int(column) + 2]
            if (nearby > disparity + 1).all():
                agreements.append(not visible[y, x])
            elif (nearby < disparity + 0.02).all():
                agreements.append(visible[y, x])
            # otherwise: near an edge or on slanted ground, where two pixels of the right view do not tell
    assert len(agreements) > 0.5 * 6 * visible.size
    assert np.mean(agreements) > 0.999


# A network must find the match of every place: weakly textured regions are wanted, flat ones are not.
@pytest.mark.parametrize("kind", KINDS)
def test_images_have_detail_nearly_everywhere(kind):
    fractions = []
    for index in range(10):
        image = render_scene(kind, image_size=SIZE, seed=4, index=index).left.astype(np.float32) / 255
        detail = image - cv2.GaussianBlur(image, (0, 0), 2.0)
        local = np.sqrt(cv2.GaussianBlur((detail**2).mean(axis=2), (0, 0), 3.0))
        fractions.append((local > 0.0075).mean())  # one and a half times the sensor noise
    assert np.mean(fractions) > 0.95
    assert min(fractions) > 0.8


# The class-wise evaluation of the driving scenes needs its classes; the other kind has none.
def test_class_maps():
    driving = {int(value) for index in range(30) for value in np.unique(_classes("driving", index))}
    assert driving <= set(range(19))
    assert driving >= {0, 2, 5, 8, 10, 13}
    assert np.unique(_classes("things", 0)).tolist() == [255]


def _classes(kind: str, index: int) -> np.ndarray:
    return render_scene(kind, image_size=SIZE, seed=3, index=index).classes


# The road is one plane: its disparity must grow with every row.
def test_road_disparity_grows_towards_the_camera():
    for index in range(10):
        scene = render_scene("driving", image_size=SIZE, seed=7, index=index)
        road = np.where(scene.classes == 0, scene.disparity, np.nan)
        rows = [np.nanmean(row) for row in road if np.isfinite(row).any()]
        assert (np.diff(rows) > 0).all()


# Files hold the same scene, so that file-based and in-memory runs agree.
def test_written_scenes_read_back(tmp_path):
    rows = write_scenes(tmp_path, "driving", count=2, image_size=SIZE, seed=8, first_index=4)
    assert [row["left"] for row in rows] == [str(tmp_path / "image_2" / f"{i:06d}_10.png") for i in (4, 5)]
    for index, row in zip((4, 5), rows, strict=True):
        scene = render_scene("driving", image_size=SIZE, seed=8, index=index)
        assert (read_image(row["left"]) == scene.left).all()
        assert (read_image(row["right"]) == scene.right).all()
        assert (read_class_map(row["segmentation"]) == scene.classes).all()
        dense = read_disparity(row["disparity"])
        assert np.abs(dense - scene.disparity).max() <= 1 / 512 + 1e-6
        sparse = read_disparity(tmp_path / "disp_noc_0" / f"{index:06d}_10.png")
        assert (sparse == np.where(scene.visible, dense, 0)).all()


# A typing mistake in a configuration must name the remedy.
def test_unknown_kind_lists_the_known_ones():
    with pytest.raises(SupError, match=r"'drivng'; known: driving, things"):
        render_scene("drivng", image_size=SIZE, seed=0, index=0)


@pytest.mark.parametrize("max_disparity", [0.0, -3.0, 128.0])
def test_impossible_maximum_disparity_is_refused(max_disparity):
    with pytest.raises(SupError, match="max_disparity"):
        render_scene("things", image_size=SIZE, seed=0, index=0, max_disparity=max_disparity)


# scikit-image is optional: without it the message says how to get it.
def test_missing_photographs_are_explained(monkeypatch):
    def missing(_: str) -> None:
        raise ModuleNotFoundError("skimage")

    monkeypatch.setattr("supcore.data.synthetic.textures.resources.files", missing)
    with pytest.raises(SupError, match="pip install scikit-image"):
        texture_bank.__wrapped__()
