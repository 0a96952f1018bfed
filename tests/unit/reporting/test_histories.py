"""Curves of the histories: every line where its history is."""

import pandas as pd
import pytest

from supcore.reporting.histories import sup_curves, training_curves
from supcore.reporting.style import save_figure

SUP = pd.DataFrame({"step": [20, 40], "d1_clean": [5.0, 30.0], "clipped_fraction": [0.2, 0.9]})
TRAINING = pd.DataFrame({"step": [50, 100], "loss": [1.2, 0.8]})
FINETUNING = TRAINING.assign(d1_clean=[2.5, 2.4], d1_perturbed=[8.0, 4.0])


def lines(axes):
    return [list(line.get_ydata()) for line in axes.lines]


def test_a_sup_has_its_error_and_its_clipping_in_percent():
    figure = sup_curves({"PSMNet": SUP, "AANet": SUP.assign(d1_clean=[1.0, 2.0])})
    error, clipped = figure.axes
    assert lines(error) == [[5, 30], [1, 2]]
    assert lines(clipped) == [pytest.approx([20, 90])] * 2
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["PSMNet", "AANet"]


def test_a_training_has_its_loss_alone():
    (loss,) = training_curves({"PSMNet, trained": TRAINING}).axes
    assert lines(loss) == [[1.2, 0.8]]
    assert loss.get_yscale() == "log"


def test_a_fine_tuning_adds_its_errors_clean_and_perturbed(tmp_path):
    figure = training_curves({"trained": TRAINING, "finetuned": FINETUNING})
    loss, error = figure.axes
    assert len(lines(loss)) == 2
    assert lines(error) == [[2.5, 2.4], [8, 4]]
    assert [line.get_linestyle() for line in error.lines] == ["-", "--"]
    save_figure(figure, [tmp_path / "curves.png"])
