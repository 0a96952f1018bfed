"""The landing page: every number from the tables, and a plain sentence for what a run does not have."""

import re
from html.parser import HTMLParser

import pandas as pd
import pytest
from PIL import Image

from supcore.errors import SupError
from supcore.reporting.comparison import compare
from supcore.reporting.landing import Featured, Pictures, landing_page
from supcore.reporting.pages import picture
from supcore.reporting.scenes import Scene
from supcore.reporting.story import agreement, headline, resistance, transfer_range
from supcore.studies import make_study
from tests.unit.studies.test_transfer_studies import row

ATTACKED = {"psmnet": ["psmnet"], "aanet": ["aanet"], "both": ["psmnet", "aanet"]}
FEATURED = Featured("psmnet", "street", "tile64", 0.02, "sups/psmnet/seed0", "evaluations/from-psmnet.csv", "worst.png")
SCENES = {"median": Scene(3, "ground_truth", 2.5, 41.5), "worst": Scene(7, "ground_truth", 3.5, 77.5)}


@pytest.fixture
def table():
    return pd.DataFrame(
        [
            row("psmnet", "none", 2.0, d1_ci_low=1.5, d1_ci_high=2.6),
            row("psmnet", "noise", 2.4),
            row("psmnet", "psmnet", 48.0),
            row("psmnet", "aanet", 12.0),
            row("psmnet", "both", 44.0),
            row("aanet", "none", 1.0),
            row("aanet", "noise", 1.1),
            row("aanet", "psmnet", 19.0),
            row("aanet", "aanet", 30.0, d1_ci_low=26.0, d1_ci_high=33.0),
            row("aanet", "both", 28.0),
            row("aanet", "aanet", 5.0, epsilon=0.01),
        ]
    )


@pytest.fixture
def make_page(tmp_path, table, published):
    file = tmp_path / "figure.png"
    Image.new("RGB", (1200, 400)).save(file)

    def make(table=table, measured=None, featured=FEATURED, scenes=SCENES):
        shown = file if featured else None
        resisting = [("transfer", "Error against epsilon.", file), ("finetuning", "Fine-tuning.", file)]
        return landing_page(
            table,
            compare(published, [] if measured is None else [make_study("transfer", {}).numbers(measured)]),
            attacked=ATTACKED,
            featured=featured,
            scenes=scenes,
            pictures=Pictures(
                shown,
                shown,
                file,
                resisting,
                file,
            ),
            files={"tables": ["tables/transfer.csv"], "figures": ["figures/a.png"], "folder": "results"},
            about={"Mode": "corrected"},
        )

    return make


def text_of(page):
    """What a reader reads, with single spaces."""
    text = re.sub(r"(?s)<(style|script)>.*?</\1>|<[^>]*>", " ", page)
    return re.sub(r"\s+", " ", text)


def test_the_headline_tells_white_box_from_transferred_sups(table):
    facts = headline(table, "street", "psmnet", ATTACKED, ("tile64", 0.02))
    assert facts["clean"] == {"mean": 2.0, "low": 1.5, "high": 2.6}
    assert (facts["noise"]["mean"], facts["white_box"]["mean"]) == (2.4, 48.0)
    assert (facts["transfer"], facts["n_transfer"]) == ({"mean": 12.0}, 1)  # "both" attacks PSMNet, too
    assert facts["n_images"] == 48


def test_transfer_is_between_networks_only(table):
    facts = transfer_range(table, ATTACKED)
    assert facts["transfer"] == {"low": 12.0, "high": 19.0}
    assert facts["white_box"] == {"low": 28.0, "high": 48.0}
    assert facts["clean"] == {"low": 1.0, "high": 2.0}
    assert (facts["epsilon"], facts["n_datasets"]) == (0.02, 1)


def test_resistance_goes_by_the_largest_epsilon(table):
    (found,) = resistance(table, {})
    assert (found["best"]["target"], found["best"]["worst"]) == ("aanet", 30.0)
    assert (found["least"]["target"], found["least"]["worst"]) == ("psmnet", 48.0)
    (alone,) = resistance(table[table["target"] == "psmnet"], {})
    assert alone["least"] is None


def test_networks_that_share_the_first_rank_are_named(make_page, table):
    """The one with the smallest error is not called the best of those that the intervals do not separate."""
    near = [row("near", "psmnet", 32.0, d1_ci_low=28.0, d1_ci_high=36.0), row("near", "none", 1.0)]
    tied = pd.concat([table, pd.DataFrame(near)], ignore_index=True)
    tied.loc[tied["target"] == "psmnet", ["d1_ci_low", "d1_ci_high"]] = [44.0, 52.0]
    (found,) = resistance(tied, {})
    assert (found["best"]["target"], found["tied"], found["least"]["target"]) == ("aanet", ["near"], "psmnet")
    assert "tried on it, no clear difference from near; PSMNet the largest" in text_of(make_page(tied))
    assert "tried on it; PSMNet the largest" in text_of(make_page())


def test_verdicts_are_counted(published, table):
    nothing = agreement(compare(published, []))
    assert (nothing["n_measured"], nothing["n_comparable"]) == (0, 0)
    measured = make_study("transfer", {}).numbers(table.assign(dataset="kitti2015", n_images=40))
    facts = agreement(compare(published, [measured]))
    assert facts["n_measured"] == facts["n_comparable"] == sum(facts["verdicts"].values()) > 0
    others = agreement(compare(published, [measured], as_published=False))
    assert others["verdicts"] == {"not comparable": facts["n_measured"]}
    assert others["n_comparable"] == 0


def test_the_page_has_five_parts_with_the_numbers_of_the_tables(make_page):
    text = text_of(make_page())
    for number in ("2.0 %", "2.4 %", "48.0 %", "12.0 %", "95 % interval 1.5 to 2.6", "mean of 1"):
        assert number in text
    assert "tiles of 64×64 pixels" in text
    assert "image 3, D1 2.5 % clean, 41.5 % attacked" in text
    assert "bring others to a D1 of 12.0 to 19.0 %, over 1 data set;" in text
    assert "AANet has the smallest error, 30.0 % [26.0, 33.0]" in text
    assert "PSMNet the largest, 48.0 %" in text
    assert "how much another training of the same network would differ is not in them" in text
    titles = ("What a SUP is", "What it does to one scene", "How it transfers", "What resists", "How it compares")
    assert [f"{number} {title}" in text for number, title in enumerate(titles, start=1)] == [True] * 5


def test_a_run_on_other_data_says_plainly_that_nothing_is_comparable(make_page, published):
    text = text_of(make_page())
    assert "The numbers are not comparable." in text
    assert f"None of the {len(compare(published, []))} published numbers was measured" in text


def test_other_conditions_are_not_comparable_either(make_page, table):
    text = text_of(make_page(measured=table.assign(dataset="kitti2015", n_images=3)))
    assert "The numbers are not comparable." in text
    assert "column verdict says" in text


def test_comparable_numbers_are_counted_by_verdict(make_page, table):
    text = text_of(make_page(measured=table.assign(dataset="kitti2015", n_images=40)))
    assert "not comparable" not in text
    assert re.search(r"\d+ of the \d+ published numbers were measured: (\d+ (agree|differ)|\d+ are undecided)", text)


def test_a_run_without_a_scene_says_so(make_page):
    text = text_of(make_page(featured=None, scenes={}))
    assert "This run has no perturbation to show." in text
    assert "there is no scene to show" in text
    assert "95 % interval 1.5 to 2.6" not in text


def test_one_image_has_no_interval_and_one_scene(make_page, table):
    scenes = dict.fromkeys(("median", "worst"), SCENES["median"])
    text = text_of(make_page(table.assign(n_images=1), scenes=scenes))
    assert "on 1 image of street" in text
    assert "95 % interval 1.5" not in text
    assert "The scene with the largest error" not in text


class Parts(HTMLParser):
    """Notes tags that are not closed, and everything that a browser would fetch."""

    def __init__(self):
        super().__init__()
        self.open, self.fetched = [], []

    def handle_starttag(self, tag, attributes):
        if tag not in ("meta", "link", "img", "br", "!doctype"):
            self.open.append(tag)
        self.fetched += [value for name, value in attributes if name == "src" or (tag == "link" and name == "href")]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_stands_alone_and_is_well_formed(make_page):
    parts = Parts()
    parts.feed(make_page())
    assert parts.open == []
    assert len(parts.fetched) == 7  # six pictures and the icon
    assert all(address.startswith("data:") for address in parts.fetched)


def test_names_are_escaped(make_page, table):
    page = make_page(table.replace("street", "<b>evil</b>"), featured=None, scenes={})
    assert "<b>evil" not in page
    assert "&lt;b&gt;evil&lt;/b&gt;" in page


def test_the_same_tables_give_the_same_bytes(make_page):
    assert make_page() == make_page()


def test_a_broken_picture_is_named(tmp_path):
    (tmp_path / "half.png").write_bytes(b"\x89PNG")
    with pytest.raises(SupError, match=r"half\.png"):
        picture(tmp_path / "half.png")
