import pytest

from supcore.reporting.labels import label
from supcore.reporting.matrix import to_latex, to_markdown
from supcore.reporting.transfer import transfer_table
from supcore.reporting.transfer_matrix import transfer_matrices
from tests.unit.reporting.conftest import make_records


def test_one_matrix_per_size_epsilon_and_reference(table):
    found = transfer_matrices(table)
    assert [m.label for m in found] == [
        "transfer-tile64-0.01-kitti2015-ground-truth-d1",
        "transfer-tile64-0.01-kitti2015-clean-d1",
        "transfer-tile64-0.02-kitti2015-ground-truth-d1",
        "transfer-tile64-0.02-kitti2015-clean-d1",
    ]


def test_rows_start_with_the_controls(table):
    matrix = transfer_matrices(table)[0]
    assert list(matrix.cells.index) == ["none", "noise", "psmnet", "aanet"]
    assert list(matrix.cells.columns) == ["psmnet", "aanet"]


def test_cells_show_published_or_interval(table):
    strongest, against_clean = transfer_matrices(table)[2:]
    seeds = table.query("target == 'psmnet' and source == 'psmnet' and epsilon == 0.02 and reference == 'ground_truth'")
    ours, spread = seeds["d1_mean"].mean(), seeds["d1_mean"].std()
    assert len(seeds) == 2
    cell = strongest.cells.loc["psmnet", "psmnet"]
    assert cell == f"{ours:.2f} ± {spread:.2f} (87.72) {ours - 87.7183:+.2f}"
    assert "[" in strongest.cells.loc["noise", "psmnet"]
    assert "±" not in strongest.cells.loc["none", "psmnet"]
    assert "mean ± standard deviation over SUP seeds [95 % interval over images]" in strongest.caption
    assert "published" in strongest.caption
    assert "published" not in against_clean.caption


def test_caption_counts_images_and_seeds(table):
    assert "n = 5 images, seeds: 2." in transfer_matrices(table)[0].caption


def test_caption_says_what_is_bold(table):
    assert "Bold: a network under its own perturbation." in transfer_matrices(table)[0].caption


def test_markdown_marks_the_diagonal(table):
    text = to_markdown(transfer_matrices(table)[0])
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) == 2 + 4
    assert [line.count("**") for line in rows] == [0, 0, 0, 0, 2, 2]


def test_latex_is_a_complete_booktabs_table(published):
    records = make_records(datasets=("my_data&set",), networks=("psmnet", "own_net"), epsilons=(0.02,))
    text = to_latex(transfer_matrices(transfer_table(records, published, bootstrap_resamples=20))[0])
    for line in ("\\toprule", "\\midrule", "\\bottomrule", "\\end{table}", "\\textbf{", "95 \\%"):
        assert line in text
    for environment in ("table", "tabular"):
        assert text.count(f"\\begin{{{environment}}}") == text.count(f"\\end{{{environment}}}") == 1
    body = [line for line in text.splitlines() if line.endswith("\\\\")]
    assert len(body) == 1 + 4
    assert all(line.count("&") == 2 for line in body)
    assert "my data\\&set" in text
    assert text.count("{") == text.count("}")
    assert "_" not in text


def test_epe_matrices(table):
    assert transfer_matrices(table, "epe")[0].caption.startswith("EPE (px)")


@pytest.mark.parametrize("metric", ["d1", "epe"])
def test_missing_cell_is_a_dash(metric, published):
    records = make_records(epsilons=(0.02,))
    lacking = records[~((records["target"] == "aanet") & (records["source"] == "psmnet"))]
    found = transfer_matrices(transfer_table(lacking, published, bootstrap_resamples=20), metric)
    assert found[0].cells.loc["psmnet", "aanet"] == "-"


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("psmnet", "PSMNet"),
        ("psmnet_deform25_seed0", "PSMNet +25 DC seed0"),
        ("psmnet_finetuned", "PSMNet finetuned"),
        ("psmnetwork", "psmnetwork"),
        ("without_psmnet", "without psmnet"),
        ("own_street", "own street"),
        ("none", "none (clean)"),
    ],
)
def test_variants_of_a_network_keep_its_name(name, printed):
    assert label(name) == printed
