"""Batches of stereo pairs, decoded by worker processes, with the errors of the pairs themselves."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from torch.utils.data import DataLoader, Dataset

from supcore.data.dataset import StereoDataset, StereoPair, stack_pairs
from supcore.errors import SupError

T = TypeVar("T")


def load_batches(pairs: StereoDataset, batches: Sequence[list[int]], *, workers: int = 0) -> Iterator[StereoPair]:
    """Load the given batches in their order.

    Args:
        pairs: what to load from.
        batches: the indices of the pairs of each batch.
        workers: processes that decode; 0 decodes in this one. The batches are the same for any number.

    Raises:
        SupError: a file of a pair cannot be used; the message is the same for any number of workers.
    """
    return load(_Batches(pairs, batches), range(len(batches)), workers=workers)


def load(items: Dataset[T], order: Sequence[int], *, workers: int = 0) -> Iterator[T]:
    """The items with the indices of ``order``, made by ``workers`` processes; errors as :func:`load_batches`."""
    loader = DataLoader(_Attempts(items), sampler=order, batch_size=None, num_workers=workers, collate_fn=_unchanged)
    for item in loader:
        if isinstance(item, SupError):
            raise item
        yield item


@dataclass(frozen=True)
class _Batches(Dataset[StereoPair]):
    pairs: StereoDataset
    batches: Sequence[list[int]]

    def __getitem__(self, index: int) -> StereoPair:
        return stack_pairs([self.pairs[i] for i in self.batches[index]])


@dataclass(frozen=True)
class _Attempts(Dataset[T | SupError]):
    """Returns the error of an item instead of raising it: one raised in a worker arrives as a traceback in text."""

    items: Dataset[T]

    def __getitem__(self, index: int) -> T | SupError:
        try:
            return self.items[index]
        except SupError as error:
            return error


def _unchanged(item: T) -> T:
    return item
