"""Random streams: determined by seed and name, independent of each other."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from supcore.seeding import derived_seed, numpy_generator, torch_generator


def test_seeds_stay_what_they_are():
    """Changing the derivation would change every published result of this pipeline."""
    assert derived_seed(0) == 2033344993903900207
    assert derived_seed(0, "order", 1) == 4374215849138048446
    assert torch_generator(0, "a").initial_seed() == derived_seed(0, "a") == 4950127121108668649


@given(st.integers(0, 2**31), st.lists(st.one_of(st.text(), st.integers()), max_size=4))
def test_seed_fits_every_generator(seed, names):
    """Torch takes 64 bits, signed in places; a too large seed would fail only now and then."""
    value = derived_seed(seed, *names)
    assert 0 <= value < 2**63
    torch.Generator().manual_seed(value)


def test_streams_differ_by_seed_name_and_position():
    seeds = [
        derived_seed(0, "a"),
        derived_seed(1, "a"),
        derived_seed(0, "b"),
        derived_seed(0, "a", 0),
        derived_seed(0, "a", 1),
        derived_seed(0, 0, "a"),
        derived_seed(0),
    ]
    assert len(set(seeds)) == len(seeds)


def test_generators_of_both_libraries_begin_at_the_seed_of_their_stream():
    for names in ((), ("a",), ("order", 3)):
        expected = np.random.default_rng(derived_seed(7, *names)).integers(2**40)
        assert numpy_generator(7, *names).integers(2**40) == expected
        assert torch_generator(7, *names).initial_seed() == derived_seed(7, *names)
