"""Adversarial fine-tuning: which batches are perturbed, by what, and which weights are kept."""

from collections import Counter
from dataclasses import replace

import pytest
import torch

from supcore.errors import SupError
from supcore.perturbation import StereoPerturbation
from supcore.seeding import torch_generator
from supcore.training import AdversarialFinetuning, train_stereo, validate
from supcore.training.stereo import PLAIN
from tests.unit.networks.small import untrained

pytestmark = pytest.mark.thorough


def make_sup(epsilon, seed=0):
    return StereoPerturbation.random_signs((8, 16), (32, 64), epsilon, torch_generator(seed, "sup"))


@pytest.fixture
def sups():
    return [make_sup(0.01), make_sup(0.04, 1), make_sup(0.02, 2)]


@pytest.fixture(scope="module")
def validation(make_pairs):
    return make_pairs(2, seed=9)


def test_without_sups_there_is_nothing_to_fine_tune_against():
    with pytest.raises(SupError, match="at least one SUP"):
        AdversarialFinetuning([])


def test_by_default_half_of_the_batches_are_perturbed(sups):
    extension = AdversarialFinetuning(sups)
    assert (extension.probability, extension.seed, extension.selection) == (0.5, 0, "last")
    assert extension.validation is None


@pytest.mark.parametrize(("selection", "column"), [("last", None), ("best", "d1_perturbed")])
def test_the_best_weights_are_those_of_the_lowest_perturbed_d1(sups, selection, column):
    """The clean one is lowest before any fine-tuning."""
    assert AdversarialFinetuning(sups, selection=selection).lowest == column


@pytest.mark.parametrize("probability", [0.0, 0.5, 0.8, 1.0])
def test_batches_are_perturbed_as_often_as_asked(sups, probability):
    chosen = [AdversarialFinetuning(sups, probability=probability).chosen(step) for step in range(2000)]
    share = sum(sup is not None for sup in chosen) / 2000
    assert share == pytest.approx(probability, abs=0.04 if 0 < probability < 1 else 0)


def test_every_sup_is_chosen_equally_often(sups):
    extension = AdversarialFinetuning(sups, probability=1)
    counts = Counter(extension.chosen(step).epsilon for step in range(1500))
    assert sorted(counts) == [0.01, 0.02, 0.04]
    assert min(counts.values()) > 430


def test_choice_depends_on_seed_and_step_alone(sups):
    first, again, other = (
        [AdversarialFinetuning(sups, seed=seed).chosen(step) for step in range(50)] for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


def test_the_whole_batch_is_perturbed_by_the_chosen_sup(sups, images):
    extension = AdversarialFinetuning(sups, probability=1)
    left, right = extension.change(3, *images)
    expected = extension.chosen(3)(*images)
    assert torch.equal(left, expected[0])
    assert torch.equal(right, expected[1])
    assert all(not torch.equal(left[n], images[0][n]) for n in range(len(left)))


def test_a_clean_batch_is_the_batch(sups, images):
    left, right = AdversarialFinetuning(sups, probability=0).change(0, *images)
    assert left is images[0]
    assert right is images[1]


def test_validation_is_clean_and_under_the_strongest_sup(sups, make_small_network, validation):
    network = make_small_network()
    row = AdversarialFinetuning(sups, validation).assess(network)
    clean, perturbed = validate(network, validation), validate(network, validation, perturbation=sups[1])
    assert row == {
        "d1_clean": clean["d1"],
        "epe_clean": clean["epe"],
        "d1_perturbed": perturbed["d1"],
        "epe_perturbed": perturbed["epe"],
    }
    assert row["epe_clean"] != row["epe_perturbed"]


def test_fine_tuning_changes_the_network_and_never_the_sups(
    sups, make_small_network, same_bytes, pairs, passes, validation, tmp_path
):
    before = [(sup.left.clone(), sup.right.clone()) for sup in sups]
    network = make_small_network()
    options = passes(epochs=None, steps=4)
    extension = AdversarialFinetuning(sups, validation, probability=1)
    history = train_stereo(network, pairs, options, checkpoint=tmp_path / "a.pt", extension=extension)
    assert not same_bytes(network, make_small_network())
    assert all(torch.equal(s.left, b[0]) and torch.equal(s.right, b[1]) for s, b in zip(sups, before, strict=True))
    measured = ["d1_clean", "epe_clean", "d1_perturbed", "epe_perturbed"]
    assert list(history[0]) == ["step", "loss", "learning_rate", *measured]


@pytest.mark.parametrize("adversarial", [False, True])
def test_images_are_padded_by_an_extra_block_in_fine_tuning_only(sups, pairs, passes, tmp_path, adversarial):
    """The release's trainers show the network the crop as it is; it fine-tunes with the code that it evaluates with."""
    sizes = []

    def record(module, inputs):
        sizes.append(tuple(inputs[0].shape[-2:]))

    network = untrained("deeppruner")
    network.feature_extraction.firstconv.register_forward_pre_hook(record)
    extension = AdversarialFinetuning(sups) if adversarial else PLAIN
    train_stereo(network, pairs, passes(epochs=None, steps=1), checkpoint=tmp_path / "a.pt", extension=extension)
    assert set(sizes) == {(64, 96) if adversarial else (32, 64)}


@pytest.mark.parametrize("selection", ["last", "best"])
def test_resumed_run_gives_the_bytes_of_an_undisturbed_one(
    sups, make_small_network, same_bytes, pairs, passes, validation, tmp_path, kill_after, killed, selection
):
    extension = AdversarialFinetuning(sups, validation, selection=selection)
    undisturbed, resumed = make_small_network(), make_small_network()
    expected = train_stereo(undisturbed, pairs, passes(), checkpoint=tmp_path / "a.pt", extension=extension)
    job = {"checkpoint": tmp_path / "b.pt", "extension": extension}
    with pytest.raises(killed):
        train_stereo(make_small_network(), pairs, passes(), progress=kill_after(4), **job)
    assert train_stereo(resumed, pairs, passes(), **job) == expected
    assert same_bytes(undisturbed, resumed)


def test_best_selection_keeps_the_weights_of_the_lowest_perturbed_d1(
    sups, make_small_network, pairs, passes, validation, tmp_path
):
    network = make_small_network()
    extension = AdversarialFinetuning(sups, validation, selection="best")
    options = passes(learning_rate=0.02, epochs=None, steps=8, checkpoint_every=1)
    history = train_stereo(network, pairs, options, checkpoint=tmp_path / "a.pt", extension=extension)
    lowest = min(row["d1_perturbed"] for row in history)
    assert lowest < history[-1]["d1_perturbed"]  # otherwise this tells nothing
    assert extension.assess(network)["d1_perturbed"] == lowest


def test_unfinished_work_belongs_to_its_sups_and_settings(sups):
    """Either tile, the epsilon, the order of the SUPs and every setting; else a checkpoint of another job goes on."""
    other_left, other_right = make_sup(0.01), make_sup(0.01)
    other_left.left, other_right.right = -other_left.left, -other_right.right
    wider = StereoPerturbation.from_tiles(sups[0].left, sups[0].right, (32, 64), 0.03)
    jobs = [AdversarialFinetuning(chosen) for chosen in (sups[:1], [other_left], [other_right], [wider])]
    jobs += [AdversarialFinetuning(sups), AdversarialFinetuning(sups[::-1])]
    jobs += [AdversarialFinetuning(sups, **change) for change in ({"probability": 0.6}, {"seed": 1})]
    jobs += [AdversarialFinetuning(sups, selection="best")]
    assert len({str(job.identity()) for job in jobs}) == len(jobs)
    assert AdversarialFinetuning(sups).identity() == AdversarialFinetuning(list(sups)).identity()


def test_checkpoint_of_other_sups_is_ignored(sups, make_small_network, same_bytes, pairs, passes, tmp_path):
    options = passes(epochs=None, steps=2)
    results = []
    for checkpoint, chosen in (("a", sups[:1]), ("a", sups[1:2]), ("b", sups[1:2])):
        network = make_small_network()
        extension = AdversarialFinetuning(chosen, probability=1)
        train_stereo(network, pairs, options, checkpoint=tmp_path / f"{checkpoint}.pt", extension=extension)
        results.append(network)
    assert same_bytes(results[1], results[2])
    assert not same_bytes(results[0], results[1])


def test_a_sup_that_does_not_fit_the_crop_is_an_error(small_network, pairs, passes, tmp_path):
    options = passes(augmentation=replace(passes().augmentation, crop_size=(36, 64)))
    full = StereoPerturbation("full", (32, 64), 0.02)
    extension = AdversarialFinetuning([full], probability=1)
    with pytest.raises(SupError, match="whole images of 32x64 does not fit an image of 36x64"):
        train_stereo(small_network, pairs, options, checkpoint=tmp_path / "a.pt", extension=extension)
