"""Batches of stereo pairs, decoded by worker processes, with the errors of the pairs themselves."""

import io
import pickle
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
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
    if workers == 0:
        yield from map(items.__getitem__, order)
        return
    loader = DataLoader(_Attempts(items), sampler=order, batch_size=None, num_workers=workers, collate_fn=_unchanged)
    for message in _messages(loader):
        item = pickle.loads(message)  # noqa: S301, made by a worker of this process
        if isinstance(item, SupError):
            raise item
        yield item


def _messages(loader: DataLoader[bytes]) -> Iterator[bytes]:
    """What the workers send; what befalls the workers themselves as an error that can be mended."""
    try:
        yield from _started(loader)
    except RuntimeError as error:
        if not str(error).startswith("DataLoader worker"):
            raise
        raise SupError(
            "workers: a process that decodes images was killed, as happens where memory runs out; lower workers, or "
            "give the job more memory"
        ) from error


def _started(loader: DataLoader[bytes]) -> Iterator[bytes]:
    try:
        return iter(loader)
    except OSError as error:
        raise SupError(
            f"workers: {loader.num_workers} processes that decode images cannot be started ({error.strerror}); lower "
            "workers, or raise the limit (ulimit -n for open files)"
        ) from error


@dataclass(frozen=True)
class _Batches(Dataset[StereoPair]):
    pairs: StereoDataset
    batches: Sequence[list[int]]

    def __getitem__(self, index: int) -> StereoPair:
        return stack_pairs([self.pairs[i] for i in self.batches[index]])


@dataclass(frozen=True)
class _Attempts(Dataset[bytes]):
    """Items, or the errors that making them raised, as messages of workers.

    An error raised in a worker would arrive as a traceback in text. Tensors would come through shared memory and open
    files, and where a container or a limit allows too little of them, PyTorch waits for ever; bytes take a pipe.
    """

    items: Dataset[Any]

    def __getitem__(self, index: int) -> bytes:
        stream = io.BytesIO()
        try:
            _Pickler(stream, protocol=5).dump(self.items[index])
        except SupError as error:
            return pickle.dumps(error)
        return stream.getvalue()


class _Pickler(pickle.Pickler):
    """Tensors as NumPy arrays: PyTorch's own form is an archive, which takes several times as long."""

    def reducer_override(self, obj: Any) -> Any:
        return (torch.from_numpy, (obj.numpy(),)) if isinstance(obj, torch.Tensor) else NotImplemented


def _unchanged(message: Any) -> Any:
    return message
