"""The page of the networks lists them all, as their classes state themselves."""

import re
from pathlib import Path

import torch

from supcore.networks import NETWORKS, build_network
from supcore.reporting.labels import label

PAGE = Path(__file__).parents[2] / "docs/reference/networks.md"
ROW = re.compile(r"^\| \[`(\w+)`\]\(networks/\w+\.md\) \| .+ \| (\w+) \| (\d{4}) \|$", re.MULTILINE)


def test_every_network_is_listed_with_its_family_and_year():
    with torch.device("meta"):
        built = {name: build_network(name) for name in NETWORKS}
    stated = [(name, network.family, str(network.year)) for name, network in built.items()]
    assert ROW.findall(PAGE.read_text(encoding="utf-8")) == stated


def test_every_page_names_its_networks_and_the_cost_table_has_them_all():
    links = re.findall(r"^\| \[`(\w+)`\]\((networks/\w+\.md)\)", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    missing = [name for name, page in links if f"`{name}`" not in (PAGE.parent / page).read_text(encoding="utf-8")]
    assert missing == []
    costs = (PAGE.parent / "networks/costs.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+)` \|", costs, re.MULTILINE) == list(NETWORKS)


def test_every_network_has_a_name_in_print():
    assert [name for name in NETWORKS if label(name) == " ".join(name.split("_"))] == []
