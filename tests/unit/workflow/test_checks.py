"""What the checks of a configuration know before the data are there, and what its schema would refuse first."""

import pytest

from supcore.errors import SupError
from supcore.workflow.checks import pairs_of
from supcore.workflow.settings import Settings
from tests.unit.workflow.test_settings import changed


def test_snapshots_need_a_run_whose_length_is_known():
    """Otherwise the run would end before one of them when the data are already indexed."""
    config = changed("sups.sources", {"psmnet": {"training": {"dataset": "kitti", "split": "validation"}}})
    config["sups"] |= {"batch": 2, "snapshots": [20]}
    assert Settings(config).source("psmnet").snapshots == [20]  # frames 160 to 199
    config["datasets"]["kitti"]["exclude"] = "list.txt"
    with pytest.raises(
        SupError, match=r"sups\.sources\.psmnet: with snapshots, give the number of steps; one pass over kit"
    ):
        Settings(config)
    config["sups"]["steps"] = 20
    assert Settings(config).source("psmnet").snapshots == [20]


@pytest.mark.parametrize(
    ("splits", "pairs"),
    [("160:", 40), (":160", 160), (":", 200), ("190:900", 10), (["000000_10", "000001_10"], 2)],
)
def test_pairs_of_a_split_are_counted_before_the_data_are_there(splits, pairs):
    entry = {"layout": "kitti2015", "root": "nowhere", "splits": {"a": splits}}
    assert pairs_of(entry, "a") == pairs
    if isinstance(splits, str):
        assert pairs_of(entry | {"exclude": "list.txt"}, "a") is None
    assert pairs_of({"layout": "synthetic", "splits": {"a": {"count": 3}, "b": 4}}, "b") == 4


@pytest.mark.parametrize("name", ["noise", "none"])
def test_source_is_not_called_like_a_control(name):
    """Its folder of results would hold the control in place of its SUPs."""
    with pytest.raises(SupError, match=rf"config key sups\.sources\.{name}"):
        Settings(changed("sups.sources", {name: {"network": "psmnet"}}))
