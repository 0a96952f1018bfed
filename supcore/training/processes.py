"""Several processes that train one network together, each on its share of every batch.

The gradients are those of the whole batch: each process weighs its loss with its part of the batch's ground truth,
and batch-norm takes its statistics over all processes, or over groups of pairs that do not depend on the processes.
So the number of processes changes a result by rounding only, except for networks that draw random numbers themselves
(DeepPruner's PatchMatch), where each process has its own.
"""

import copy
import multiprocessing
import os
import pickle
import signal
import tempfile
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from queue import Empty
from typing import Any

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from supcore.device import fix_arithmetic
from supcore.errors import SupError
from supcore.files import checked_writes, checks_of_writes


@dataclass(frozen=True)
class Share:
    """Which of ``count`` processes this is: ``rank`` 0 writes the files."""

    rank: int = 0
    count: int = 1

    @classmethod
    def own(cls) -> "Share":
        """The share of the process that asks."""
        return cls(dist.get_rank(), dist.get_world_size()) if dist.is_initialized() else cls()

    @property
    def part(self) -> slice:
        """The members of a batch that are this process's."""
        return slice(self.rank, None, self.count)

    @property
    def name(self) -> tuple[int, ...]:
        """Of this process's own random draws; nothing if it is the only one."""
        return () if self.count == 1 else (self.rank,)

    def distribute(self, network: nn.Module) -> nn.Module:
        """The network as this process calls it: every process ends a backward pass with the same gradients."""
        if self.count == 1:
            return network
        # Not every output need have a part in the loss: AANet's coarser ones have none.
        return DistributedDataParallel(network, find_unused_parameters=True)

    def weigh(self, loss: Tensor, target: Tensor) -> Tensor:
        """A mean over this process's ground truth so scaled that the mean over processes is that of the batch."""
        if self.count == 1:
            return loss
        own = (target > 0).sum().to(torch.float64)
        whole = own.clone()
        dist.all_reduce(whole)
        return loss * (self.count * own / whole.clamp(min=1)).to(loss.dtype)

    def mean(self, value: float, device: torch.device) -> float:
        """The mean of a number over the processes."""
        if self.count == 1:
            return value
        total = torch.tensor(value, dtype=torch.float64, device=device)
        dist.all_reduce(total)
        return float(total) / self.count


WHOLE = Share()


def run_processes(
    count: int, work: Callable[..., Any], network: nn.Module, *arguments: Any
) -> Generator[Any, None, None]:
    """Run ``work(network, *arguments, report)`` in ``count`` new processes; yield the arguments of rank 0's reports.

    Each process has its own copy of the network, on a GPU of its own if the network is on one, and its part of this
    process's threads. What checks this process's writes, checks theirs, and they end with this process, however it
    dies. All arguments and checks must survive pickling, and the main module being imported.

    Raises:
        SupError: raised by the work of any process, or one of them was killed.
    """
    device = next(network.parameters()).device.type
    if device == "cuda" and torch.cuda.device_count() < count:
        raise SupError(f"{count} processes need a GPU each, PyTorch sees {torch.cuda.device_count()}; lower processes")
    threads = max(1, torch.get_num_threads() // count)
    reports = mp.get_context("spawn").Queue()
    deterministic = torch.are_deterministic_algorithms_enabled()
    with tempfile.TemporaryDirectory() as folder:
        meeting, order = Path(folder) / "processes", Path(folder) / "order"
        # As a file: tensors would go through shared memory, of which a container may have little.
        order.write_bytes(pickle.dumps((work, copy.deepcopy(network).cpu(), arguments)))
        context = mp.start_processes(
            _run,
            (count, device, threads, deterministic, meeting, reports, checks_of_writes(), order),
            nprocs=count,
            join=False,
            start_method="spawn",
        )
        try:
            yield from _reports(context, reports)
        finally:
            for process in context.processes:
                process.kill()
                process.join()


def _reports(context: Any, reports: Any) -> Iterator[Any]:
    finished = False
    while True:
        try:
            report = reports.get(timeout=0 if finished else 0.2)
        except Empty:
            if finished:
                return
            finished = _have_finished(context)
            continue
        if isinstance(report, SupError):
            raise report
        yield report


def _have_finished(context: Any) -> bool:
    """Whether all processes did their work; raises what ended one of them early.

    A kill comes first: the errors of the others, which miss the killed one, follow from it.
    """
    statuses = [process.exitcode for process in context.processes]
    for status in statuses:
        if status is not None and status < 0:
            raise SupError(
                f"one of the {len(statuses)} processes of a training was killed ({signal.Signals(-status).name}), as "
                "happens where memory runs out; lower batch, workers or processes, or run again, which goes on from "
                "the last checkpoint"
            )
    if any(statuses):
        context.join(timeout=0)
    return all(status == 0 for status in statuses)


def _run(
    rank: int,
    count: int,
    device: str,
    threads: int,
    deterministic: bool,
    meeting: Path,
    reports: Any,
    checks: Sequence[Callable[[], None]],
    order: Path,
) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    fix_arithmetic(threads, deterministic=deterministic)
    if device == "cuda":
        torch.cuda.set_device(rank)
    backend = "nccl" if device == "cuda" else "gloo"
    dist.init_process_group(backend, init_method=f"file://{meeting}", rank=rank, world_size=count)
    work, network, arguments = pickle.loads(order.read_bytes())  # noqa: S301, from the starting process
    network = network.to(device)

    def report(*values: Any) -> None:
        if rank == 0:
            reports.put(values)

    try:
        with ExitStack() as stack:
            for check in checks:
                stack.enter_context(checked_writes(check))
            work(network, *arguments, report)
        dist.barrier()
    except SupError as error:
        reports.put(error)
        signal.pause()  # the starting process ends all of them
    finally:
        dist.destroy_process_group()


def _end_with_parent() -> None:
    """PyTorch has an interrupt sent for that, which does nothing in jobs that a shell script runs in the background."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os.kill(os.getpid(), signal.SIGKILL)
