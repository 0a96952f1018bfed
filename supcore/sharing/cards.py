"""A card for a SUP or for weights: what it is, how it was made, what it does beside the controls, and the terms."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from supcore.errors import SupError
from supcore.reporting.labels import CLEAN, NOISE, label
from supcore.reporting.selection import average_seeds, is_attack
from supcore.reporting.transfer import read_table
from supcore.sharing.facts import SharedFile, read_shared_file
from supcore.sup_names import epsilon_text

PAPER = """\
@inproceedings{berger2022stereoscopic,
  title     = {Stereoscopic Universal Perturbations across Different Architectures and Datasets},
  author    = {Berger, Zachary and Agrawal, Parth and Liu, Tian Yu and Soatto, Stefano and Wong, Alex},
  booktitle = {IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)},
  year      = {2022}
}"""
_USE = {
    "sup": """\
from supcore.data import read_pair
from supcore.perturbation import StereoPerturbation

sup = StereoPerturbation.load("{file}")
left, right = sup(*read_pair("left.png", "right.png"))""",
    "weights": """\
from supcore.networks import load_pretrained

network = load_pretrained("{name}", "{file}")""",
}
_TITLES = {"sup": "Stereoscopic universal perturbation", "weights": "Weights of a stereo network"}
_TERMS = {
    "sup": "A perturbation is made from networks and images; look up whether their terms bind what is made from them.",
    "weights": "Weights are made from images; look up whether their terms bind what is made from them.",
}
_ERRORS = ["data set", "network", "against", "SUP", "metric", "clean images", "random noise", "under the SUP"]


def card(path: str | Path, transfer: str | Path | None = None, terms: str | None = None) -> str:
    """The card of a file as Markdown.

    Args:
        path: a SUP, or weights as :func:`~supcore.networks.save_weights` writes them.
        transfer: a transfer table that has the SUP as source, or the network as target.
        terms: the license that the file is given away under.

    Raises:
        SupError: the file cannot be used, or the table has no row about it.
    """
    shared = read_shared_file(path)
    parts = [f"# {_TITLES[shared.kind]}: {shared.name or shared.path.stem}", f"File `{shared.path.name}`."]
    facts = "\n".join(f"| {name} | {_escape(text)} |" for name, text in shared.facts.items())
    parts += ["## What it is", f"| | |\n|---|---|\n{facts}"]
    if transfer is not None:
        parts += ["## Measured errors", *_measured(shared, transfer)]
    use = _USE[shared.kind].format(file=shared.path.name, name=shared.name)
    parts += ["## Use", f"```python\n{use}\n```"]
    license_line = terms or "Not stated. Whoever shares the file has to say under which terms."
    parts += ["## License", license_line, _TERMS[shared.kind]]
    parts += ["## Citation", f"```bibtex\n{PAPER}\n```"]
    return "\n\n".join(parts) + "\n"


def _measured(shared: SharedFile, transfer: str | Path) -> list[str]:
    table = average_seeds(_of_seed(read_table(transfer), shared))
    about = table["source"] == shared.name if shared.kind == "sup" else table["target"] == shared.name
    rows = table[about & is_attack(table)]
    if shared.kind == "sup":
        size, epsilon, _ = shared.cell
        rows = rows[(rows["size"] == size) & (rows["epsilon"] == epsilon)]
    if rows.empty:
        raise SupError(f"{transfer}: has no row about {shared.path}; give the transfer table of its run")
    cells = pd.DataFrame(_cells(rows, table), columns=_ERRORS)
    cells = cells.drop(columns="SUP") if shared.kind == "sup" else cells
    note = (
        "Means over images with their 95 % bootstrap intervals. Noise has the size and the epsilon of the SUP. D1 is "
        "the share of the pixels that are off by more than 3 px and 5 %, in percent; EPE is the mean error in pixels. "
        "Clean images have no error against the network's own prediction on them."
    )
    return [cells.to_markdown(index=False, disable_numparse=True), note]


def _of_seed(table: pd.DataFrame, shared: SharedFile) -> pd.DataFrame:
    """Without the SUPs of other seeds, where the seed is known; noise is the mean over its own."""
    seed = shared.cell[2]
    return table if seed is None else table[~is_attack(table) | (table["seed"] == seed).fillna(False)]


def _cells(rows: pd.DataFrame, table: pd.DataFrame) -> Iterator[list[str]]:
    for row in rows.to_dict("records"):
        same = table[(table["dataset"] == row["dataset"]) & (table["target"] == row["target"])]
        same = same[same["reference"] == row["reference"]]
        noise = same[(same["source"] == NOISE) & (same["size"] == row["size"]) & (same["epsilon"] == row["epsilon"])]
        for metric, name in (("d1", "D1 (%)"), ("epe", "EPE (px)")):
            controls = [_text(found, metric) for found in (same[same["source"] == CLEAN], noise)]
            sup = f"{label(row['source'])}, {row['size']}, {epsilon_text(row['epsilon'])}"
            against = {"clean": "clean prediction"}.get(row["reference"], row["reference"].replace("_", " "))
            names = [label(row["dataset"]), label(row["target"]), against, sup, name]
            yield [*names, *controls, _text(pd.DataFrame([row]), metric)]


def _escape(text: str) -> str:
    return text.replace("|", "\\|")


def _text(rows: pd.DataFrame, metric: str) -> str:
    if rows.empty:
        return "-"
    mean, low, high = (rows[f"{metric}_{name}"].iloc[0] for name in ("mean", "ci_low", "ci_high"))
    return f"{mean:.2f} [{low:.2f}, {high:.2f}]"
