"""Batch-norm in training: frozen, or with statistics over several processes or over groups of a batch's pairs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Self

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm


def freeze_batch_norm(network: nn.Module) -> None:
    """Let every batch-norm layer use its running statistics; its weight and bias still learn."""
    for module in network.modules():
        if isinstance(module, _BatchNorm):
            module.eval()


@contextmanager
def training_statistics(network: nn.Module, groups: int, processes: int) -> Iterator[None]:
    """Let batch-norm take the statistics of a training until the block ends.

    Args:
        network: changed in place, its weights and its state dict aside.
        groups: of each batch, with statistics of their own; 1 for those of the whole batch.
        processes: that share each batch: all of ``groups``, a whole number each, or all of them the one.
    """
    if groups > 1:
        with replaced_batch_norm(network, partial(GroupedBatchNorm.of, groups=groups // processes)):
            yield
    elif processes > 1:
        with replaced_batch_norm(network, SynchronisedBatchNorm.of):
            yield
    else:
        yield


@contextmanager
def replaced_batch_norm(network: nn.Module, make: Callable[[_BatchNorm], nn.Module]) -> Iterator[None]:
    """Put what ``make`` makes of it in the place of every batch-norm layer until the block ends."""
    layers = [
        (parent, name, child)
        for parent in network.modules()
        for name, child in parent.named_children()
        if isinstance(child, _BatchNorm)
    ]
    for parent, name, layer in layers:
        setattr(parent, name, make(layer))
    try:
        yield
    finally:
        for parent, name, layer in layers:
            setattr(parent, name, layer)


class _OtherBatchNorm(_BatchNorm):
    """In evaluation mode as every batch-norm; the state dict has the entries of the layer that it replaces."""

    @classmethod
    def of(cls, layer: _BatchNorm) -> Self:
        """A layer with the settings, the mode, and the very tensors of another one."""
        made = cls(layer.num_features, layer.eps, layer.momentum, layer.affine, layer.track_running_stats)
        made._parameters, made._buffers = layer._parameters, layer._buffers
        return made.train(layer.training)

    def _check_input_dim(self, input: Tensor) -> None:
        pass  # any shape N×C×…


class GroupedBatchNorm(_OtherBatchNorm):
    """Batch-norm over each of several groups of pairs by itself; the running statistics follow the first group.

    Every ``groups``-th pair belongs together, so that processes, which share a batch alike, do not change the groups.
    """

    groups: int

    @classmethod
    def of(cls, layer: _BatchNorm, groups: int = 1) -> Self:
        """A layer with the settings, the mode, and the very tensors of another one."""
        made = super().of(layer)
        made.groups = groups
        return made

    def forward(self, input: Tensor) -> Tensor:
        """N×C×… to the same shape."""
        if not self.training:
            return super().forward(input)
        output = torch.empty_like(input)
        output[:: self.groups] = super().forward(input[:: self.groups])
        for first in range(1, min(self.groups, len(input))):
            pairs = slice(first, None, self.groups)
            output[pairs] = F.batch_norm(input[pairs], None, None, self.weight, self.bias, training=True, eps=self.eps)
        return output


class SynchronisedBatchNorm(_OtherBatchNorm):
    """Batch-norm over the batches of all processes together, on CPU and GPU (PyTorch's own knows GPUs only)."""

    def forward(self, input: Tensor) -> Tensor:
        """N×C×… to the same shape."""
        if not self.training or self.running_mean is None or self.running_var is None or self.momentum is None:
            return super().forward(input)
        values = input.transpose(0, 1).flatten(1).to(torch.float32)
        count = _sum_over_processes(torch.full((1,), values.shape[1], device=input.device, dtype=torch.float32))
        mean = _sum_over_processes(values.sum(1)) / count
        variance = _sum_over_processes(((values - mean[:, None]) ** 2).sum(1)) / count
        with torch.no_grad():
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(variance * count / (count - 1), self.momentum)
            if self.num_batches_tracked is not None:
                self.num_batches_tracked.add_(1)
        scale = torch.rsqrt(variance + self.eps)
        shift = -mean * scale
        if self.affine:
            scale, shift = scale * self.weight, shift * self.weight + self.bias
        shape = (1, -1, *(1,) * (input.dim() - 2))
        return (input * scale.view(shape) + shift.view(shape)).to(input.dtype)


def _sum_over_processes(values: Tensor) -> Tensor:
    total: Tensor = _Sum.apply(values)
    return total


class _Sum(torch.autograd.Function):
    """Sum over processes; its gradient is the sum of theirs, because every process's loss depends on the sum."""

    @staticmethod
    def forward(ctx: torch.autograd.function.FunctionCtx, values: Tensor) -> Tensor:
        total = values.clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: torch.autograd.function.FunctionCtx, gradient: Tensor) -> Tensor:
        total = gradient.clone()
        dist.all_reduce(total)
        return total
