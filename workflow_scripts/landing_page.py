"""Put the run into five pictures: the page to open first."""

from os.path import relpath
from pathlib import Path
from typing import TYPE_CHECKING

from supcore.files import write_text
from supcore.reporting.comparison import COLUMNS
from supcore.reporting.landing import Featured, Pictures, landing_page
from supcore.reporting.scenes import chosen_scenes
from supcore.reporting.summary import read_csv, read_records
from supcore.reporting.transfer import read_table
from supcore.workflow.jobs.job import job
from supcore.workflow.provenance import git_commit

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def featured_scene(files, shown, folder):
    """What the page shows of one SUP, and its scenes; nothing if the configuration has none."""
    if not shown:
        return None, {}
    size, epsilon, seed = shown["name"]
    clean, attacked = (read_records([path]) for path in (files.clean, files.attacked))
    scenes = chosen_scenes(clean, attacked, size=size, epsilon=float(epsilon), seed=seed)
    # The SUP may lie in another configuration's folder.
    linked = {"sup": Path(files.preview).parent, "records": files.attacked, "worst": files.worst}
    place = {name: relpath(path, folder) for name, path in linked.items()}
    return Featured(shown["source"], shown["dataset"], size, float(epsilon), **place), scenes


with job(snakemake):
    files, params = snakemake.input, snakemake.params
    folder = Path(snakemake.output.page).parent
    featured, scenes = featured_scene(files, params.featured, folder)
    pictures = Pictures(
        files.preview or None,
        files.scene or None,
        files.heatmap,
        [(*about, path) for about, path in zip(params.resists, files.resists, strict=True)],
        files.paper,
    )
    page = landing_page(
        read_table(files.transfer),
        read_csv(files.comparison, COLUMNS),
        attacked=params.attacked,
        featured=featured,
        scenes=scenes,
        pictures=pictures,
        files={"tables": params.tables, "figures": params.figures, "folder": str(folder)},
        about={"Mode": params.mode, "commit": git_commit() or "unknown"},
    )
    write_text(snakemake.output.page, page)
