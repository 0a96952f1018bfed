"""Miniatures of the data sets in their official folders, names and formats, from the synthetic scenes."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from supcore.data.image_io import write_disparity, write_image
from supcore.data.synthetic import StereoScene, render_scene

# On both sides of every split of KITTI 2012 and 2015 in the paper's configurations: 120, 160.
FRAMES_2015 = (0, 119, 120, 159, 160, 199)
FRAMES_2012 = (0, 159, 160, 193)
# Drives of KITTI raw and how many pairs they have; the first is on the list of drives to leave out.
DRIVES = {
    "2011_09_26/2011_09_26_drive_0005": 2,
    "2011_09_26/2011_09_26_drive_0001": 3,
    "2011_09_26/2011_09_26_drive_0002": 2,
    "2011_09_28/2011_09_28_drive_0001": 3,
    "2011_10_03/2011_10_03_drive_0027": 2,
}
# KITTI's images differ by a few pixels from recording to recording; Scene Flow's do not.
KITTI_SIZES = ((96, 316), (94, 312))
SCENE_FLOW_SIZE = (108, 192)
CLASSES = 19  # Cityscapes train ids


def write_trees(data: Path) -> None:
    """Write every data set of the paper's configurations below ``data``, under the names that these look for."""
    write_kitti_raw(data / "kitti_raw_data")
    write_kitti(data / "kitti_scene_flow", FRAMES_2015, ("image_2", "image_3"), ("disp_occ_0", "disp_noc_0"), seed=15)
    write_kitti(data / "kitti_stereo_flow", FRAMES_2012, ("colored_0", "colored_1"), ("disp_occ", "disp_noc"), seed=12)
    scene_flow = data / "scene_flow_datasets"
    letters = [f"{subset}/{letter}/0000" for subset in ("TRAIN", "TEST") for letter in "ABC"]
    write_scene_flow(scene_flow / "flyingthings3d", letters, seed=1)
    write_scene_flow(scene_flow / "monkaa", ["a_rain_of_stones_x2", "eating_camera2_x2"], seed=2)
    drives = [f"{focal}mm_focallength/scene_{way}" for focal, way in ((15, "backwards/fast"), (35, "forwards/slow"))]
    write_scene_flow(scene_flow / "driving", drives, seed=3)


def write_kitti_raw(root: Path) -> None:
    """KITTI raw; beside each synchronised drive is the unsynchronised one, whose images are no stereo pairs."""
    for seed, (drive, count) in enumerate(DRIVES.items()):
        for number in range(count):
            scene = _street(seed, number)
            gray = scene.left[..., 1], scene.right[..., 1]
            for camera, image in enumerate((*gray, scene.left, scene.right)):
                for kind in ("sync", "extract"):
                    write_image(root / f"{drive}_{kind}" / f"image_{camera:02d}/data/{number:010d}.png", image)
        (root / f"{drive}_sync/image_02/timestamps.txt").write_text("2011-09-26 13:02:25.594360375\n" * count)
        (root / drive).parent.joinpath("calib_cam_to_cam.txt").write_text("calib_time: 09-Jan-2012 13:57:47\n")


def write_kitti(
    root: Path, frames: Iterable[int], views: tuple[str, str], truths: tuple[str, str], *, seed: int
) -> None:
    """KITTI 2012 or 2015: color images of two moments, ground truth of the first with and without occluded pixels."""
    for frame in frames:
        scene = _street(seed, frame)
        name = f"{frame:06d}_10.png"
        for part, moment in (("training", "10"), ("training", "11"), ("testing", "10"), ("testing", "11")):
            for folder, image in zip(views, (scene.left, scene.right), strict=True):
                write_image(root / part / folder / f"{frame:06d}_{moment}.png", image)
        write_disparity(root / "training" / truths[0] / name, scene.disparity)
        write_disparity(root / "training" / truths[1] / name, np.where(scene.visible, scene.disparity, 0))


def write_class_maps(folder: Path) -> None:
    """The authors' class maps of KITTI 2015, in which every class has a patch in every frame."""
    for frame in FRAMES_2015:
        classes = _street(15, frame).classes.astype(np.int64)
        height, width = classes.shape
        patches = np.minimum(np.arange(width) * CLASSES // width, CLASSES - 1)
        classes[height // 2 : height * 3 // 4] = patches
        folder.mkdir(parents=True, exist_ok=True)
        for view in ("10", "11"):
            np.save(folder / f"pred_{frame:06d}_{view}.npy", classes)


def write_scene_flow(root: Path, scenes: Iterable[str], *, seed: int) -> None:
    """FlyingThings3D, Monkaa or Driving: both passes, and both views' disparities; one pixel lies beyond 255.996."""
    for number, scene in enumerate(scenes):
        pair = render_scene("things", image_size=SCENE_FLOW_SIZE, seed=seed, index=number)
        disparity = pair.disparity.copy()
        disparity[0, 0] = 400
        for rendering in ("cleanpass", "finalpass"):
            for view, image in (("left", pair.left), ("right", pair.right)):
                write_image(root / f"frames_{rendering}" / scene / view / "0006.png", image)
        for view, values in (("left", disparity), ("right", np.ones_like(disparity))):  # nothing reads the right one
            write_pfm(root / "disparity" / scene / view / "0006.pfm", values)


def write_pfm(path: Path, values: np.ndarray) -> None:
    """Write H×W float32 as Scene Flow has it: little-endian, the bottom row first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    height, width = values.shape
    path.write_bytes(f"Pf\n{width} {height}\n-1.0\n".encode() + values[::-1].astype("<f4").tobytes())


def _street(seed: int, index: int) -> StereoScene:
    return render_scene("driving", image_size=KITTI_SIZES[index % 2], seed=seed, index=index)
