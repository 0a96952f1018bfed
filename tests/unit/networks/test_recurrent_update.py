"""The update operator: which states are updated in which order, and what each reads."""

import pytest
import torch
import torch.nn.functional as F

from supcore.networks.recurrent_update import ConvGRU, MotionEncoder, UpdateBlock, halved, resized

HIDDEN = 4
SCALES = ("08", "16", "32")


@pytest.fixture(autouse=True)
def seeded():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


def states(levels):
    return [torch.randn(1, HIDDEN, 8 >> level, 12 >> level) for level in range(levels)]


def gates(levels):
    return [tuple(torch.randn(3, 1, HIDDEN, 8 >> level, 12 >> level)) for level in range(levels)]


def test_gru_mixes_the_state_with_a_proposal():
    gru = ConvGRU(HIDDEN, 5)
    state, (z, r, q), inputs = states(1)[0], gates(1)[0], torch.randn(1, 5, 8, 12)
    known = torch.cat((state, inputs), 1)
    update, reset = torch.sigmoid(gru.convz(known) + z), torch.sigmoid(gru.convr(known) + r)
    proposal = torch.tanh(gru.convq(torch.cat((reset * state, inputs), 1)) + q)
    expected = (1 - update) * state + update * proposal
    torch.testing.assert_close(gru(state, (z, r, q), inputs[:, :2], inputs[:, 2:]), expected)


@pytest.mark.parametrize(("levels", "finest"), [(3, 0), (3, 1), (3, 2), (2, 0), (2, 1)])
def test_coarse_states_go_first_and_the_finer_ones_see_what_they_became(levels, finest):
    block = UpdateBlock(MotionEncoder(3, 2, 1, "d"), HIDDEN, levels, SCALES)
    old, wanted, motion = states(levels), gates(levels), torch.randn(1, HIDDEN, 8, 12)
    expected = list(old)
    if levels == 3:
        expected[2] = block.gru32(old[2], wanted[2], halved(old[1]))
    if finest <= 1:
        coarser = [resized(expected[2], old[1])] if levels == 3 else []
        expected[1] = block.gru16(old[1], wanted[1], halved(old[0]), *coarser)
    if finest == 0:
        expected[0] = block.gru08(old[0], wanted[0], motion, resized(expected[1], old[0]))
    found = block(old, wanted, motion, finest=finest)
    for state, value in zip(found, expected, strict=True):
        torch.testing.assert_close(state, value)


def test_halving_counts_the_zeros_around_and_resizing_keeps_the_corners():
    state = torch.ones(1, 1, 4, 6)
    assert halved(state)[0, 0].tolist() == [pytest.approx([4 / 9, 6 / 9, 6 / 9]), pytest.approx([6 / 9, 1, 1])]
    coarse = torch.arange(6.0).view(1, 1, 2, 3)
    fine = resized(coarse, torch.zeros(1, 1, 5, 9))
    assert fine[0, 0, ::4, ::4].tolist() == coarse[0, 0].tolist()


@pytest.mark.parametrize(("flow", "letter"), [(1, "d"), (2, "f")])
def test_motion_ends_with_the_flow_itself(flow, letter):
    encoder = MotionEncoder(3, 2, flow, letter)
    costs, disparity = torch.randn(1, 3, 8, 12), torch.randn(1, flow, 8, 12)
    motion = encoder(costs, disparity)
    assert motion.shape == (1, 4, 8, 12)
    assert torch.equal(motion[:, -flow:], disparity)
    assert (motion[:, :-flow] >= 0).all()
    assert {f"conv{letter}1.weight", f"conv{letter}2.weight"} < set(encoder.state_dict())
    assert not torch.equal(motion, encoder(F.pad(costs[..., 1:], (0, 1)), disparity))
