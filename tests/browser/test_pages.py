"""The pages of a run as a reader meets them: offline, on a desk and on a telephone."""

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.workflow]

CATEGORIES = ("Overview", "Paper", "Perturbations", "Run", "Scenes", "Training", "Transfer")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("name", ["index.html", "leaderboard.html"])
def test_a_page_opens_alone_without_errors_and_fits_the_screen(open_tab, results, tmp_path, name, width, scheme):
    tab = open_tab(name, width, scheme)
    tab.page.screenshot(path=tmp_path / f"{name}_{width}_{scheme}.png", full_page=True)
    assert tab.errors == []
    assert tab.requests == [(results / name).as_uri()]
    assert tab.page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_landing_page_shows_its_pictures(open_tab):
    widths = open_tab("index.html").pictures()
    assert len(widths) == 5
    assert min(widths) > 500


def test_every_link_of_the_landing_page_leads_to_a_file(open_tab, results):
    page = open_tab("index.html").page
    links = page.evaluate("[...document.links].map((link) => link.getAttribute('href'))")
    assert len(links) > 20
    assert [link for link in links if not (results / link).is_file()] == []


def test_dark_mode_is_dark(open_tab):
    color = "getComputedStyle(document.body).backgroundColor"
    assert open_tab("index.html").page.evaluate(color) == "rgb(255, 255, 255)"
    assert open_tab("index.html", scheme="dark").page.evaluate(color) == "rgb(20, 24, 29)"


def column(page, number):
    """Values of a column of the first leaderboard, as numbers."""
    table = page.locator("table").first
    return [float(text) for text in table.locator(f"tbody td:nth-child({number})").all_inner_texts()]


def test_a_click_sorts_the_leaderboard_and_a_second_one_turns_it_round(open_tab):
    tab = open_tab("leaderboard.html")
    page, head = tab.page, tab.page.locator("table").first.locator("th", has_text="clean")
    ranks = column(page, 1)
    assert ranks == sorted(ranks)
    assert ranks[0] == 1
    head.locator("button").click()
    rising = column(page, 6)
    assert rising == sorted(rising)
    assert head.get_attribute("aria-sort") == "ascending"
    head.locator("button").click()
    assert column(page, 6) == rising[::-1]
    assert len(set(rising)) == 2
    assert head.get_attribute("aria-sort") == "descending"
    assert page.locator("table").first.locator("[aria-sort]").count() == 1
    assert tab.errors == []


@pytest.mark.parametrize("category", CATEGORIES)
def test_every_category_of_the_report_opens(open_tab, results, tmp_path, category):
    tab = open_tab("report.html")
    tab.page.get_by_text(category, exact=True).first.click()
    tab.page.get_by_text("Results", exact=True).first.wait_for()
    tab.page.screenshot(path=tmp_path / f"report_{category}.png")
    assert tab.errors == []
    assert tab.requests == [(results / "report.html").as_uri()]


def test_the_median_scene_can_be_switched_to_the_worst(open_tab, tmp_path):
    tab = open_tab("report.html")
    page = tab.page
    page.get_by_text("Scenes", exact=True).first.click()
    page.get_by_text("synthetic_driving", exact=True).first.click()
    page.locator("tr", has_text="psmnet on psmnet").locator("a").first.click()
    pictures = page.locator("img[src^='data:image/png']")
    pictures.first.wait_for()
    median = pictures.first.get_attribute("src")
    page.get_by_text("worst", exact=True).first.click()
    page.wait_for_function(
        "(before) => document.querySelector(\"img[src^='data:image/png']\").src !== before", arg=median
    )
    page.screenshot(path=tmp_path / "report_worst_scene.png")
    assert tab.errors == []


def test_the_report_starts_with_the_landing_page(open_tab, tmp_path):
    tab = open_tab("report.html")
    tab.page.get_by_text("Overview", exact=True).first.click()
    tab.page.locator("tr", has_text="in five pictures").locator("a").first.click()
    inside = tab.page.frame_locator("iframe")
    inside.locator("h1").wait_for()
    frame = tab.page.frames[1]
    assert min(tab.pictures(frame)) > 500
    assert frame.evaluate("document.links.length") == 0  # they would lead nowhere
    tab.page.screenshot(path=tmp_path / "report_landing_page.png")
    assert tab.errors == []
