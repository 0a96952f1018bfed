"""The checks of a configuration beyond its schema, and the questions the rules ask of it."""

import copy
import re
from pathlib import Path

import jsonschema
import pytest
import yaml

from supcore.errors import SupError
from supcore.pipeline.checks import pairs_of
from supcore.pipeline.settings import Settings, tile_size
from supcore.pipeline.sources import epsilon_text

REPOSITORY = Path(__file__).parents[3]
CONFIG = yaml.safe_load("""
mode: corrected
image_size: [64, 128]
datasets:
  street: {layout: synthetic, scene: driving, splits: {train: 8, validation: 4, test: 4}}
  things: {layout: synthetic, scene: things, splits: {train: 8, test: 4}}
  kitti: {layout: kitti2015, root: /nowhere/kitti2015, splits: {validation: "160:"}}
networks:
  psmnet:
    options: {max_disparity: 32, base_channels: 8}
    weights:
      demo: {bundled: a.safetensors}
      trained: {train: recipe}
      kitti15: {registry: kitti15, options: {max_disparity: 192}}
  wide:
    architecture: psmnet_deform6
    weights:
      demo: {bundled: b.safetensors}
      trained: {train: recipe}
sups:
  training: {dataset: street, split: train}
  validation: {dataset: street, split: validation}
  weights: [kitti15, demo]
  sizes: [tile32, tile16x64, full]
  epsilons: [0.02, 0.005]
  seeds: [0, 1]
  alpha: 0.0001
  network_alpha: {wide: 0.00005}
evaluation:
  datasets:
    street: {split: test, weights: [trained]}
    things: {split: test, weights: [demo]}
weights_registry: config/weights.yaml
training:
  recipe:
    datasets: [{dataset: street, split: train}, {dataset: things, split: train}]
    validation: [{dataset: street, split: validation}]
    crop_size: [64, 128]
    steps: 10
    batch: 1
    learning_rate: 0.001
""")
TARGETS_ONLY = {name: network | {"target_only": True} for name, network in CONFIG["networks"].items()}


def changed(path, value):
    """The configuration with one value replaced; a list index is a number in the dotted path."""
    config = copy.deepcopy(CONFIG)
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    place = config
    for part in parents:
        place = place[part]
    place[last] = value
    return config


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("sups.training.dataset", "city", "config key sups.training: unknown data set 'city'; known: street, things"),
        ("sups.training.split", "all", "config key sups.training: data set street has no split 'all'; known: train"),
        ("sups.validation.split", "x", "config key sups.validation: data set street has no split 'x'"),
        ("training.recipe.datasets.1.split", "x", "config key training.recipe.datasets[1]: data set things"),
        ("training.recipe.datasets.0.dataset", "x", "config key training.recipe.datasets[0]: unknown data set 'x'"),
        ("evaluation.datasets.things.split", "x", "config key evaluation.datasets.things: data set things has no"),
        ("evaluation.datasets", {"city": {"split": "a", "weights": ["demo"]}}, "config key evaluation.datasets.city"),
        (
            "evaluation.datasets.street.weights",
            ["kitti12"],
            "config key evaluation.datasets.street.weights: none of kitti12 is in networks.psmnet.weights, which has: "
            "demo, trained, kitti15",
        ),
        (
            "evaluation.datasets.street.networks",
            ["b"],
            "config key evaluation.datasets.street.networks: unknown",
        ),
        (
            "evaluation.datasets.street.weights",
            ["kitti15"],
            "config key evaluation.datasets.street.weights: none of kitti15 is in networks.wide.weights",
        ),
        ("sups.weights", ["kitti12"], "config key sups.weights: none of kitti12 is in networks.psmnet.weights"),
        ("sups.sizes.0", "tile48", "config key sups.sizes: tile48 does not divide the image_size 64x128"),
        ("sups.sizes.0", "tile64x96", "config key sups.sizes: tile64x96 does not divide"),
        ("sups.sizes.0", "tile128", "config key sups.sizes: tile128 does not divide"),
        ("sups.sizes.0", "half", "config key sups.sizes: 'half' is neither 'full' nor like 'tile64'"),
        ("networks", TARGETS_ONLY, "config key networks: every network is target_only; leave one"),
        ("sups.sources", {"psm": {}}, "config key sups.sources.psm: unknown network 'psm'; known: psmnet, wide"),
        ("sups.sources", {"a": {"network": "b"}}, "config key sups.sources.a: unknown network 'b'"),
        ("sups.sources", {"wide": {"sizes": ["tile48"]}}, "config key sups.sources.wide.sizes: tile48 does not divide"),
        ("sups.sources", {"x": {"networks": ["wide", "b"]}}, "config key sups.sources.x: unknown network 'b'"),
        (
            "sups.sources",
            {"x": {"network": "wide", "networks": ["wide"]}},
            "config key sups.sources.x: give network or networks, not both",
        ),
        (
            "sups.sources",
            {"x": {"networks": ["wide", "psmnet"], "released": "authors"}},
            "config key sups.sources.x: released perturbations belong to one network",
        ),
        ("sups.sources", {"wide": {"released": "mine"}}, "perturbations.mine: not listed; choose from authors"),
        (
            "sups.sources",
            {"wide": {"training": {"dataset": "things", "split": "x"}}},
            "config key sups.sources.wide.training: data set things has no split 'x'; known: train, test",
        ),
        (
            "networks.wide.weights.trained.train",
            "other",
            "config key networks.wide.weights.trained.train: no training.other",
        ),
        (
            "networks.wide.weights.demo",
            {"registry": "demo"},
            "config key networks.wide.weights.demo: is 'registry' here but 'bundled' for another network",
        ),
    ],
)
def test_contradiction_is_one_line_that_names_the_key(path, value, message):
    with pytest.raises(SupError, match=re.escape(message)) as caught:
        Settings(changed(path, value))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("reference", [{"dataset": "city", "split": "test"}, {"dataset": "street", "split": "x"}])
def test_validation_split_of_a_training_is_checked(reference):
    with pytest.raises(SupError, match=r"config key training\.recipe\.validation\[0\]"):
        Settings(changed("training.recipe.validation.0", reference))


def test_training_that_no_weights_use_may_be_absent():
    config = changed("networks.wide.weights", {"demo": {"bundled": "b"}})
    config["networks"]["psmnet"]["weights"].pop("trained")
    config["evaluation"]["datasets"]["street"]["weights"] = ["demo"]
    del config["training"]
    assert Settings(config).networks == ["psmnet", "wide"]


def test_configurations_in_the_repository_are_valid():
    schema = yaml.safe_load((REPOSITORY / "config" / "config.schema.yaml").read_text())
    demo = yaml.safe_load((REPOSITORY / "config" / "config.yaml").read_text())
    jsonschema.validate(demo, schema)
    assert Settings(demo).networks
    jsonschema.validate(CONFIG, schema)


def test_weights_are_the_first_of_the_wanted_ones_that_the_network_has():
    settings = Settings(CONFIG)
    assert settings.source("psmnet").weights == ("kitti15",)
    assert settings.source("wide").weights == ("demo",)
    assert settings.evaluation_weights("street", "wide") == "trained"
    assert settings.weights("psmnet", ["none", "trained", "demo"], "sups.weights") == "trained"


@pytest.fixture
def registry(tmp_path):
    """The path of a registry with one checkpoint whose options the corrected mode changes."""
    entry = {"file": "a.tar", "parameters": 1, "options": {"align_corners": False}}
    content = {
        "files": {"a.tar": {"url": "https://example.org/a.tar", "licence": "MIT"}},
        "weights": {"psmnet": {"kitti15": entry | {"corrected": {"align_corners": True}}}},
    }
    (tmp_path / "weights.yaml").write_text(yaml.safe_dump(content))
    return str(tmp_path / "weights.yaml")


@pytest.mark.parametrize(("mode", "align_corners"), [("as_published", False), ("corrected", True)])
def test_corrected_options_apply_in_the_corrected_mode_only(registry, mode, align_corners):
    config = changed("mode", mode) | {"weights_registry": registry}
    settings = Settings(config)
    expected = {"max_disparity": 192, "base_channels": 8, "align_corners": align_corners}
    assert settings.network_options("psmnet", "kitti15") == expected
    assert settings.network_options("psmnet", "demo") == {"max_disparity": 32, "base_channels": 8}
    assert settings.network_options("wide", "demo") == {}


def test_options_of_the_configuration_come_last(registry):
    """A user can say what the registry does not know."""
    config = changed("networks.psmnet.weights.kitti15.options", {"align_corners": False})
    settings = Settings(config | {"weights_registry": registry})
    assert settings.network_options("psmnet", "kitti15")["align_corners"] is False


def test_weights_that_the_registry_lacks_are_named(registry):
    config = changed("networks.psmnet.weights.kitti15.registry", "kitti18")
    with pytest.raises(SupError, match=r"weights\.yaml: weights\.psmnet\.kitti18: not listed"):
        Settings(config | {"weights_registry": registry}).network_options("psmnet", "kitti15")


def test_asking_for_options_does_not_change_the_configuration(registry):
    config = copy.deepcopy(CONFIG) | {"weights_registry": registry}
    before = copy.deepcopy(config)
    Settings(config).network_options("psmnet", "kitti15")
    assert config == before


def test_architecture_is_the_name_unless_given():
    settings = Settings(CONFIG)
    assert settings.architecture("psmnet") == "psmnet"
    assert settings.architecture("wide") == "psmnet_deform6"


@pytest.mark.parametrize(("mode", "selection"), [("as_published", "best"), ("corrected", "last")])
def test_selection_looks_at_reported_frames_only_as_published(mode, selection):
    assert Settings(changed("mode", mode)).source("psmnet").selection == selection
    explicit = changed("mode", mode)
    explicit["sups"]["selection"] = "best"
    assert Settings(explicit).source("psmnet").selection == "best"


def test_alpha_is_the_network_s_own_or_the_common_one_or_a_share_of_epsilon():
    settings = Settings(CONFIG)
    assert settings.source("psmnet").alpha(0.02) == 0.0001
    assert settings.source("wide").alpha(0.02) == 0.00005
    relative = copy.deepcopy(CONFIG)
    del relative["sups"]["alpha"], relative["sups"]["network_alpha"]
    relative["sups"]["alpha_of_epsilon"] = 0.1
    assert Settings(relative).source("psmnet").alpha(0.02) == pytest.approx(0.002)


def test_source_may_attack_a_network_under_another_name_with_its_own_training_pairs():
    named = {"wide": {}, "psmnet_things": {"network": "psmnet", "training": {"dataset": "things", "split": "train"}}}
    settings = Settings(changed("sups.sources", named))
    assert settings.sources == ["wide", "psmnet_things"]
    wide, things = map(settings.source, settings.sources)
    assert (wide.networks, things.networks) == (("wide",), ("psmnet",))
    assert wide.training == {"dataset": "street", "split": "train"}
    assert things.training == {"dataset": "things", "split": "train"}
    assert (things.weights, things.folder) == (("kitti15",), "kitti15")
    assert (wide.alpha(0.02), things.alpha(0.02)) == (0.00005, 0.0001)


def test_a_network_that_is_only_a_target_is_no_source_unless_its_sups_are_released():
    config = changed("networks.wide.target_only", True)
    settings = Settings(config)
    assert settings.sources == ["psmnet"]
    assert settings.targets("street") == ["psmnet", "wide"]
    config["sups"]["sources"] = {"mine": {"networks": ["psmnet", "wide"]}}
    with pytest.raises(SupError, match=r"config key sups.sources.mine: network wide is target_only"):
        Settings(config)
    config["sups"]["sources"] = {"wide": {"released": "authors"}}
    assert Settings(config).sources == ["wide"]


def test_networks_from_elsewhere_name_their_modules():
    config = changed("networks.wide.architecture", "research.nets:Wide")
    assert Settings(config).own_modules == {"wide": "research.nets"}


def test_source_may_have_its_own_grid_and_attack():
    own = {"network": "wide", "sizes": ["full"], "epsilons": [0.01], "step_rule": "sign", "alpha_of_epsilon": 0.2}
    settings = Settings(changed("sups.sources", {"psmnet": {}, "sign": own}))
    sign = settings.source("sign")
    assert sign.grid == [("full", "0.01", 0), ("full", "0.01", 1)]
    assert sign.attack["step_rule"] == "sign"
    assert sign.alpha(0.01) == pytest.approx(0.002)
    assert len(settings.source("psmnet").grid) == 12
    assert settings.sup_names("noise") == [*settings.source("psmnet").grid, *sign.grid]
    fixed = Settings(changed("sups.sources", {"wide": {"alpha": 0.003}}))
    assert fixed.source("wide").alpha(0.02) == 0.003


def test_source_of_several_networks():
    settings = Settings(changed("sups.sources", {"both": {"networks": ["psmnet", "wide"]}}))
    both = settings.source("both")
    assert both.networks == ("psmnet", "wide")
    assert both.weights == ("kitti15", "demo")
    assert both.folder == "kitti15-demo"


def test_released_source_has_one_seed_and_a_place_to_come_from():
    released = {"network": "psmnet", "released": "authors", "sizes": ["tile64"], "epsilons": [0.02]}
    settings = Settings(changed("sups.sources", {"psmnet_released": released}))
    source = settings.source("psmnet_released")
    assert source.grid == [("tile64", "0.02", 0)]
    checkpoint = settings.released_sup(source, "tile64", 0.02)
    assert checkpoint.origins[0].member.endswith("psmnet/tile64_norm002/sups_psmnet_tile64_norm002.pth")


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


def test_released_perturbations_have_no_snapshots():
    config = changed("sups.sources", {"psmnet": {"released": "authors", "snapshots": [1]}})
    with pytest.raises(
        SupError, match=r"sups\.sources\.psmnet: released perturbations have no snapshots; set snapshots: \[\]"
    ):
        Settings(config)


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


def test_grid_has_every_size_epsilon_and_seed_once():
    names = Settings(CONFIG).sup_names("psmnet")
    assert len(names) == len(set(names)) == 3 * 2 * 2
    assert ("tile16x64", "0.005", 1) in names


def test_a_data_set_may_be_evaluated_with_some_networks_only():
    """Networks without weights for it then need none."""
    config = changed("evaluation.datasets.street", {"split": "test", "weights": ["kitti15"], "networks": ["psmnet"]})
    settings = Settings(config)
    assert settings.targets("street") == ["psmnet"]
    assert settings.targets("things") == ["psmnet", "wide"]
    assert settings.used_recipes() == []
    assert Settings(CONFIG).used_recipes() == ["recipe"]


def test_what_released_files_have_seen_of_the_reported_frames_is_known():
    """PSMNet's own authors kept 160: out, so nothing is stated of their weights."""
    config = changed(
        "networks.deep", {"architecture": "psmnet_deform25", "weights": {"kitti15": {"registry": "kitti15"}}}
    )
    config["evaluation"]["datasets"] = {"kitti": {"split": "validation", "weights": ["kitti15", "demo"]}}
    config["sups"]["sources"] = {"theirs": {"network": "psmnet", "released": "authors"}, "wide": {}}
    assert Settings(config).stated_overlaps() == [
        ("training released weights (deep/kitti15)", "kitti/validation", ":"),
        ("choosing released SUPs (theirs)", "kitti/validation", "160:"),
    ]
    assert Settings(CONFIG).stated_overlaps() == []


def test_a_data_set_for_studies_only_stays_out_of_the_transfer_table():
    settings = Settings(changed("evaluation.datasets.street.studies_only", True))
    assert settings.evaluated == ["street", "things"]
    assert settings.transfer_datasets == ["things"]


def test_names_by_kind_layout_and_root():
    settings = Settings(CONFIG)
    assert settings.weight_names("bundled") == ["demo"]
    assert settings.weight_names("train") == ["trained"]
    assert settings.datasets("synthetic") == ["street", "things"]
    assert settings.evaluated == ["street", "things"]
    assert settings.sources == ["psmnet", "wide"]
    assert Settings(changed("sups.sources", {"wide": {}})).sources == ["wide"]
    assert settings.missing_roots() == {"kitti": "/nowhere/kitti2015"}
    assert Settings(changed("datasets.kitti.root", str(REPOSITORY))).missing_roots() == {}


@pytest.mark.parametrize(("size", "expected"), [("tile64", (64, 64)), ("tile32x64", (32, 64)), ("full", (256, 640))])
def test_tile_size(size, expected):
    assert tile_size(size, (256, 640)) == expected


@pytest.mark.parametrize("size", ["tile", "tilex4", "64", "tile64x", "Full", "tile64 "])
def test_tile_size_of_anything_else_is_refused(size):
    with pytest.raises(SupError, match=r"config key sups\.sizes"):
        tile_size(size, (256, 640))


@pytest.mark.parametrize(
    ("epsilon", "text"),
    [
        (0.02, "0.02"),
        (0.005, "0.005"),
        (0.00002, "0.00002"),
        (0.1 + 0.2, "0.3"),
        (0.5, "0.5"),
        (1, "1"),
    ],
)
def test_epsilon_in_paths_is_the_shortest_decimal(epsilon, text):
    """1e-05 in one place and 0.00001 in another would be two folders."""
    assert epsilon_text(epsilon) == text
    assert float(text) == pytest.approx(epsilon)
