"""Optimizing a SUP over a set of pairs: seeded, resumable, validated."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from supcore.attack.optimization import SupOptions, optimize_sup
from supcore.data.dataset import StereoDataset
from supcore.errors import SupError
from supcore.perturbation import StereoPerturbation
from tests.refusal import check_line

pytestmark = pytest.mark.thorough

OPTIONS = SupOptions(alpha=0.004, step_rule="sign", batch=2, steps=6, seed=3, checkpoint_every=2)


class KilledError(Exception):
    """Stands for a kill: raised from the progress callback."""


@pytest.fixture(scope="module")
def training(make_pairs):
    return make_pairs(5, seed=1)


@pytest.fixture(scope="module")
def validation(make_pairs):
    return make_pairs(3, seed=2, without_truth=(1,))


def new_sup():
    return StereoPerturbation((8, 16), (32, 64), 0.02)


def same_bytes(first, second):
    return all(
        getattr(first, view).numpy().tobytes() == getattr(second, view).numpy().tobytes() for view in ("left", "right")
    )


@pytest.fixture
def run(small_network, training, validation, tmp_path):
    """Runs one optimization and returns the SUP and the result; ``kill_at`` stops it after that step."""

    def run(options=OPTIONS, checkpoint="job.pt", kill_at=None, network=small_network):
        def progress(step, row):
            if step == kill_at:
                raise KilledError

        sup = new_sup()
        result = optimize_sup(
            network, sup, training, validation, options, checkpoint=tmp_path / checkpoint, progress=progress
        )
        return sup, result

    return run


@pytest.mark.parametrize(("killed_after", "selection"), [(1, "last"), (3, "best"), (4, "last"), (6, "best")])
def test_resumed_run_gives_the_bytes_of_an_undisturbed_one(run, killed_after, selection):
    """Killed before the first checkpoint, between two, just after one, and at the very end."""
    options = replace(OPTIONS, selection=selection)
    expected, undisturbed = run(options, "undisturbed.pt")
    with pytest.raises(KilledError):
        run(options, kill_at=killed_after)
    sup, resumed = run(options)
    assert same_bytes(sup, expected)
    assert resumed.history == undisturbed.history
    assert sup.train_step == expected.train_step


@pytest.mark.parametrize("step_rule", ["clip", "sign", "normalized"])
def test_resumed_run_takes_up_the_momentum_and_the_snapshots(run, make_small_network, step_rule):
    """Of an ensemble; without the velocity the resumed run would end elsewhere."""
    networks = [make_small_network(seed=0), make_small_network(seed=1)]
    options = replace(OPTIONS, step_rule=step_rule, momentum=0.8, snapshot_steps=(1, 2, 3, 5))
    expected, undisturbed = run(options, "undisturbed.pt", network=networks)
    with pytest.raises(KilledError):
        run(options, kill_at=4, network=networks)
    sup, resumed = run(options, network=networks)
    assert same_bytes(sup, expected)
    assert resumed.history == undisturbed.history
    assert list(resumed.snapshots) == [1, 2, 3, 5]
    assert all(same_bytes(resumed.snapshots[step], undisturbed.snapshots[step]) for step in resumed.snapshots)
    without, _ = run(replace(options, momentum=0.0), "without.pt", network=networks)
    assert not same_bytes(sup, without)


def test_snapshots_are_the_sups_of_runs_that_stop_there(run):
    sup, result = run(replace(OPTIONS, momentum=0.5, snapshot_steps=(6, 3)))
    stopped, _ = run(replace(OPTIONS, momentum=0.5, steps=3), "stopped.pt")
    assert [(step, snapshot.train_step) for step, snapshot in result.snapshots.items()] == [(3, 3), (6, 6)]
    assert same_bytes(result.snapshots[3], stopped)
    assert same_bytes(result.snapshots[6], sup)
    assert result.snapshots[3].epsilon == sup.epsilon


def test_the_last_snapshot_is_the_end_of_a_run_that_is_too_short(run):
    sup, result = run(replace(OPTIONS, snapshot_steps=(2, 7, 900)))
    assert list(result.snapshots) == [2, 6]
    assert same_bytes(result.snapshots[6], sup)


def test_resumed_run_does_not_repeat_finished_steps(small_network, training, validation, run, tmp_path):
    with pytest.raises(KilledError):
        run(kill_at=5)
    steps = []
    optimize_sup(
        small_network,
        new_sup(),
        training,
        validation,
        OPTIONS,
        checkpoint=tmp_path / "job.pt",
        progress=lambda step, row: steps.append(step),
    )
    assert steps == [5, 6]


@pytest.mark.parametrize(
    "change", [{"seed": 4}, {"alpha": 0.002}, {"batch": 1}, {"step_rule": "clip"}, {"steps": 5}, {"momentum": 0.5}]
)
def test_checkpoint_of_other_settings_is_ignored(run, change):
    other = replace(OPTIONS, **change)
    expected, undisturbed = run(other, "undisturbed.pt")
    with pytest.raises(KilledError):
        run(kill_at=5)
    sup, resumed = run(other)
    assert same_bytes(sup, expected)
    assert resumed.history == undisturbed.history


def test_checkpoint_of_another_tile_size_is_ignored(small_network, training, validation, run, tmp_path):
    with pytest.raises(KilledError):
        run(kill_at=5)
    sup = StereoPerturbation((16, 16), (32, 64), 0.02)
    optimize_sup(small_network, sup, training, validation, OPTIONS, checkpoint=tmp_path / "job.pt")
    assert sup.left.shape == (3, 16, 16)


def test_checkpoint_of_another_network_is_ignored(make_small_network, training, validation, run, tmp_path):
    """New weights in the same place must not inherit half a SUP of the old ones."""
    other, expected, sup = make_small_network(seed=9), new_sup(), new_sup()
    optimize_sup(other, expected, training, validation, OPTIONS, checkpoint=tmp_path / "undisturbed.pt")
    with pytest.raises(KilledError):
        run(kill_at=5)
    optimize_sup(other, sup, training, validation, OPTIONS, checkpoint=tmp_path / "job.pt")
    assert same_bytes(sup, expected)


def test_damaged_checkpoint_is_named_with_the_remedy(run, tmp_path):
    (tmp_path / "job.pt").write_bytes(b"PK\x03\x04 half a file")
    with pytest.raises(SupError, match=r"job\.pt: unreadable checkpoint .*delete it"):
        run()


def test_checkpoint_with_one_flipped_bit_is_not_gone_on_with(run, tmp_path):
    """PyTorch would read the other number."""
    with pytest.raises(KilledError):
        run(kill_at=5)
    content = bytearray((tmp_path / "job.pt").read_bytes())
    tiles = torch.load(tmp_path / "job.pt", weights_only=True)["tiles"].numpy().tobytes()
    content[content.index(tiles) + 5] ^= 1
    (tmp_path / "job.pt").write_bytes(content)
    with pytest.raises(SupError, match=r"job\.pt: unreadable checkpoint \(its part .* is damaged\); delete it"):
        run()


@pytest.mark.parametrize("content", [{}, [1], {"job": 1}, {"job": {}, "tiles": torch.rand(2, 2).to_sparse()}])
def test_a_file_of_something_else_is_no_checkpoint(run, tmp_path, content):
    torch.save(content, tmp_path / "job.pt")
    with pytest.raises(SupError) as refused:
        run()
    check_line(str(refused.value), f"{tmp_path / 'job.pt'}: unreadable checkpoint (…); delete it")


def test_what_differs_is_named_on_one_line(run, tmp_path, caplog):
    torch.save({"job": {"a\n\x1b[31m": 1, 2: 3}}, tmp_path / "job.pt")
    run()
    assert caplog.messages[0].isprintable()
    assert r"other 2, a\n\x1b[31m, alpha, " in caplog.messages[0]


def test_checkpoint_with_code_is_not_executed(run, tmp_path, trap):
    torch.save({"job": trap}, tmp_path / "job.pt")
    with pytest.raises(SupError, match=r"job\.pt: unreadable checkpoint"):
        run()
    assert not trap.sprung.exists()


def test_history_has_a_row_per_interval_and_one_for_the_rest(run):
    _, result = run(replace(OPTIONS, steps=5))
    assert [row["step"] for row in result.history] == [2, 4, 5]
    assert {"loss", "clipped_fraction", "linf", "l2"} < set(result.history[0])
    assert all(0 < row["linf"] <= 0.02 + 1e-9 for row in result.history)


def test_selection_of_the_best_keeps_the_sup_of_the_highest_error(run):
    """``last`` keeps the final one; the two differ in this run, or the test would show nothing."""
    options = replace(OPTIONS, seed=0, checkpoint_every=1)
    last, result = run(options, "last.pt")
    errors = [row["d1_ground_truth"] for row in result.history]
    best_step = errors.index(max(errors)) + 1
    assert best_step < options.steps
    best, _ = run(replace(options, selection="best"), "best.pt")
    stopped_there, _ = run(replace(options, steps=best_step), "stopped.pt")
    assert same_bytes(best, stopped_there)
    assert not same_bytes(best, last)
    assert (last.train_step, best.train_step) == (options.steps, best_step)


def test_selection_of_the_best_without_ground_truth_is_refused(small_network, training, make_pairs, tmp_path):
    blind = make_pairs(2, without_truth=(0, 1))
    with pytest.raises(SupError, match="ground truth"):
        optimize_sup(
            small_network,
            new_sup(),
            training,
            blind,
            replace(OPTIONS, selection="best"),
            checkpoint=tmp_path / "job.pt",
        )


def test_network_that_predicts_nan_is_an_error(small_network, training, validation, tmp_path):
    with torch.no_grad():
        small_network.dres0[0][0].weight.fill_(float("nan"))
    with pytest.raises(SupError, match=r"(?i)nan|finite"):
        optimize_sup(small_network, new_sup(), training, validation, OPTIONS, checkpoint=tmp_path / "job.pt")


def test_network_in_training_mode_is_left_unchanged(small_network, training, validation, tmp_path):
    before = {name: value.clone() for name, value in small_network.train().state_dict().items()}
    options = replace(OPTIONS, steps=2)
    optimize_sup(small_network, new_sup(), training, validation, options, checkpoint=tmp_path / "job.pt")
    assert all(torch.equal(before[name], value) for name, value in small_network.state_dict().items())


def test_worker_processes_change_nothing(run):
    options = replace(OPTIONS, steps=3)
    inside, _ = run(options, "inside.pt")
    outside, _ = run(replace(options, workers=1), "outside.pt")
    assert same_bytes(inside, outside)


@pytest.mark.parametrize("workers", [0, 1])
def test_unreadable_image_is_named_whatever_process_reads_it(
    small_network, make_samples, validation, tmp_path, workers
):
    samples = make_samples(3)
    Path(samples[1].right).write_bytes(b"no image")
    with pytest.raises(SupError) as caught:
        optimize_sup(
            small_network,
            new_sup(),
            StereoDataset(samples),
            validation,
            replace(OPTIONS, steps=2, workers=workers),
            checkpoint=tmp_path / "job.pt",
        )
    assert samples[1].right in str(caught.value)
    assert "\n" not in str(caught.value)
