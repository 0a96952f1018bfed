"""The folders of DrivingStereo: its training and test sequences, and the subsets of four kinds of weather."""

from pathlib import Path
from typing import Literal

from supcore.data import encodings
from supcore.data.pairing import Paths, find_files, refuse_unpaired, visible_files
from supcore.errors import SupError

Subset = Literal["train", "test", "sunny", "cloudy", "rainy", "foggy"]
Size = Literal["half", "full"]

# Half-size maps are written as KITTI's, full-size ones with half that scale.
_SCALES: dict[Size, int] = {"half": 256, "full": 128}
_SEQUENCES: dict[Subset, int] = {"train": 174437, "test": 7751}
_OF_A_WEATHER = 500


def driving_stereo(root: Path, *, subset: Subset = "sunny", size: Size = "half") -> list[Paths]:
    """DrivingStereo: ``<weather>/{left,right}-image-half-size``, or sequences in ``{train,test}-{left,right}-image``.

    The disparity of a view has its name, as 16-bit PNG, in ``disparity-map-half-size`` or ``train-disparity-map``; the
    test archives have one more folder, ``test-left-image/left-image-half-size/<sequence>``. Scales (value / 256 at half
    size, value / 128 at full size) and totals: https://drivingstereo-dataset.github.io.

    Args:
        root: folder that holds these folders.
        subset: ``train``, ``test``, or a weather: ``sunny``, ``cloudy``, ``rainy``, ``foggy``.
        size: ``half`` (881×400 on average) or ``full``; the training sequences come in half size only.
    """
    left, right, truth = (root / _folder(subset, size, kind) for kind in ("left-image", "right-image", "disparity-map"))
    images = [f"{_depth(subset)}*.{suffix}" for suffix in ("jpg", "png")]
    lefts = find_files(left, *images)
    places = [file.relative_to(left) for file in lefts]
    rows = [
        {"left": file, "right": right / place, "disparity": truth / place.with_suffix(".png")}
        for file, place in zip(lefts, places, strict=True)
    ]
    refuse_unpaired(visible_files(right, *images), [row["right"] for row in rows])
    return rows


def driving_stereo_folders(*, subset: Subset = "sunny", size: Size = "half") -> str:
    """Pattern of the folders with left images."""
    return f"{_folder(subset, size, 'left-image')}/{_depth(subset)}"


def driving_stereo_total(*, subset: Subset = "sunny", **_: object) -> int:
    """Pairs of the sequences or of a weather."""
    return _SEQUENCES.get(subset, _OF_A_WEATHER)


def driving_stereo_encoding(*, size: Size = "half", **_: object) -> str:
    """How disparities are stored."""
    return encodings.scale(_SCALES[size])


def check_driving_stereo(*, subset: Subset = "sunny", size: Size = "half") -> None:
    """Refuse what there is not.

    Raises:
        SupError: training sequences in full size.
    """
    if (subset, size) == ("train", "full"):
        raise SupError("layout driving_stereo: the training sequences come in half size only; leave out size")


def _folder(subset: Subset, size: Size, kind: str) -> str:
    """Of one kind of files; the sequences of ``train`` and ``test`` lie in it."""
    if subset == "train":
        return f"train-{kind}"
    return f"test-{kind}/{kind}-{size}-size" if subset == "test" else f"{subset}/{kind}-{size}-size"


def _depth(subset: Subset) -> str:
    return "*/" if subset in _SEQUENCES else ""
