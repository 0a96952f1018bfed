"""Training a stereo network: it learns, and a killed run resumes without a trace."""

from dataclasses import replace

import pytest
import torch

from supcore.data.augmentation import AugmentationOptions
from supcore.data.dataset import StereoDataset, to_unit_range
from supcore.errors import SupError
from supcore.metrics import d1_error, end_point_error
from supcore.training import Piecewise, TrainingOptions, train_stereo, validate
from supcore.training.batches import draw_batch

pytestmark = pytest.mark.thorough

OPTIONS = TrainingOptions(
    steps=5,
    batch=2,
    learning_rate=1e-3,
    augmentation=AugmentationOptions(crop_size=(32, 64)),
    seed=1,
    checkpoint_every=2,
)
RECORDED_LOSSES = [6.759684, 6.846756, 6.745193]


@pytest.fixture(scope="module")
def undisturbed(make_small_network, pairs, tmp_path_factory):
    network = make_small_network()
    return network, train_stereo(network, pairs, OPTIONS, checkpoint=tmp_path_factory.mktemp("run") / "job.pt")


@pytest.mark.parametrize("killed_after", [2, 4, 5])
def test_resumed_run_gives_the_bytes_of_an_undisturbed_one(
    make_small_network, pairs, undisturbed, tmp_path, same_bytes, kill_after, killed, killed_after
):
    resumed = make_small_network()
    with pytest.raises(killed):
        train_stereo(
            make_small_network(), pairs, OPTIONS, checkpoint=tmp_path / "job.pt", progress=kill_after(killed_after)
        )
    history = train_stereo(resumed, pairs, OPTIONS, checkpoint=tmp_path / "job.pt")
    network, expected = undisturbed
    assert history == expected
    assert same_bytes(resumed, network)


def test_checkpoint_of_other_settings_is_ignored(make_small_network, pairs, undisturbed, tmp_path):
    other = replace(OPTIONS, learning_rate=2e-3)
    train_stereo(make_small_network(), pairs, other, checkpoint=tmp_path / "job.pt")
    network = make_small_network()
    history = train_stereo(network, pairs, OPTIONS, checkpoint=tmp_path / "job.pt")
    assert history == undisturbed[1]
    wanted, found = undisturbed[0].state_dict(), network.state_dict()
    assert all(torch.equal(found[name], wanted[name]) for name in wanted)


def test_checkpoint_of_another_architecture_is_ignored(make_small_network, pairs, tmp_path):
    options = replace(OPTIONS, steps=1)
    train_stereo(make_small_network(), pairs, options, checkpoint=tmp_path / "job.pt")
    train_stereo(make_small_network(base_channels=6), pairs, options, checkpoint=tmp_path / "job.pt")


def test_loss_falls_and_disparity_is_learnt(make_small_network, make_pairs, tmp_path):
    augmentation = AugmentationOptions((32, 64), vertical_flip=0, color=0, view_color=0, noise=0)
    options = replace(OPTIONS, steps=30, batch=1, learning_rate=1e-2, augmentation=augmentation, checkpoint_every=5)
    network, one_pair = make_small_network(), make_pairs(1)
    before = validate(network, one_pair)
    history = train_stereo(network, one_pair, options, checkpoint=tmp_path / "job.pt")
    after = validate(network, one_pair)
    assert history[-1]["loss"] < 0.5 * history[0]["loss"]
    assert after["epe"] < 0.5 * before["epe"]


def test_history_has_a_row_per_interval_and_one_for_the_rest(small_network, pairs, tmp_path):
    seen = []
    history = train_stereo(
        small_network, pairs, OPTIONS, checkpoint=tmp_path / "a.pt", progress=lambda step, row: seen.append((step, row))
    )
    assert [row["step"] for row in history] == [2, 4, 5]
    assert seen == [(row["step"], row) for row in history]
    assert 0 <= history[-1]["learning_rate"] < history[0]["learning_rate"] <= OPTIONS.learning_rate


def test_network_is_left_in_evaluation_mode(small_network, pairs, tmp_path):
    train_stereo(small_network, pairs, replace(OPTIONS, steps=1), checkpoint=tmp_path / "a.pt")
    assert not any(module.training for module in small_network.modules())


def test_same_seed_same_weights_other_seed_other_weights(make_small_network, pairs, tmp_path):
    states = []
    for number, seed in enumerate((1, 1, 2)):
        network = make_small_network()
        train_stereo(network, pairs, replace(OPTIONS, steps=2, seed=seed), checkpoint=tmp_path / f"{number}.pt")
        states.append(network.state_dict()["dres0.0.0.weight"])
    assert torch.equal(states[0], states[1])
    assert not torch.equal(states[0], states[2])


def test_crop_larger_than_the_images_is_an_error_that_names_the_key(small_network, pairs, tmp_path):
    options = replace(OPTIONS, augmentation=AugmentationOptions(crop_size=(48, 64)))
    with pytest.raises(SupError, match=r"training crop 48x64 is larger than the images, 40x80.*crop_size"):
        train_stereo(small_network, pairs, options, checkpoint=tmp_path / "a.pt")


@pytest.mark.parametrize(
    "steps",
    [1, 2, 10, 11],
)
def test_any_number_of_steps_trains(small_network, pairs, tmp_path, steps):
    options = replace(OPTIONS, steps=steps, batch=1)
    history = train_stereo(small_network, pairs, options, checkpoint=tmp_path / "a.pt")
    assert history[-1]["step"] == steps


def test_batch_depends_on_seed_and_step_alone(pairs):
    first, again, other = (draw_batch(pairs, OPTIONS, step) for step in (4, 4, 5))
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert not torch.equal(first[0], other[0])
    assert [tuple(t.shape) for t in first] == [(2, 3, 32, 64), (2, 3, 32, 64), (2, 1, 32, 64)]


def test_validation_is_the_mean_over_pairs_with_ground_truth(small_network, make_samples):
    pairs = StereoDataset(make_samples(3, without_truth=(1,)))
    d1, epe = [], []
    for pair in (pairs[0], pairs[2]):
        prediction = small_network.predict(to_unit_range(pair.left)[None], to_unit_range(pair.right)[None])
        d1.append(d1_error(prediction, pair.disparity[None]).item())
        epe.append(end_point_error(prediction, pair.disparity[None]).item())
    assert validate(small_network, pairs) == {"d1": sum(d1) / 2, "epe": sum(epe) / 2, "n_images": 2}


@pytest.fixture
def assert_resumes(pairs, tmp_path, same_bytes, kill_after, killed):
    """A training killed after its fourth step ends as one that was not."""

    def check(make, options, **after_kill):
        undisturbed, resumed = make(), make()
        expected = train_stereo(undisturbed, pairs, options, checkpoint=tmp_path / "a.pt")
        with pytest.raises(killed):
            train_stereo(make(), pairs, options, checkpoint=tmp_path / "b.pt", progress=kill_after(4))
        options = replace(options, **after_kill)
        assert train_stereo(resumed, pairs, options, checkpoint=tmp_path / "b.pt") == expected
        assert same_bytes(resumed, undisturbed)
        return resumed, expected

    return check


def test_training_in_bfloat16_runs_and_resumes_with_equal_bytes(make_small_network, assert_resumes):
    def make():
        network = make_small_network()
        network.precision = "bfloat16"
        return network

    trained, _ = assert_resumes(make, OPTIONS)
    weights = [network.state_dict()["dres0.0.0.weight"] for network in (trained, make())]
    assert weights[0].dtype == torch.float32
    assert not torch.equal(*weights)


def test_published_recipe_resumes_with_equal_bytes_whatever_the_workers(make_small_network, assert_resumes):
    """Piecewise rates, passes, frozen batch-norm: where the schedule and the epochs stand must survive."""
    options = replace(
        OPTIONS,
        steps=None,
        epochs=3,
        learning_rate=Piecewise((1e-3, 1e-4), (2,)),
        gradient_clip=None,
        freeze_batch_norm_from=1,
        augmentation=AugmentationOptions((32, 64), 0, color=0, view_color=0, input_diversity=0.5),
    )
    _, history = assert_resumes(make_small_network, options, workers=1)
    assert [row["learning_rate"] for row in history] == [1e-3, 1e-3, 1e-4, 1e-4, 1e-4]


def test_draws_and_schedule_do_not_move(undisturbed):
    """Guards results that were made with these options: the losses are those of the code that made them."""
    assert [row["loss"] for row in undisturbed[1]] == pytest.approx(RECORDED_LOSSES, rel=1e-4)


def test_validation_ignores_large_targets(small_network, make_samples):
    pairs = StereoDataset(make_samples(4, seed=5))
    values = sorted(float(pairs[k].disparity.max()) for k in range(4))
    assert validate(small_network, pairs, max_target=values[-1])["n_images"] < 4
