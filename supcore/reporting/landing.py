"""The landing page of a run: five pictures and what the tables say about them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from supcore.reporting.leaderboard import Attacked
from supcore.reporting.pages import picture, render
from supcore.reporting.scenes import Scene
from supcore.reporting.story import agreement, headline, resistance, transfer_range


@dataclass(frozen=True)
class Featured:
    """The SUP and the scene that the page shows; paths are relative to the page.

    Attributes:
        source: of the SUP.
        dataset: that the scene is from.
        size: of the SUP.
        epsilon: of the SUP.
        sup: folder of the SUP.
        records: per-image errors of the network under this source.
        worst: picture of the scene with the largest error.
    """

    source: str
    dataset: str
    size: str
    epsilon: float
    sup: str
    records: str
    worst: str


@dataclass(frozen=True)
class Pictures:
    """PNG files of the page; None for what the run does not have.

    Attributes:
        sup: the tiles of the featured SUP.
        scene: the featured scene with the median error.
        heatmap: source against target.
        resists: study, caption and file of each figure about what resists.
        paper: published beside ours.
    """

    sup: Path | None
    scene: Path | None
    heatmap: Path
    resists: Sequence[tuple[str, str, Path]]
    paper: Path


def landing_page(
    table: pd.DataFrame,
    comparison: pd.DataFrame,
    *,
    attacked: Attacked,
    featured: Featured | None,
    scenes: Mapping[str, Scene],
    pictures: Pictures,
    files: Mapping[str, Any],
    about: Mapping[str, str],
) -> str:
    """The page as HTML without external parts.

    Args:
        table: transfer table.
        comparison: every published number beside ours.
        attacked: the networks that each source attacks.
        featured: what is shown; None if no network is attacked with its own SUP.
        scenes: as :func:`supcore.reporting.scenes.chosen_scenes` gives them; empty without a featured SUP.
        pictures: the figures.
        files: ``tables`` and ``figures`` to link to, paths relative to the page, and ``folder``, where the page is.
        about: lines that say what was run, e.g. mode and commit.
    """
    shown = {
        "sup": picture(pictures.sup) if pictures.sup else None,
        "scene": picture(pictures.scene) if pictures.scene else None,
        "heatmap": picture(pictures.heatmap),
        "resists": [(study, caption, picture(path)) for study, caption, path in pictures.resists],
        "paper": picture(pictures.paper),
    }
    numbers = None
    if featured:
        name = featured.size, featured.epsilon
        numbers = headline(table, featured.dataset, featured.source, attacked, name)
    return render(
        "index.html.j2",
        headline=numbers,
        featured=asdict(featured) if featured else None,
        tiles=_tiles(featured.size) if featured else "",
        scenes=scenes,
        transfer=transfer_range(table, attacked),
        resistance=resistance(table, attacked),
        agreement=agreement(comparison),
        datasets=list(dict.fromkeys(table["dataset"])),
        pictures=shown,
        about=about,
        **files,
    )


def _tiles(size: str) -> str:
    """What the two parts of a SUP are: "tiles of 64×64 pixels"."""
    if size == "full":
        return "patterns of the size of an image"
    height, _, width = size.removeprefix("tile").partition("x")
    return f"tiles of {height}×{width or height} pixels"
