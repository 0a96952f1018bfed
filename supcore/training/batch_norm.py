"""Batch-norm in training: frozen, or with statistics over several processes."""

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm


def freeze_batch_norm(network: nn.Module) -> None:
    """Let every batch-norm layer use its running statistics; its weight and bias still learn."""
    for module in network.modules():
        if isinstance(module, _BatchNorm):
            module.eval()


def synchronise_batch_norm(network: nn.Module) -> None:
    """Let every batch-norm layer take its statistics over the batches of all processes, in place."""
    for parent in list(network.modules()):
        for name, child in parent.named_children():
            if isinstance(child, _BatchNorm):
                setattr(parent, name, SynchronisedBatchNorm.of(child))


class SynchronisedBatchNorm(_BatchNorm):
    """Batch-norm over the batches of all processes together, on CPU and GPU (PyTorch's own knows GPUs only).

    The entries of its state dict are those of the layer it replaces.
    """

    @classmethod
    def of(cls, layer: _BatchNorm) -> "SynchronisedBatchNorm":
        """A layer with the settings, the mode, and the very tensors of another one."""
        made = cls(layer.num_features, layer.eps, layer.momentum, layer.affine, layer.track_running_stats)
        made._parameters, made._buffers = layer._parameters, layer._buffers
        return made.train(layer.training)

    def _check_input_dim(self, input: Tensor) -> None:
        pass  # any shape N×C×…

    def forward(self, input: Tensor) -> Tensor:
        """N×C×… to the same shape; in evaluation mode as every batch-norm."""
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
