"""In which order a SUP's optimization takes the pairs: whole passes, shuffled anew, by the seed."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supcore.attack.optimization import SupOptions, ordered_batches

pytestmark = pytest.mark.thorough


@given(st.integers(1, 30), st.integers(1, 7), st.integers(0, 5))
def test_one_pass_covers_every_pair_once_and_keeps_the_last_partial_batch(count, batch, seed):
    batches = ordered_batches(count, SupOptions(alpha=1, batch=batch, seed=seed))
    assert sorted(index for indices in batches for index in indices) == list(range(count))
    assert [len(indices) for indices in batches[:-1]] == [batch] * (len(batches) - 1)
    assert len(batches[-1]) == (count - 1) % batch + 1


@given(st.integers(1, 12), st.integers(1, 5), st.integers(1, 40))
def test_every_pass_covers_every_pair(count, batch, steps):
    batches = ordered_batches(count, SupOptions(alpha=1, batch=batch, steps=steps))
    assert len(batches) == steps
    per_pass = -(-count // batch)
    for first in range(0, steps - per_pass + 1, per_pass):
        seen = Counter(index for indices in batches[first : first + per_pass] for index in indices)
        assert seen == Counter(range(count))


def test_passes_are_shuffled_anew_and_by_the_seed():
    options = SupOptions(alpha=1, batch=1, steps=40)
    order = [indices[0] for indices in ordered_batches(20, options)]
    assert order[:20] != order[20:]
    assert order[:20] != list(range(20))
    assert ordered_batches(20, options) == ordered_batches(20, options)
    assert ordered_batches(20, options) != ordered_batches(20, replace(options, seed=1))
