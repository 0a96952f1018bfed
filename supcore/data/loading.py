"""Batches of stereo pairs, decoded by worker processes, with the errors of the pairs themselves."""

from collections.abc import Iterator, Sequence

from torch.utils.data import DataLoader, Dataset

from supcore.data.dataset import StereoDataset, StereoPair, stack_pairs
from supcore.errors import SupError


def load_batches(pairs: StereoDataset, batches: Sequence[list[int]], *, workers: int = 0) -> Iterator[StereoPair]:
    """Load the given batches in their order.

    Args:
        pairs: what to load from.
        batches: the indices of the pairs of each batch.
        workers: processes that decode; 0 decodes in this one. The batches are the same for any number.

    Raises:
        SupError: a file of a pair cannot be used; the message is the same for any number of workers.
    """
    loader = DataLoader(_Attempts(pairs), batch_sampler=batches, num_workers=workers, collate_fn=_stack)
    for batch in loader:
        if isinstance(batch, SupError):
            raise batch
        yield batch


class _Attempts(Dataset[StereoPair | SupError]):
    """Returns the error of a pair instead of raising it: one raised in a worker arrives as a traceback in text."""

    def __init__(self, pairs: StereoDataset) -> None:
        self.pairs = pairs

    def __getitem__(self, index: int) -> StereoPair | SupError:
        try:
            return self.pairs[index]
        except SupError as error:
            return error


def _stack(attempts: Sequence[StereoPair | SupError]) -> StereoPair | SupError:
    pairs = []
    for attempt in attempts:
        if isinstance(attempt, SupError):
            return attempt
        pairs.append(attempt)
    return stack_pairs(pairs)
