"""The rehearsal's overlays change sizes, widths, steps and epochs of the paper's configurations, and no graph."""

import pytest

from tests.rehearsal.overlay import ATTACK_STEPS, FAMILIES, OPTIONS, SNAPSHOTS, merged, miniature, part
from tests.rehearsal.rehearse import CONFIGURATIONS, files_of

COMMON = {"device", "threads", "workers", "keep_in_memory", "image_size", "weights_registry", "published"}
RECIPE = {"epochs", "change_at", "batch", "crop_size", "image_size", "checkpoint_every", "freeze_batch_norm_from"}


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_only_sizes_and_lengths_change(name):
    config = merged(files_of(name))
    overlay = miniature(config)
    assert set(overlay) - {"networks", "sups", "studies", "training", "finetuning"} == COMMON
    assert all(set(network) == {"options"} for network in overlay["networks"].values())
    assert set(overlay["networks"]) == set(config["networks"])
    assert overlay["studies"] == {"per_image": {"steps": ATTACK_STEPS}}
    assert set(overlay["sups"]) <= {"batch", "steps", "checkpoint_every", "sources"}
    assert all(set(source) == {"snapshots"} for source in overlay["sups"]["sources"].values())
    for section in ("training", "finetuning"):
        assert set(overlay.get(section, {})) == set(config.get(section, {}))
        assert all(set(recipe) <= RECIPE for recipe in overlay.get(section, {}).values())


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_everything_that_changes_on_the_way_still_does(name):
    config = merged(files_of(name))
    overlay = miniature(config)
    for section in ("training", "finetuning"):
        for recipe, short in overlay.get(section, {}).items():
            assert short["epochs"] == len(config[section][recipe]["learning_rates"])
            assert short["batch"] % config[section][recipe]["batch_norm_groups"] == 0
    sources = config["sups"]["sources"]
    kept = [name for name, source in sources.items() if (source or {}).get("snapshots")]
    assert all(len(sources[name]["snapshots"]) == len(SNAPSHOTS) for name in kept)


def test_every_network_of_the_paper_has_a_narrow_version():
    networks = merged(files_of("finetuning"))["networks"]
    assert {network.get("architecture", name) for name, network in networks.items()} == set(OPTIONS)


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_a_part_names_no_network_that_it_lacks(name):
    config = part(merged(files_of(name)))
    assert {n.removesuffix("_finetuned") for n in config["networks"]} == set(FAMILIES)
    for text in ("deeppruner'", "psmnet_deform6'", "psmnet_deform25'", "deeppruner_finetuned'"):
        assert text not in str(config)
    assert set(config["studies"]) == set(merged(files_of(name))["studies"])


def test_a_part_keeps_what_was_empty_before():
    assert part(merged(files_of("released_sups")))["sups"]["sources"]["psmnet"]["snapshots"] == []
