"""Every published number beside ours: what agrees, what differs, what was not run."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from supcore.reporting.absence import absences
from supcore.reporting.labels import CLEAN
from supcore.reporting.published import PublishedResults

# What identifies a number. `condition` is empty for a plain evaluation of a network as released; else it says what
# else was done, e.g. `finetuned_new`, `corruption jpeg`, `class road`, `10000 training samples`.
KEY = ["dataset", "target", "source", "size", "epsilon", "condition", "reference", "metric"]
COLUMNS = [
    "origin",
    *KEY,
    "published",
    "published_std",
    "ours",
    "ours_ci_low",
    "ours_ci_high",
    "n_images",
    "difference",
    "tolerance",
    "verdict",
    "reason",
]
# What the paper's words may mean as well: compared, too, where it was measured.
OTHER_READINGS = {"corruption gaussian_blur, sigma 2": "corruption gaussian_blur"}
# A difference counts as agreement up to the larger of a share of the published number and a floor in its unit.
RELATIVE_TOLERANCE = 0.1
FLOORS = {"d1": 1.0, "epe": 0.2, "percent_change": 5.0}
# Frames behind the published numbers; ours are not comparable with another number of them.
FRAMES = {"kitti2015": 40, "kitti2012": 34, "flyingthings3d": 4370}
IMAGE_SIZE = (256, 640)
# How config/paper.yaml calls all 200 pairs of KITTI 2015, with class maps, which the README's errors by class are of.
CLASS_MAPS = "kitti2015_classes"

Row = dict[str, Any]


def compare(
    published: PublishedResults,
    measured: Iterable[pd.DataFrame],
    *,
    as_published: bool = True,
    asked: Iterable[Sequence[str]] = (),
) -> pd.DataFrame:
    """One row per published number, in the order of the paper's plots and of its README, then other readings of some.

    Args:
        published: the paper's numbers.
        measured: tables from :func:`by_metric`, with the columns of ``KEY``, ours, ours_ci_low,
            ours_ci_high and n_images; each key at most once.
        as_published: whether ours were measured in the release's mode and at its image size.
        asked: what the configuration asks for, see :func:`supcore.reporting.absence.absences`.

    Returns:
        Table with the columns ``COLUMNS``; ours, difference and verdict are empty where nothing was measured. The
        verdict is

        - ``agrees`` if the difference is within the tolerance beside it, else ``differs``;
        - ``undecided`` where the published effect itself is smaller than that: doing nothing would agree, too;
        - ``not comparable`` for another mode, image size, number of frames or set of them, and for errors by class, of
          which the paper does not say what SUP they were measured under.

        The reason says why nothing was measured, or why it is not comparable.
    """
    tables = [table for table in measured if len(table)]
    ours = (
        pd.concat(tables) if tables else pd.DataFrame(columns=[*KEY, "ours", "ours_ci_low", "ours_ci_high", "n_images"])
    )
    rows, readings = published_rows(published)
    rows = pd.concat([rows, readings[readings["condition"].isin(ours["condition"])]], ignore_index=True)
    joined = rows.merge(ours, on=KEY, how="left", validate="many_to_one")
    joined["difference"] = joined["ours"] - joined["published"]
    floors = joined["metric"].map(FLOORS)
    joined["tolerance"] = (RELATIVE_TOLERANCE * joined["published"].abs()).combine(floors, max)
    obstacles, measured_here = _obstacles(joined, as_published), joined["ours"].notna()
    joined["verdict"] = _verdicts(joined).mask(obstacles != "", "not comparable").where(measured_here, "")
    joined["reason"] = obstacles.where(measured_here, absences(joined, asked))
    return joined.reindex(columns=COLUMNS)


def _obstacles(joined: pd.DataFrame, as_published: bool) -> "pd.Series[str]":
    """Why a number of ours cannot be compared; empty where it can."""
    frames = joined["dataset"].map(FRAMES)
    counts = [
        f"{ours:.0f} images, the paper has {paper:.0f}" for ours, paper in zip(joined["n_images"], frames, strict=True)
    ]
    obstacles = pd.Series(counts, joined.index, dtype="object").where(~joined["n_images"].eq(frames), "")
    single = joined["condition"].eq("per_image")
    elsewhere = single & (_clean_of(joined, "per_image") - _clean_of(joined, "")).abs().gt(0)
    obstacles = obstacles.mask(elsewhere, "the paper's series has clean errors of its own, so other images or settings")
    obstacles = obstacles.mask(joined["condition"].str.startswith("class "), "the paper does not say which SUP it is")
    if not as_published:
        obstacles[:] = "another mode or image size than the paper's"
    return obstacles.where(obstacles == "", "not comparable: " + obstacles)


def _verdicts(joined: pd.DataFrame) -> "pd.Series[str]":
    verdicts = (joined["difference"].abs() <= joined["tolerance"]).map({True: "agrees", False: "differs"})
    effect = (joined["published"] - _without_attack(joined)).abs()
    attacked = (joined["source"] != CLEAN) | (joined["metric"] == "percent_change")
    return verdicts.mask(attacked & (effect <= joined["tolerance"]), "undecided")


def _without_attack(joined: pd.DataFrame) -> "pd.Series[float]":
    """The published error of the same network without the attack: its clean error; 0 for a change or against itself."""
    base = _clean_of(joined, joined["condition"].where(~joined["condition"].str.endswith("samples"), ""))
    return base.mask((joined["reference"] == "clean") | (joined["metric"] == "percent_change"), 0.0)


def _clean_of(joined: pd.DataFrame, conditions: "str | pd.Series[str]") -> "pd.Series[float]":
    """The published error on clean images of each row's network, data set and metric, under these conditions."""
    key = ["dataset", "target", "condition", "metric"]
    clean = joined[(joined["source"] == CLEAN) & (joined["reference"] == "ground_truth")]
    known = clean.drop_duplicates(key).set_index(key)["published"].to_dict()
    wanted = joined.assign(condition=conditions)[key].itertuples(index=False, name=None)
    return pd.Series([known.get(values) for values in wanted], joined.index, dtype="float64")


def with_published(table: pd.DataFrame, rows: pd.DataFrame, published: PublishedResults) -> pd.DataFrame:
    """A table, averaged over seeds, with the paper's numbers where it has them.

    They are ``published_d1``, ``published_epe`` and ``published_epe_change``.

    Args:
        table: of a study.
        rows: those of its rows that the paper may have numbers for, under the names by which it has them.
        published: the paper's numbers.
    """
    keyed = rows.rename_axis("row").reset_index()
    numbers = pd.concat(published_rows(published)).drop_duplicates(KEY)
    beside = table.copy()
    for metric, column in (("d1", "d1"), ("epe", "epe"), ("percent_change", "epe_change")):
        found = keyed.assign(metric=metric).merge(numbers, on=KEY, how="left", validate="many_to_one")
        beside[f"published_{column}"] = found.set_index("row")["published"]
    return beside


def published_rows(published: PublishedResults) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Every published number, and again those that can be read in another way, under that condition."""
    rows = pd.DataFrame(published_numbers(published))
    readings = [rows[rows["condition"] == said].assign(condition=other) for other, said in OTHER_READINGS.items()]
    return rows, pd.concat(readings)


def published_numbers(published: PublishedResults) -> Iterator[Row]:
    """Every published number as one row: where it stands, what it is, mean and standard deviation over images."""
    for row in published.line_plots.to_dict("records"):
        key = {name: row[name] for name in ("dataset", "target", "source", "size", "epsilon", "condition", "metric")}
        yield _row(row["plot_id"], key, row["mean"], row["std"])
    yield from _readme_runs(published.readme_runs)
    for row in published.readme_classwise.to_dict("records"):
        key = {"dataset": CLASS_MAPS, "target": "aanet", "condition": f"class {row['class']}", "reference": "clean"}
        for metric in ("d1", "epe"):
            yield _row("README", {**key, "metric": metric}, row[f"{metric}_mean"], row[f"{metric}_std"])
    for row in published.sampling_efficiency.to_dict("records"):
        network, condition = row["network"], f"{row['training_samples']} training samples"
        key = {"dataset": "kitti2015", "target": network, "source": network, "size": "tile64", "epsilon": 0.02}
        yield _row(
            "sampling efficiency", {**key, "condition": condition, "metric": "d1"}, row["d1_mean"], row["d1_std"]
        )
    for row in published.corruptions.to_dict("records"):
        key = {"dataset": "kitti2015", "target": row["network"], "source": "none", "epsilon": 0.0}
        condition = f"corruption {row['corruption']}"
        yield _row("corruptions", {**key, "condition": condition, "metric": "percent_change"}, row["percent_change"])


def _readme_runs(runs: pd.DataFrame) -> Iterator[Row]:
    for row in runs.to_dict("records"):
        key = {name: row[name] for name in ("dataset", "target", "source", "size", "epsilon")}
        key["condition"] = f"corruption {row['corruption']}" if row["corruption"] else ""
        for reference in ("clean", "ground_truth"):
            for metric in ("d1", "epe"):
                column = f"{reference}_{metric}"
                numbers = row[f"{column}_mean"], row[f"{column}_std"]
                yield _row("README", {**key, "reference": reference, "metric": metric}, *numbers)


def _row(origin: str, key: Row, mean: float, std: float | None = None) -> Row:
    absent = {"source": "", "size": "", "epsilon": float("nan"), "reference": "ground_truth"}
    return {"origin": origin, **absent, **key, "published": mean, "published_std": std}


def by_metric(rows: pd.DataFrame, metrics: Mapping[str, str]) -> pd.DataFrame:
    """Rows of a table in the form that :func:`compare` takes: one per metric.

    Args:
        rows: averaged over seeds, under the names by which the paper has them.
        metrics: metric of the paper to what our columns are called: d1 for d1_mean, d1_ci_low and so on, or one column.
    """
    common = [*(name for name in KEY if name != "metric"), "n_images"]
    tables = []
    for metric, column in metrics.items():
        alone = column in rows
        columns = {column: "ours"} if alone else {f"{column}_{old}": new for old, new in _OURS.items()}
        known = rows[rows[next(iter(columns))].notna()]
        tables.append(known[[*common, *columns]].rename(columns=columns).assign(metric=metric))
    return pd.concat(tables, ignore_index=True)


_OURS = {"mean": "ours", "ci_low": "ours_ci_low", "ci_high": "ours_ci_high"}
