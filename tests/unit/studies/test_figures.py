"""Figures of the studies and the paper's plots: what they show is what the tables hold."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from supcore.errors import SupError
from supcore.reporting.comparison import compare
from supcore.reporting.paper_plots import paper_plot, plot_ids
from supcore.reporting.style import save_figure, styled
from supcore.studies import make_study
from tests.unit.studies.rows import corruption_rows, figure_of, study_rows, transfer_rows

pytestmark = pytest.mark.thorough

DRAWN = {name: rows for name, *rows in study_rows()}


def draw(study, published, dataset="kitti2015"):
    table, transfer, settings = DRAWN[study]
    return figure_of(study, table, transfer, published, settings, dataset)


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


@styled
def inside(figure):
    """Whether everything that is drawn lies within the figure."""
    FigureCanvasAgg(figure).draw()
    box, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
    return min(box.x0, box.y0) > -0.01 and box.x1 < width + 0.01 and box.y1 < height + 0.01


@pytest.mark.parametrize("study", DRAWN)
def test_every_study_is_drawn_with_no_text_cut(published, tmp_path, study):
    figure = draw(study, published)
    save_figure(figure, [tmp_path / "study.png", tmp_path / "study.pdf"])
    assert (tmp_path / "study.png").stat().st_size > 1000
    assert inside(figure)


@pytest.mark.parametrize("study", DRAWN)
def test_a_data_set_without_rows_is_named(published, study):
    with pytest.raises(SupError, match="middlebury"):
        draw(study, published, dataset="middlebury")


def test_targeted_bars_are_the_share_that_reached_the_target(published):
    figure = draw("targeted", published)
    assert [axes.get_title().splitlines()[0] for axes in figure.axes] == ["shift 5", "scale 0.5"]
    assert {axes.get_xlabel() for axes in figure.axes} == {"Within 3 px of the target (%)"}
    widths = [[bar.get_width() for bar in container] for container in figure.axes[1].containers if len(container) == 2]
    assert sorted(w[0] for w in widths if np.isfinite(w[0])) == [1, 2, 40]


def test_corruption_bars_carry_the_published_change(published):
    figure = draw("corruptions", published)
    assert [axes.get_xlabel() for axes in figure.axes] == ["Change of D1 (%)", "Change of EPE (%)", "D1 error (%)"]
    assert legend(figure)[-1] == "published"
    changes = [line.get_xdata() for line in figure.axes[1].lines if line.get_marker() == "D"]
    assert np.concatenate(changes)[1] == pytest.approx(26.53022774)
    assert [bar.get_width() for bar in figure.axes[0].containers[0]] == pytest.approx([0, 30, 200])


def test_several_severities_count_with_their_mean(published):
    table = corruption_rows(severities=(1, 3))
    figure = figure_of("corruptions", table, transfer_rows(), published, {})
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == ["no corruption", "Gaussian blur", "JPEG"]
    assert figure.axes[0].containers[0][2].get_width() == pytest.approx((200 + 800) / 2)


def test_the_worst_class_stands_on_top(published):
    figure = draw("classes", published)
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == ["sky", "car", "road"]
    assert figure.axes[0].get_ylim()[0] > figure.axes[0].get_ylim()[1]
    assert figure.axes[0].get_xlim() == figure.axes[1].get_xlim()


def test_attacks_on_single_images_stand_below_the_universal_ones(published):
    figure = draw("per_image", published)
    names = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert names[0] == "none (clean)"
    assert names[1].startswith("SUP, ")
    assert all(name.startswith("per image, ") for name in names[-1:])
    assert "made for" in figure.axes[0].get_title()


def test_designs_show_their_single_networks(published):
    (axes,) = draw("robust_design", published).axes
    rings = [line for line in axes.lines if line.get_marker() == "o"]
    assert sorted(np.concatenate([ring.get_xdata() for ring in rings])) == sorted(
        [2, 3, 3, 4, 60, 61, 60, 61, 2, 3, 3, 4, 20, 21, 20, 21]
    )


def test_fine_tuning_has_three_series_and_their_published_ones(published):
    figure = draw("finetuning", published)
    states = ["before fine-tuning", "fine-tuned, original SUP", "fine-tuned, new SUP"]
    assert legend(figure) == [*states, "published"]
    ours = [line for line in figure.axes[0].lines if line.get_linestyle() == "-"]
    assert [list(line.get_ydata()) for line in ours] == [[2, 20, 40], [2, 2, 4], [2, 10, 20]]


def test_sizes_share_their_clean_images(published):
    figure = draw("tile_sizes", published)
    assert legend(figure) == ["tile16", "tile64", "full image"]
    assert [axes.get_title() for axes in figure.axes] == [
        "AANet \N{RIGHTWARDS ARROW} PSMNet",
        "AANet \N{RIGHTWARDS ARROW} AANet",
    ]
    assert {line.get_ydata()[0] for line in figure.axes[0].lines} == {2.0}


def test_the_paper_has_24_plots(published):
    assert plot_ids(published) == [f"P{number:02d}" for number in range(1, 25)]


@pytest.mark.parametrize("plot", ["P01", "P09", "P15", "P24"])
def test_paper_plots_show_all_published_series_even_if_nothing_was_run(published, plot):
    figure = paper_plot(plot, published, compare(published, []))
    points = published.line_plots.query("plot_id == @plot")
    (axes,) = figure.axes
    drawn = [line for line in axes.lines if line.get_linestyle() == "--"]
    assert [line.get_ydata().tolist() for line in drawn] == [
        rows["mean"].tolist() for _, rows in points.groupby("series", sort=False)
    ]
    assert axes.get_ylim() == (points["y_min"].iloc[0], points["y_max"].iloc[0])
    assert axes.get_title().replace("\n", " ") == points["title"].iloc[0]
    assert not any(entry.startswith("ours") for entry in legend(figure))
    assert inside(figure)


def test_ours_stand_in_their_series(published):
    figure = paper_plot("P07", published, compare(published, [make_study("transfer", {}).numbers(transfer_rows())]))
    ours = {line.get_ydata()[-1] for line in figure.axes[0].lines if line.get_linestyle() == "-"}
    assert {20.0, 30.0, 40.0} <= ours
    assert "ours, 40 images" in legend(figure)


def test_another_comparison_or_plot_is_refused(published):
    comparison = compare(published, [])
    with pytest.raises(SupError, match="no plot P25"):
        paper_plot("P25", published, comparison)
    with pytest.raises(SupError, match="make it again"):
        paper_plot("P04", published, pd.DataFrame(comparison.iloc[:3]))
