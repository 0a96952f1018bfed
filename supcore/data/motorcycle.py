"""The one real stereo pair that scikit-image ships: Motorcycle of Middlebury 2014, with ground truth."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np

from supcore.data.image_io import read_image, write_disparity, write_image
from supcore.errors import SupError


def write_motorcycle(folder: str | Path) -> list[dict[str, str]]:
    """Write the pair (500×741, right x = left x - d, 7.2-59.9 px) in the layout of KITTI 2015.

    Pixels without ground truth are infinite in the original and 0 here.

    Returns:
        One manifest row.

    Raises:
        SupError: scikit-image is not installed or lacks the pair.
    """
    source = _data_folder()
    with np.load(source / "motorcycle_disp.npz") as stored:
        disparity = stored["arr_0"].astype(np.float32)
    row = {name: str(Path(folder) / part / "000000_10.png") for name, part in _PARTS.items()}
    write_image(row["left"], read_image(source / "motorcycle_left.png"))
    write_image(row["right"], read_image(source / "motorcycle_right.png"))
    write_disparity(row["disparity"], np.where(np.isfinite(disparity), disparity, 0))
    return [row]


_PARTS = {"left": "image_2", "right": "image_3", "disparity": "disp_occ_0"}


def _data_folder() -> Path:
    spec = find_spec("skimage")
    folder = Path(spec.origin).parent / "data" if spec and spec.origin else None
    if folder is None or not (folder / "motorcycle_disp.npz").is_file():
        raise SupError("the Motorcycle pair comes with scikit-image: pip install scikit-image")
    return folder
