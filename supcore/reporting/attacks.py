"""The columns that tell an attack, and how one is named in labels, captions and titles."""

from textwrap import fill

from supcore.reporting.labels import CLEAN, source_label
from supcore.sup_names import epsilon_text

ATTACK = ["source", "size", "epsilon"]
# What one printed table holds rows of.
GRID = ["dataset", "reference", "size", "epsilon"]
SOURCE = ["dataset", "reference", "source", "epsilon"]
SETTING = ["dataset", "reference", *ATTACK]


def attack_words(source: str, size: str, epsilon: float) -> tuple[str, str]:
    """An attack in the label and in the caption of a printed table."""
    if source == CLEAN:
        return CLEAN, "no perturbation"
    bound = epsilon_text(epsilon)
    return f"{source}-{size}-{bound}", f"{source_label(source)}, {size}, epsilon {bound}"


def attack_title(source: str, size: str, epsilon: float) -> str:
    """An attack over a panel."""
    if source == CLEAN:
        return "clean images"
    return f"{fill(source_label(source), 22)}\n{size}, ε = {epsilon_text(epsilon)}"
