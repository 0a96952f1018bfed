"""Which images of a data set are shown: those with the median and with the largest error, not the prettiest."""

from dataclasses import dataclass

import pandas as pd

from supcore.errors import SupError

MEDIAN, WORST = "median", "worst"


@dataclass(frozen=True)
class Scene:
    """One image of a data set under a perturbation.

    Attributes:
        image: its number.
        reference: what the errors count against: "ground_truth", or "clean" where no image has ground truth.
        clean: D1 (%) of the clean image; None against the clean prediction itself.
        attacked: D1 (%) of the perturbed image.
    """

    image: int
    reference: str
    clean: float | None
    attacked: float

    def describe(self) -> str:
        """Number and errors, as a title says them."""
        space = "\N{NO-BREAK SPACE}"
        attacked = f"{self.attacked:.1f}{space}%"
        if self.clean is None:
            return f"image {self.image}, D1 against the clean prediction {attacked}"
        return f"image {self.image}, D1 {self.clean:.1f}{space}% clean, {attacked} attacked"


def chosen_scenes(
    clean: pd.DataFrame, attacked: pd.DataFrame, *, size: str, epsilon: float, seed: int
) -> dict[str, Scene]:
    """The images with the median D1 (the lower one of two) and with the largest D1 under one perturbation.

    Args:
        clean: per-image records of one network on clean images.
        attacked: the same under the perturbations of one source.
        size: of the perturbation.
        epsilon: of the perturbation.
        seed: of the perturbation.

    Returns:
        ``MEDIAN`` and ``WORST``; the same image if there is one alone.

    Raises:
        SupError: the records hold no usable image under this perturbation.
    """
    chosen = (attacked["size"] == size) & (attacked["epsilon"] == epsilon) & (attacked["seed"] == seed)
    usable = attacked[chosen & (attacked["n_valid"] > 0)]
    truth = usable[usable["reference"] == "ground_truth"]
    ranked = (usable if truth.empty else truth).sort_values(["d1", "image"], kind="stable")
    if ranked.empty:
        raise SupError(f"per-image records: no usable image for {size}, epsilon {epsilon}, seed {seed}")
    return {MEDIAN: _scene(clean, ranked.iloc[(len(ranked) - 1) // 2]), WORST: _scene(clean, ranked.iloc[-1])}


def _scene(clean: pd.DataFrame, row: "pd.Series[float]") -> Scene:
    same = clean[(clean["image"] == row["image"]) & (clean["reference"] == row["reference"])]
    before = float(same["d1"].iloc[0]) if len(same) else None
    return Scene(int(row["image"]), str(row["reference"]), before, float(row["d1"]))
