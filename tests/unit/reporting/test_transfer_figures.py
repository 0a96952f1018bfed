import matplotlib
import numpy as np
import pytest

from supcore.errors import SupError
from supcore.reporting.bars import transfer_bars
from supcore.reporting.curves import error_against_epsilon
from supcore.reporting.heatmap import transfer_heatmap
from supcore.reporting.pictures import qualitative_panel, sup_preview
from supcore.reporting.style import save_figure
from supcore.reporting.transfer import transfer_table
from tests.unit.reporting.conftest import make_records

pytestmark = pytest.mark.thorough

TILE = np.random.default_rng(0).uniform(-0.02, 0.02, size=(2, 3, 16, 16))


def disparities():
    truth = np.full((32, 80), 20.0)
    truth[:10] = 0
    return truth + 0.5, truth + 6, truth


def pictures():
    images = np.random.default_rng(1).random((2, 3, 32, 80))
    tiled = np.tile(TILE[0], (1, 2, 5))
    yield sup_preview(*TILE, 0.02, image_size=(32, 80))
    yield sup_preview(*TILE, 0.02, left_image=images[0], right_image=images[1])
    yield sup_preview(tiled, tiled, 0.02, image_size=(32, 80))
    yield sup_preview(0 * TILE[0], 0 * TILE[1], 0.02)
    yield qualitative_panel(*images, tiled, *disparities(), 96)
    yield qualitative_panel(*images, 0 * tiled, *disparities()[:2], np.zeros((32, 80)), 96)


def test_pictures_render(tmp_path):
    for figure in pictures():
        save_figure(figure, [tmp_path / "picture.png"])
        assert (tmp_path / "picture.png").stat().st_size > 1000


@pytest.mark.parametrize("suffix", ["pdf", "png", "svg"])
def test_same_table_gives_the_same_bytes(tmp_path, table, suffix):
    paths = [tmp_path / f"{name}.{suffix}" for name in "ab"]
    for path in paths:
        save_figure(error_against_epsilon(table, "kitti2015"), [path])
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_heatmap_shows_each_dataset(published):
    records = make_records(datasets=("kitti2012", "kitti2015"), seeds=(0,))
    figure = transfer_heatmap(transfer_table(records, published, bootstrap_resamples=20))
    titles = [axes.get_title() for axes in figure.axes]
    assert titles[:2] == ["KITTI 2012", "KITTI 2015"]
    assert any("(87.7)" in text.get_text() for text in figure.axes[1].texts)


@pytest.mark.parametrize("count", [4, 7, 10, 13])
def test_bars_of_many_networks_leave_no_row_empty(published, count):
    names = [f"own{number:02}" for number in range(count)]
    records = make_records(("street", "things"), names, epsilons=(0.02,), images=1)
    figure = transfer_bars(transfer_table(records, published, bootstrap_resamples=2))
    assert sum(len(axes.get_xticks()) for axes in figure.axes) == 2 * count
    assert all(len(axes.get_xticks()) for axes in figure.axes)


def test_heatmap_shows_the_spread_over_seeds(table):
    single = table[table["seed"].isna() | (table["seed"] == 0)]
    printed = [text.get_text() for text in transfer_heatmap(table).axes[0].texts]
    assert sum("±" in text for text in printed) == 2 * 2  # two sources on two networks; the controls have one seed here
    assert not any("±" in text.get_text() for text in transfer_heatmap(single).axes[0].texts)


def test_heatmap_has_no_published_values_against_clean(table):
    figure = transfer_heatmap(table, "clean")
    assert not any("(" in text.get_text() for text in figure.axes[0].texts)


def test_curves_start_at_the_clean_error(table):
    figure = error_against_epsilon(table, "kitti2015")
    panel = figure.axes[0]
    clean = table.query("target == 'psmnet' and source == 'none' and reference == 'ground_truth'")
    ours = [line for line in panel.lines if line.get_linestyle() != "--"]
    assert len(ours) == 3
    assert all(line.get_ydata()[0] == clean["d1_mean"].item() for line in ours)
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == ["random noise", "SUP from PSMNet", "SUP from AANet", "published"]


def test_bars_stand_at_the_table_means(table):
    figure = transfer_bars(table, "kitti2015", targets=["psmnet"])
    heights = [bar.get_height() for container in figure.axes[0].containers[::2] for bar in container]
    rows = table.query("target == 'psmnet' and reference == 'ground_truth' and epsilon in (0, 0.02)")
    assert heights == pytest.approx(list(rows.groupby("source", sort=False)["d1_mean"].mean()))


def test_bars_over_datasets_and_metrics(tmp_path, published):
    records = make_records(datasets=("kitti2015", "synthetic"), networks=("psmnet",), images=1)
    figure = transfer_bars(transfer_table(records, published), metric="epe")
    save_figure(figure, [tmp_path / "bars.pdf", tmp_path / "bars.png"])
    assert [text.get_text() for text in figure.axes[0].get_xticklabels()] == ["KITTI 2015", "synthetic"]


def test_many_bars_go_into_several_rows_of_the_same_scale(published):
    records = make_records(datasets=[f"street{n}" for n in range(5)], images=1)
    figure = transfer_bars(transfer_table(records, published, bootstrap_resamples=20))
    groups = [[text.get_text() for text in axes.get_xticklabels()] for axes in figure.axes]
    assert [len(names) for names in groups] == [5, 5]
    assert len({name for names in groups for name in names}) == 10
    assert figure.axes[0].get_ylim() == figure.axes[1].get_ylim()


def test_long_names_leave_room_for_the_cells(published):
    datasets = [f"street{n}" for n in range(3)]
    short = transfer_heatmap(transfer_table(make_records(datasets, images=1), published, bootstrap_resamples=20))
    names = ("psmnet_align_corners_on_kitti", "aanet")
    long = transfer_heatmap(transfer_table(make_records(datasets, names, images=1), published, bootstrap_resamples=20))
    assert [figure.axes[0].get_subplotspec().get_gridspec().ncols for figure in (short, long)] == [3, 2]


def test_figures_leave_global_settings_alone(table):
    before = dict(matplotlib.rcParams)
    transfer_heatmap(table)
    assert dict(matplotlib.rcParams) == before


def test_absent_rows_are_explained(table):
    with pytest.raises(SupError, match="middlebury"):
        error_against_epsilon(table, "middlebury")
    with pytest.raises(SupError, match="tile8"):
        transfer_heatmap(table, size="tile8")
    with pytest.raises(SupError, match="epsilon"):
        transfer_heatmap(table, epsilon=0.5)
    with pytest.raises(SupError, match="clean images only"):
        transfer_bars(table[table["source"] == "none"])


def test_unknown_suffix_is_refused(tmp_path, table):
    with pytest.raises(SupError, match=r"figure\.jpg"):
        save_figure(transfer_heatmap(table), [tmp_path / "figure.jpg"])
