"""Networks ranked by the worst that was tried on them."""

import re

import pandas as pd
import pytest

from supcore.reporting.leaderboard import leaderboard, to_html
from tests.unit.studies.test_transfer_studies import row


@pytest.fixture
def table():
    """Two networks; PSMNet falls to a transferred SUP in another size, AANet to its own."""
    return pd.DataFrame(
        [
            row("psmnet", "none", 2.0),
            row("psmnet", "noise", 2.5),
            row("psmnet", "psmnet", 40.0),
            row("psmnet", "aanet", 10.0),
            row("psmnet", "aanet", 60.0, size="full", d1_ci_low=55.0, d1_ci_high=66.0),
            row("aanet", "none", 1.0),
            row("aanet", "noise", 1.5),
            row("aanet", "psmnet", 12.0),
            row("aanet", "aanet", 30.0),
            row("aanet", "aanet", 99.0, reference="clean"),
        ]
    )


def test_the_rank_goes_by_the_worst_sup_of_any_source_and_size(table):
    first, second = leaderboard(table)
    assert (first["target"], first["rank"], first["worst"], first["worst_source"]) == ("aanet", 1, 30.0, "aanet")
    assert (second["target"], second["rank"], second["worst"]) == ("psmnet", 2, 60.0)
    assert (second["worst_source"], second["worst_size"], second["worst_ci"]) == ("aanet", "full", [55.0, 66.0])


def test_a_source_with_another_name_may_be_the_network_s_own(table):
    renamed = table.replace({"source": {"psmnet": "psmnet_sign"}})
    aanet, psmnet = leaderboard(renamed, {"psmnet_sign": ["psmnet"], "aanet": ["aanet"]})
    assert (psmnet["white_box"], psmnet["transfer"], psmnet["n_sups"]) == (40.0, 60.0, 3)
    assert (aanet["white_box"], aanet["transfer"]) == (30.0, 12.0)
    assert leaderboard(renamed)[1]["white_box"] is None


def test_controls_own_and_foreign_stand_beside_it(table):
    aanet, psmnet = leaderboard(table)
    assert (psmnet["clean"], psmnet["noise"], psmnet["white_box"], psmnet["transfer"]) == (2.0, 2.5, 40.0, 60.0)
    assert (aanet["clean"], aanet["noise"], aanet["white_box"], aanet["transfer"]) == (1.0, 1.5, 30.0, 12.0)


def test_a_target_without_sups_of_its_own_has_none(table):
    others = table[(table["source"] != "psmnet")]
    psmnet = next(r for r in leaderboard(others) if r["target"] == "psmnet")
    assert psmnet["white_box"] is None
    assert psmnet["transfer"] == 60.0


def test_epsilons_and_data_sets_are_ranked_apart(table):
    weaker = table.assign(epsilon=table["epsilon"] / 2, d1_mean=table["d1_mean"] / 2)
    elsewhere = table.assign(dataset="things")
    rows = leaderboard(pd.concat([table, weaker[weaker["epsilon"] > 0], elsewhere]))
    assert [r["rank"] for r in rows] == [1, 2] * 3
    assert {(r["dataset"], r["epsilon"]) for r in rows} == {("street", "0.02"), ("street", "0.01"), ("things", "0.02")}


def test_networks_that_their_intervals_do_not_separate_share_a_rank():
    """A rank is a claim: 2 stands only where the interval begins above the end of the first one's."""
    intervals = {"a": (8.0, 12.0), "b": (11.0, 15.0), "c": (12.5, 16.0), "d": (30.0, 40.0)}
    rows = [row(name, name, sum(ends) / 2, d1_ci_low=ends[0], d1_ci_high=ends[1]) for name, ends in intervals.items()]
    assert [(r["target"], r["rank"]) for r in leaderboard(pd.DataFrame(rows))] == [
        ("a", 1),
        ("b", 1),
        ("c", 3),
        ("d", 4),
    ]


def test_a_row_names_the_family_and_has_a_dash_where_nobody_does(table):
    rows = leaderboard(table, families={"psmnet": "volume", "aanet": None})
    assert [row["family"] for row in rows] == [None, "volume"]
    page = to_html(rows, {})
    assert page.count('<td class="text">volume</td>') == 1
    assert page.count('<td class="text">–</td>') == 1
    assert {row["family"] for row in leaderboard(table)} == {None}


def test_every_cell_stands_below_its_head_and_the_rank_s_reason_comes_first(table):
    """Narrow screens cut the table at the right, so what the rank goes by must stand at the left."""
    page = to_html(leaderboard(table, families={"aanet": "correlation"}), {})
    heads = re.findall(r'<button type="button">(.+?)</button>', page)
    cells = [text.split("<")[0].strip() for text in re.findall(r"<td[^>]*>(.*?)</td>", page, re.DOTALL)]
    assert heads[:3] == ["rank", "network", "worst SUP"]
    assert dict(zip(heads, cells[: len(heads)], strict=True)) == {
        "rank": "1",
        "network": "AANet",
        "worst SUP": "30.0",
        "from": "AANet, tile64",
        "family": "correlation",
        "clean": "1.0",
        "noise": "1.5",
        "white-box": "30.0",
        "transfer": "12.0",
        "images": cells[len(heads) - 1],
    }


def test_the_page_stands_alone_and_escapes_names(table):
    page = to_html(leaderboard(table.replace("psmnet", "<b>evil</b>")), {"Mode": "corrected"})
    assert "&lt;b&gt;evil&lt;/b&gt;" in page
    assert "<b>evil" not in page
    assert "60.0" in page
    assert "[55.0, 66.0]" in page
    assert "Mode: corrected" in page
    assert "src=" not in page
    assert set(re.findall(r'href="([^"]*)"', page)) == {"data:,", "index.html", "leaderboard.html"}


def test_a_missing_value_sorts_behind_all_others(table):
    page = to_html(leaderboard(table[table["source"] != "psmnet"]), {})
    assert page.count('data-value="Infinity"') == 2  # PSMNet's own SUP, AANet's transferred ones
