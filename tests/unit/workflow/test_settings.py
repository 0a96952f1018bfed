"""The checks of a configuration beyond its schema, and the questions the rules ask of it."""

import copy
from pathlib import Path

import pytest
import yaml

from supcore.errors import SupError
from supcore.workflow.checks import checked_settings

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


ABSENT = object()


def changed(path, value):
    """The configuration with one value replaced, or without it; a list index is a number in the dotted path."""
    config = copy.deepcopy(CONFIG)
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    place = config
    for part in parents:
        place = place[part]
    if value is ABSENT:
        del place[last]
    else:
        place[last] = value
    return config


def test_training_that_no_weights_use_may_be_absent():
    config = changed("networks.wide.weights", {"demo": {"bundled": "b"}})
    config["networks"]["psmnet"]["weights"].pop("trained")
    config["evaluation"]["datasets"]["street"]["weights"] = ["demo"]
    del config["training"]
    assert checked_settings(config).networks == ["psmnet", "wide"]


def test_weights_are_the_first_of_the_wanted_ones_that_the_network_has():
    settings = checked_settings(CONFIG)
    assert settings.source("psmnet").weights == ("kitti15",)
    assert settings.source("wide").weights == ("demo",)
    assert settings.evaluation_weights("street", "wide") == "trained"
    assert settings.weights("psmnet", ["none", "trained", "demo"], "sups.weights") == "trained"


@pytest.fixture
def registry(tmp_path):
    """The path of a registry with one checkpoint whose options the corrected mode changes."""
    entry = {"file": "a.tar", "parameters": 1, "options": {"align_corners": False}}
    content = {
        "files": {"a.tar": {"url": "https://example.org/a.tar", "license": "MIT"}},
        "weights": {"psmnet": {"kitti15": entry | {"corrected": {"align_corners": True}}}},
    }
    (tmp_path / "weights.yaml").write_text(yaml.safe_dump(content))
    return str(tmp_path / "weights.yaml")


@pytest.mark.parametrize(("mode", "align_corners"), [("as_published", False), ("corrected", True)])
def test_corrected_options_apply_in_the_corrected_mode_only(registry, mode, align_corners):
    config = changed("mode", mode) | {"weights_registry": registry}
    settings = checked_settings(config)
    expected = {"max_disparity": 192, "base_channels": 8, "align_corners": align_corners}
    assert settings.network_options("psmnet", "kitti15") == expected
    assert settings.network_options("psmnet", "demo") == {"max_disparity": 32, "base_channels": 8}
    assert settings.network_options("wide", "demo") == {}


def test_options_of_the_configuration_come_last(registry):
    """A user can say what the registry does not know."""
    config = changed("networks.psmnet.weights.kitti15.options", {"align_corners": False})
    settings = checked_settings(config | {"weights_registry": registry})
    assert settings.network_options("psmnet", "kitti15")["align_corners"] is False


def test_weights_that_the_registry_lacks_are_named(registry):
    config = changed("networks.psmnet.weights.kitti15.registry", "kitti18")
    with pytest.raises(SupError, match=r"weights\.yaml: weights\.psmnet\.kitti18: not listed"):
        checked_settings(config | {"weights_registry": registry}).network_options("psmnet", "kitti15")


def test_asking_for_options_does_not_change_the_configuration(registry):
    config = copy.deepcopy(CONFIG) | {"weights_registry": registry}
    before = copy.deepcopy(config)
    checked_settings(config).network_options("psmnet", "kitti15")
    assert config == before


def test_architecture_is_the_name_unless_given():
    settings = checked_settings(CONFIG)
    assert settings.architecture("psmnet") == "psmnet"
    assert settings.architecture("wide") == "psmnet_deform6"


@pytest.mark.parametrize(("mode", "saturated"), [("as_published", {"saturated": True}), ("corrected", {})])
def test_flyingthings3d_is_saturated_only_as_published(mode, saturated):
    config = changed("mode", mode)
    things = {"layout": "flyingthings3d", "root": "data", "splits": {"test": ":"}}
    own = things | {"layout_options": {"subset": "TEST", "saturated": False}}
    config["datasets"] |= {"pngs": things, "own": own}
    settings = checked_settings(config)
    assert settings.layout_options("pngs") == saturated
    assert settings.layout_options("own") == own["layout_options"]
    assert all(settings.layout_options(name) == {} for name in CONFIG["datasets"])


@pytest.mark.parametrize(("mode", "selection"), [("as_published", "best"), ("corrected", "last")])
def test_selection_looks_at_reported_frames_only_as_published(mode, selection):
    assert checked_settings(changed("mode", mode)).source("psmnet").selection == selection
    explicit = changed("mode", mode)
    explicit["sups"]["selection"] = "best"
    assert checked_settings(explicit).source("psmnet").selection == "best"


def test_alpha_is_a_network_s_own_the_common_one_or_a_share():
    settings = checked_settings(CONFIG)
    assert settings.source("psmnet").alpha(0.02) == 0.0001
    assert settings.source("wide").alpha(0.02) == 0.00005
    relative = copy.deepcopy(CONFIG)
    del relative["sups"]["alpha"], relative["sups"]["network_alpha"]
    relative["sups"]["alpha_of_epsilon"] = 0.1
    assert checked_settings(relative).source("psmnet").alpha(0.02) == pytest.approx(0.002)


def test_alpha_may_be_given_by_epsilon():
    """Networks with an alpha of their own keep it; a source's own table goes before that."""
    config = changed("sups.epsilon_alpha", {0.005: 0.00003})
    config["sups"]["sources"] = {"psmnet": {}, "wide": {}, "own": {"network": "wide", "epsilon_alpha": {0.02: 0.0007}}}
    psmnet, wide, own = map(checked_settings(config).source, ("psmnet", "wide", "own"))
    assert [psmnet.alpha(epsilon) for epsilon in (0.02, 0.005)] == [0.0001, 0.00003]
    assert [wide.alpha(epsilon) for epsilon in (0.02, 0.005)] == [0.00005, 0.00005]
    assert [own.alpha(epsilon) for epsilon in (0.02, 0.005)] == [0.0007, 0.0001]


def test_source_may_attack_a_network_under_another_name_with_its_own_training_pairs():
    named = {"wide": {}, "psmnet_things": {"network": "psmnet", "training": {"dataset": "things", "split": "train"}}}
    settings = checked_settings(changed("sups.sources", named))
    assert settings.sources == ["wide", "psmnet_things"]
    wide, things = map(settings.source, settings.sources)
    assert (wide.networks, things.networks) == (("wide",), ("psmnet",))
    assert wide.training == {"dataset": "street", "split": "train"}
    assert things.training == {"dataset": "things", "split": "train"}
    assert (things.weights, things.folder) == (("kitti15",), "kitti15")
    assert (wide.alpha(0.02), things.alpha(0.02)) == (0.00005, 0.0001)


def test_a_mere_target_is_no_source_unless_its_sups_are_released():
    config = changed("networks.wide.target_only", True)
    settings = checked_settings(config)
    assert settings.sources == ["psmnet"]
    assert settings.targets("street") == ["psmnet", "wide"]
    config["sups"]["sources"] = {"mine": {"networks": ["psmnet", "wide"]}}
    with pytest.raises(SupError, match=r"config key sups.sources.mine: network wide is target_only"):
        checked_settings(config)
    config["sups"]["sources"] = {"wide": {"released": "authors"}}
    assert checked_settings(config).sources == ["wide"]


def test_networks_from_elsewhere_name_their_modules():
    config = changed("networks.wide.architecture", "research.nets:Wide")
    assert checked_settings(config).own_modules == {"wide": "research.nets"}


def test_source_may_have_its_own_grid_and_attack():
    own = {"network": "wide", "sizes": ["full"], "epsilons": [0.01], "step_rule": "sign", "alpha_of_epsilon": 0.2}
    settings = checked_settings(changed("sups.sources", {"psmnet": {}, "sign": own}))
    sign = settings.source("sign")
    assert sign.grid == [("full", "0.01", 0), ("full", "0.01", 1)]
    assert sign.attack["step_rule"] == "sign"
    assert sign.alpha(0.01) == pytest.approx(0.002)
    assert len(settings.source("psmnet").grid) == 12
    assert settings.sup_names("noise") == [*settings.source("psmnet").grid, *sign.grid]
    fixed = checked_settings(changed("sups.sources", {"wide": {"alpha": 0.003}}))
    assert fixed.source("wide").alpha(0.02) == 0.003


def test_each_network_stands_for_the_networks_beside_other_sources():
    sources = {"both": {"networks": ["psmnet", "wide"]}, "each_network": {"seeds": [7]}, "psmnet": {}}
    settings = checked_settings(changed("sups.sources", sources))
    assert settings.sources == ["psmnet", "wide", "both"]
    seeds = {source: {name.seed for name in settings.sup_names(source)} for source in settings.sources}
    assert seeds == {"psmnet": {0, 1}, "wide": {7}, "both": {0, 1}}  # PSMNet has an entry of its own
    sources["each_network"] = {"sizes": ["tile3"]}
    with pytest.raises(SupError, match=r"sups.sources.wide.sizes: tile3 does not divide"):
        checked_settings(changed("sups.sources", sources))


def test_source_of_several_networks():
    settings = checked_settings(changed("sups.sources", {"both": {"networks": ["psmnet", "wide"]}}))
    both = settings.source("both")
    assert both.networks == ("psmnet", "wide")
    assert both.weights == ("kitti15", "demo")
    assert both.folder == "kitti15-demo"


def test_released_source_has_one_seed_and_a_place_to_come_from():
    released = {"network": "psmnet", "released": "authors", "sizes": ["tile64"], "epsilons": [0.02]}
    settings = checked_settings(changed("sups.sources", {"psmnet_released": released}))
    source = settings.source("psmnet_released")
    assert source.grid == [("tile64", "0.02", 0)]
    checkpoint = settings.released_sup(source, "tile64", 0.02)
    assert checkpoint.origins[0].member.endswith("psmnet/tile64_norm002/sups_psmnet_tile64_norm002.pth")


def test_grid_has_every_size_epsilon_and_seed_once():
    names = checked_settings(CONFIG).sup_names("psmnet")
    assert len(names) == len(set(names)) == 3 * 2 * 2
    assert ("tile16x64", "0.005", 1) in names


def test_a_data_set_may_be_evaluated_with_some_networks_only():
    """Networks without weights for it then need none."""
    config = changed("evaluation.datasets.street", {"split": "test", "weights": ["kitti15"], "networks": ["psmnet"]})
    settings = checked_settings(config)
    assert settings.targets("street") == ["psmnet"]
    assert settings.targets("things") == ["psmnet", "wide"]
    assert settings.used_recipes() == []
    assert checked_settings(CONFIG).used_recipes() == ["recipe"]


def test_what_released_files_have_seen_of_the_reported_frames_is_known():
    """PSMNet's own authors kept 160: out, so nothing is stated of their weights."""
    config = changed(
        "networks.deep", {"architecture": "psmnet_deform25", "weights": {"kitti15": {"registry": "kitti15"}}}
    )
    config["evaluation"]["datasets"] = {"kitti": {"split": "validation", "weights": ["kitti15", "demo"]}}
    config["sups"]["sources"] = {"theirs": {"network": "psmnet", "released": "authors"}, "wide": {}}
    assert checked_settings(config).stated_overlaps() == [
        ("training released weights (deep/kitti15)", "kitti/validation", ":"),
        ("choosing released SUPs (theirs)", "kitti/validation", "160:"),
    ]
    assert checked_settings(CONFIG).stated_overlaps() == []


def test_a_data_set_for_studies_only_stays_out_of_the_transfer_table():
    settings = checked_settings(changed("evaluation.datasets.street.studies_only", True))
    assert settings.evaluated == ["street", "things"]
    assert settings.transfer_datasets == ["things"]


def test_names_by_kind_layout_and_root():
    settings = checked_settings(CONFIG)
    assert settings.weight_names("bundled") == ["demo"]
    assert settings.weight_names("train") == ["trained"]
    assert settings.datasets("synthetic") == ["street", "things"]
    assert settings.evaluated == ["street", "things"]
    assert settings.sources == ["psmnet", "wide"]
    assert checked_settings(changed("sups.sources", {"wide": {}})).sources == ["wide"]
    assert settings.missing_roots() == {"kitti": "/nowhere/kitti2015"}
    assert checked_settings(changed("datasets.kitti.root", str(REPOSITORY))).missing_roots() == {}
