"""Two processes train as one does with the whole batch, and resume without a trace."""

import pytest
import torch

from supcore.data.dataset import StereoDataset, StereoPair
from supcore.errors import SupError
from supcore.training import train_stereo

pytestmark = pytest.mark.slow  # starting processes takes seconds

# Of weights and statistics after two steps that move weights by 2e-3: rounding only.
TOLERANCE = {"atol": 1e-6, "rtol": 1e-5}


class SparsePairs(StereoDataset):
    """Pairs whose ground truth covers very different shares of the image, as of a laser scanner."""

    def __getitem__(self, index):
        pair = super().__getitem__(index)
        disparity = pair.disparity.clone()
        disparity[..., 5 + 10 * index :] = 0
        return StereoPair(pair.left, pair.right, disparity, pair.classes)


@pytest.fixture(scope="module")
def sparse(pairs):
    return SparsePairs(pairs.samples)


@pytest.fixture(scope="module")
def train(make_small_network, sparse, passes, tmp_path_factory):
    """Train a small network; batches of four, so that the last of a pass has two."""

    def run(checkpoint=None, progress=None, **changes):
        network = make_small_network()
        checkpoint = checkpoint or tmp_path_factory.mktemp("run") / "job.pt"
        options = passes(**({"batch": 4, "epochs": 1, "checkpoint_every": 1} | changes))
        return network, train_stereo(network, sparse, options, checkpoint=checkpoint, progress=progress)

    return run


@pytest.fixture(scope="module")
def two_processes(train):
    """The network and the history of an undisturbed training by two processes."""
    return train(processes=2)


def assert_close(ours, theirs):
    (network, history), (expected, expected_history) = ours, theirs
    for name, value in expected.state_dict().items():
        torch.testing.assert_close(network.state_dict()[name], value, **TOLERANCE)
    assert [row["step"] for row in history] == [1, 2]
    assert [row["loss"] for row in history] == pytest.approx([row["loss"] for row in expected_history], rel=1e-6)


def test_two_processes_give_the_result_of_one(train, two_processes):
    """With batch-norm statistics over both."""
    assert_close(two_processes, train())


def test_two_processes_give_the_result_of_one_with_batch_norm_of_two_groups(train, two_processes):
    found = train(processes=2, batch_norm_groups=2)
    assert_close(found, train(batch_norm_groups=2))
    assert found[1][0]["loss"] != pytest.approx(two_processes[1][0]["loss"], rel=1e-5)


def test_two_processes_give_the_result_of_one_with_frozen_batch_norm(train):
    assert_close(train(processes=2, freeze_batch_norm_from=0), train(freeze_batch_norm_from=0))


def test_a_killed_run_resumes_with_equal_bytes(train, two_processes, same_bytes, kill_after, killed, tmp_path):
    with pytest.raises(killed):
        train(tmp_path / "job.pt", kill_after(1), processes=2)
    resumed, history = train(tmp_path / "job.pt", processes=2)
    assert history == two_processes[1]
    assert same_bytes(resumed, two_processes[0])


def test_an_error_in_a_process_arrives_as_it_is(train, make_pairs, make_small_network, passes, tmp_path):
    options = passes(batch=2, processes=2)
    with pytest.raises(SupError, match=r"^the last batch of a pass has 1 of 3 pairs"):
        train_stereo(make_small_network(), make_pairs(3, size=(40, 80)), options, checkpoint=tmp_path / "a.pt")
