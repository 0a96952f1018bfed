"""Manifests: one CSV per data set and split that lists the files of every stereo pair."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pandas as pd

from supcore.data.encodings import is_encoding
from supcore.data.pairing import FILES, check_path
from supcore.errors import SupError
from supcore.files import require_regular, write_text

REQUIRED = ("left", "right", "disparity")
OPTIONAL = ("segmentation", "mask", "visible", "encoding", "fit")
CROP = "crop"  # in the column fit


@dataclass(frozen=True)
class StereoSample:
    """One stereo pair.

    Attributes:
        left: image file.
        right: image file.
        disparity: file; empty if there is none.
        segmentation: file; empty if there is none.
        mask: file of the pixels whose ground truth counts; empty if all do.
        visible: file of the pixels that both cameras see; empty if that is not known.
        encoding: how the numbers of the disparity file are meant, see :mod:`supcore.data.encodings`; mostly empty.
        fit: how it comes to the working size: empty to resize it, ``crop`` to cut it at the right and lower border.
    """

    left: str
    right: str
    disparity: str = ""
    segmentation: str = ""
    mask: str = ""
    visible: str = ""
    encoding: str = ""
    fit: str = ""

    @property
    def files(self) -> tuple[str, ...]:
        """Its paths and empty places, in the order of :data:`~supcore.data.pairing.FILES`; masks only if there are any.

        Hashes of pairs without masks are so what they were before there were masks.
        """
        masks = filter(None, [self.mask, self.visible])
        return (self.left, self.right, self.disparity, self.segmentation, *masks)


def write_manifest(path: str | Path, rows: Iterable[Mapping[str, str]]) -> None:
    """Write rows with the keys left, right, disparity and, if any row has them, those of :data:`OPTIONAL`.

    Raises:
        SupError: no rows, or a listed file does not exist.
    """
    table = pd.DataFrame(list(rows))
    if table.empty:
        raise SupError(f"{path}: no stereo pairs found; check the data root and the layout of the data set")
    columns = [*REQUIRED, *(c for c in OPTIONAL if c in table)]
    table = table.reindex(columns=columns).astype(object).fillna("")
    for column in filter(FILES.__contains__, columns):
        for file in filter(None, table[column]):
            check_path(file, f"{path}: {column}")
            if not Path(file).is_file():
                raise SupError(f"{file}: listed as {column} for {path} but not found; check the data root")
    buffer = StringIO()
    table.to_csv(buffer, index=False, lineterminator="\n")
    write_text(path, buffer.getvalue())


def read_manifest(path: str | Path) -> list[StereoSample]:
    """Read a manifest, in its order.

    Raises:
        SupError: missing or malformed file, columns that are absent or unknown, an incomplete row, a field that no path
            can be.
    """
    try:
        require_regular(path)
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except FileNotFoundError as error:
        raise SupError(f"{path}: manifest not found; check the path") from error
    except (OSError, pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise SupError(f"{path}: not a readable manifest CSV ({reason}); make it again, as UTF-8 text") from error
    if not isinstance(table.index, pd.RangeIndex):
        raise SupError(f"{path}: a row of the manifest has more fields than there are columns; quote names with commas")
    missing = [c for c in REQUIRED if c not in table]
    unknown = [c for c in table if c not in REQUIRED + OPTIONAL]
    if missing or unknown:
        raise SupError(
            f"{path}: manifest columns must be left,right,disparity[,segmentation][,mask][,visible][,encoding][,fit]; "
            f"missing {missing or 'none'}, unknown {str(unknown)[:200] if unknown else 'none'}"
        )
    if table.empty:
        raise SupError(f"{path}: the manifest lists no stereo pair; check the data root and the split")
    incomplete = table.index[(table["left"] == "") | (table["right"] == "")]
    if len(incomplete):
        raise SupError(f"{path}: row {incomplete[0] + 2} lacks a left or right image; complete it")
    odd = [text for text in table.get("encoding", ()) if not is_encoding(text)]
    if odd:
        raise SupError(
            f"{path}: encoding is {odd[0][:100]!r} in a row; it must be empty, saturated, or scale or depth with its "
            "number"
        )
    odd = [text for text in table.get("fit", ()) if text not in ("", CROP)]
    if odd:
        raise SupError(f"{path}: fit is {odd[0][:100]!r} in a row; it must be empty or {CROP}")
    for column in table:
        for number, file in enumerate(table[column]):
            check_path(file, f"{path}: row {number + 2}")
    return [StereoSample(**{str(k): v for k, v in row.items()}) for row in table.to_dict("records")]
