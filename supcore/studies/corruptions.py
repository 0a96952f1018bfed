"""Image corruptions, alone and on top of noise and SUPs (section 4 of the paper; ImageNet-C)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from supcore.errors import SupError
from supcore.import_paths import is_import_path
from supcore.studies.base import COMMON_KEYS, PaperCell, Plan, Study, check_names

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from supcore.evaluation.conditions import Condition
    from supcore.evaluation.study_job import StudyJob
    from supcore.reporting.matrix import Matrix


_SEVERITIES = {"type": "array", "uniqueItems": True, "items": {"type": "integer", "minimum": 1}}


class Corruptions(Study):
    """Errors under corruptions, and their change over clean images in percent."""

    keys = {
        **COMMON_KEYS,
        "corruptions": {
            "description": "a group (published: the paper's nine; common: ImageNet-C's fifteen) or a list of names",
            "oneOf": [
                {"type": "string", "registry": "corruption groups"},
                {"type": "array", "minItems": 1, "uniqueItems": True, "items": {"registry": "corruptions"}},
            ],
        },
        "severities": {
            "description": "from 1, as far as a corruption has them; a list for all, or lists by name. The others, and "
            "all for [], take their default, the published one",
            "oneOf": [
                _SEVERITIES,
                {"type": "object", "propertyNames": {"registry": "corruptions"}, "additionalProperties": _SEVERITIES},
            ],
            "default": [],
        },
        "shared_draws": {
            "description": "one random draw for both views; the paper draws them independently",
            "type": "boolean",
            "default": False,
        },
        "baseline": {
            "description": "network that corruption errors (mCE) are relative to; the first one unless given",
            "type": "string",
        },
    }
    required = ("corruptions",)
    labels = ("corruption", "severity")
    metrics = {"d1": "d1", "epe": "epe", "percent_change": "epe_change"}
    resists = True
    caption = (
        "Image corruptions, alone (change of D1 and EPE over clean images, in percent) and on top of noise and SUPs "
        "(D1 with 95 % intervals over images), one bar per network; diamonds are the published changes."
    )

    def check(self, plan: Plan) -> None:
        """The baseline is one of the networks, and corruptions from elsewhere can be imported."""
        super().check(plan)
        for path in self.modules():
            _check_corruption(f"studies.{self.name}.corruptions", path)
        baseline = [self.settings["baseline"]] if "baseline" in self.settings else []
        networks = self.settings.get("networks", plan.networks)
        check_names(f"studies.{self.name}.baseline", "name", baseline, networks)

    def looks(self, plan: Plan, network: str) -> int:
        """Clean images and every attack, under every corruption and without."""
        return (1 + super().looks(plan, network)) * len(list(self._wanted()))

    def modules(self) -> list[str]:
        """Corruptions from elsewhere."""
        wanted = self.settings["corruptions"]
        return [] if isinstance(wanted, str) else [name for name in wanted if is_import_path(name)]

    def conditions(self, job: StudyJob) -> list[Condition]:
        """Every corruption and severity on clean images and on every attack, the uncorrupted images first."""
        from supcore.evaluation.conditions import unperturbed
        from supcore.evaluation.study_conditions import corrupted
        from supcore.reporting.labels import NO_CORRUPTION

        attacks, conditions = job.clean_noise_and_sups(), []
        for name, severity in self._wanted():
            for attack in attacks:
                perturb = attack.perturb or unperturbed
                if name != NO_CORRUPTION:
                    shared = self.settings["shared_draws"]
                    perturb = corrupted(perturb, name, severity, seed=job.seed, shared_draws=shared)
                labels = {"corruption": name, "severity": str(severity)}
                conditions.append(replace(attack, perturb=perturb, labels=labels))
        return conditions

    def _wanted(self) -> Iterator[tuple[str, int]]:
        from supcore.corruptions import chosen_corruptions, find_corruption
        from supcore.reporting.labels import NO_CORRUPTION

        yield NO_CORRUPTION, 0
        wanted = self.settings["severities"]
        for name in chosen_corruptions(self.settings["corruptions"]):
            corruption = find_corruption(name)
            own = wanted.get(name, []) if isinstance(wanted, dict) else wanted
            for severity in own or [corruption.default_severity]:
                if severity in range(1, len(corruption.severities) + 1):
                    yield name, severity

    def finish(self, table: pd.DataFrame) -> pd.DataFrame:
        """Add the change over clean images."""
        return with_change(table)

    def columns(self) -> list[str]:
        """With the change over clean images."""
        return [*super().columns(), "d1_change", "epe_change"]

    def asked(self, plan: Plan) -> Iterator[PaperCell]:
        """Corrupted clean images at the severities that the paper may mean."""
        names = published_conditions()
        for dataset in self.datasets(plan):
            for target in self.networks(plan, dataset):
                yield from (PaperCell(names[wanted], dataset, target) for wanted in self._wanted() if wanted in names)

    def paper_rows(self, table: pd.DataFrame) -> pd.DataFrame:
        """Clean images at the published severities, and blurred with the sigma of the script that is shipped."""
        from supcore.reporting.labels import CLEAN

        names = published_conditions()
        found = zip(table["corruption"], table["severity"], strict=True)
        rows = table.assign(condition=[names.get((name, int(severity)), "") for name, severity in found])
        return rows[(rows["source"] == CLEAN) & (rows["condition"] != "")]

    def matrices(self, shown: pd.DataFrame) -> Iterator[Matrix]:
        """D1 of every corruption by network and attack; on clean images also the change of D1 and of EPE."""
        from supcore.reporting.attacks import SETTING, attack_words
        from supcore.reporting.matrix import LOWEST_IN_ROW, Layout, arrange
        from supcore.reporting.selection import groups

        layout = Layout("corruption", "target", ("corruption", "network"), LOWEST_IN_ROW)
        for (_, _, *attack), rows in groups(named_corruptions(shown), SETTING):
            name, what = attack_words(*attack)
            for metric in ("d1", "d1_change", "epe_change"):
                if metric == "d1" or rows[metric].notna().any():
                    yield arrange(rows, layout, f"corruptions-{name}", f"corrupted images, {what}", metric)

    def figure(self, shown: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> Figure:
        """The change on clean images, then D1 under each attack; severities that all have count with their mean."""
        from supcore.reporting.attacks import ATTACK, attack_title
        from supcore.reporting.grouped_bars import PUBLISHED_MARK, bar_legend, bar_panels, draw_bars, share_limits
        from supcore.reporting.labels import CLEAN, label, ordered
        from supcore.reporting.matrix import distinct
        from supcore.reporting.selection import groups
        from supcore.reporting.style import series_colors

        by_name = isinstance(self.settings.get("severities"), dict)
        shown = named_corruptions(shown if by_name else _mean_over_severities(shown))
        names, colors = distinct(shown, "corruption"), series_colors(ordered(shown["target"]))
        attacks = [(key, rows) for key, rows in groups(shown, ATTACK) if key[0] != CLEAN]
        figure, grid = bar_panels(2 + len(attacks), len(names), len(colors), len(colors) + 1)
        marks: dict[str, Any] = {}
        options: dict[str, Any] = {"groups": ("corruption", names), "series": ("target", colors), "numbers": True}
        for axes, metric in zip(grid, ("d1_change", "epe_change"), strict=False):
            if draw_bars(axes, shown[shown["source"] == CLEAN], metric=metric, **options):
                marks = {"published": PUBLISHED_MARK}
            axes.set_title("clean images")
        for axes, (attack, rows) in zip(grid[2:], attacks, strict=True):
            draw_bars(axes, rows, metric="d1", **options)
            axes.set_title(attack_title(*attack))
        share_limits(grid[2:])
        figure.suptitle(label(shown["dataset"].iloc[0]), fontsize=8)
        bar_legend(figure, colors, 4, **marks)
        return figure


def _check_corruption(key: str, path: str) -> None:
    from supcore.corruptions import find_corruption

    try:
        find_corruption(path)
    except SupError as error:
        raise SupError(f"config key {key}: {error}") from None


def published_conditions() -> dict[tuple[str, int], str]:
    """Conditions of the paper's numbers by corruption and severity.

    The plot does not say how strong its Gaussian blur is: the code blurs with sigma 1, a shipped script with 2.
    """
    from supcore.corruptions import CORRUPTIONS, GROUPS

    words = {name: f"corruption {name}" for name in GROUPS["published"]} | {"gaussian": "corruption gaussian_blur"}
    default = {(name, CORRUPTIONS[name].default_severity): text for name, text in words.items()}
    return default | {("gaussian", 2): "corruption gaussian_blur, sigma 2"}


def with_change(table: pd.DataFrame) -> pd.DataFrame:
    """Add ``d1_change`` and ``epe_change``: percent over the uncorrupted, unperturbed images of the same network.

    Against ground truth only; a network has no error against its own clean prediction.

    Raises:
        SupError: the table lacks those images for a network.
    """
    import pandas as pd

    from supcore.reporting.labels import CLEAN, NO_CORRUPTION

    key = ["dataset", "target"]
    truth = table[table["reference"] == "ground_truth"]
    clean = truth[(truth["corruption"] == NO_CORRUPTION) & (truth["source"] == CLEAN)].set_index(key)
    changed = table.copy()
    for metric in ("d1", "epe"):
        base = pd.Index(map(tuple, truth[key].to_numpy())).map(clean[f"{metric}_mean"].to_dict())
        if base.isna().any():
            raise SupError("corruption study: records lack the clean images of a network; evaluate it again")
        changed[f"{metric}_change"] = 100 * (truth[f"{metric}_mean"] / base.to_numpy(dtype=float) - 1)
    return changed


def named_corruptions(table: pd.DataFrame) -> pd.DataFrame:
    """The table with the printed names of the corruptions, and their severity where there are several."""
    import pandas as pd

    from supcore.reporting.labels import NO_CORRUPTION, label

    several = table.groupby("corruption")["severity"].transform("nunique") > 1
    severity = (" " + table["severity"].astype(str)).where(several, "")
    none = table["corruption"] == NO_CORRUPTION
    names = (table["corruption"].map(label) + severity).mask(none, "no corruption")
    named = table.assign(corruption=names)
    return pd.concat([named[none], named[~none]])


def _mean_over_severities(shown: pd.DataFrame) -> pd.DataFrame:
    from supcore.reporting.attacks import ATTACK

    key = ["dataset", *ATTACK, "target", "corruption"]
    numbers = [name for name in shown.select_dtypes("number") if name not in (*key, "severity")]
    return shown.groupby(key, sort=False)[numbers].mean().reset_index().assign(severity=0)
