"""Of a frozen network, the backward pass needs less than PyTorch saves for it.

PyTorch saves the input of every convolution, though only the gradient of the weight needs it, and the result of every
ReLU, though its gradient needs to know only where that is zero: four bytes a value instead of one.
"""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.overrides import TorchFunctionMode

_BITS = {2: torch.int16, 4: torch.int32, 8: torch.int64}  # integers as long as numbers of so many bytes


class FewSavedTensors(TorchFunctionMode):
    """Context in which convolutions with frozen weights save no input, and ReLUs one byte a value.

    Results and gradients stay the same to the bit; there are no second derivatives.
    """

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """What PyTorch calls in place of every function of its own."""
        ours = _OURS.get(func)
        if ours is None or not torch.is_grad_enabled():
            return func(*args, **(kwargs or {}))
        return ours(func, *args, **(kwargs or {}))


def _convolution(
    func: Any, input: Tensor, weight: Tensor, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
    groups: int = 1,
) -> Tensor:  # fmt: skip
    if not _frozen(input, weight, bias) or isinstance(padding, str):
        return func(input, weight, bias, stride, padding, dilation, groups)
    return _convolved(input, weight, bias, stride, padding, dilation, False, 0, groups)


def _transposed_convolution(
    func: Any, input: Tensor, weight: Tensor, bias: Any = None, stride: Any = 1, padding: Any = 0,
    output_padding: Any = 0, groups: int = 1, dilation: Any = 1,
) -> Tensor:  # fmt: skip
    if not _frozen(input, weight, bias):
        return func(input, weight, bias, stride, padding, output_padding, groups, dilation)
    return _convolved(input, weight, bias, stride, padding, dilation, True, output_padding, groups)


def _relu(func: Any, input: Tensor, inplace: bool = False) -> Tensor:
    return _ReLU.apply(input, inplace) if input.requires_grad else func(input, inplace)


def _leaky_relu(func: Any, input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    given = input, negative_slope, inplace
    return _LeakyReLU.apply(*given) if input.requires_grad else func(*given)


_OURS: dict[Any, Callable[..., Tensor]] = {
    F.conv2d: _convolution,
    F.conv3d: _convolution,
    F.conv_transpose2d: _transposed_convolution,
    F.conv_transpose3d: _transposed_convolution,
    F.relu: _relu,
    F.leaky_relu: _leaky_relu,
}


def _frozen(input: Tensor, weight: Tensor, bias: Tensor | None) -> bool:
    """Whether only the gradient of the input is needed, of a batch."""
    learns = weight.requires_grad or (bias is not None and bias.requires_grad)
    return input.requires_grad and not learns and input.dim() == weight.dim()


def _convolved(
    input: Tensor, weight: Tensor, bias: Tensor | None, stride: Any, padding: Any, dilation: Any, transposed: bool,
    output_padding: Any, groups: int,
) -> Tensor:  # fmt: skip
    """Autocast knows convolutions by their public names only, so that what it would cast is cast here."""
    device = input.device.type
    if torch.is_autocast_enabled(device) and input.dtype != torch.float64:
        kind = torch.get_autocast_dtype(device)
        input, weight, bias = input.to(kind), weight.to(kind), None if bias is None else bias.to(kind)
    axes = weight.dim() - 2
    steps = (stride, padding, dilation, output_padding)
    stride, padding, dilation, output_padding = ([s] * axes if isinstance(s, int) else list(s) for s in steps)
    return _Convolution.apply(input, weight, bias, stride, padding, dilation, transposed, output_padding, groups)


class _Convolution(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, input: Tensor, weight: Tensor, bias: Tensor | None, *steps: Any) -> Tensor:
        ctx.save_for_backward(weight)
        ctx.layout, ctx.steps = (input.shape, input.stride()), steps
        return torch.convolution(input, weight, bias, *steps)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        (weight,) = ctx.saved_tensors
        never_read = grad.new_empty_strided(*ctx.layout)
        needed = [True, False, False]
        found = torch.ops.aten.convolution_backward(grad, never_read, weight, None, *ctx.steps, needed)
        return found[0], *[None] * (2 + len(ctx.steps))


class _ReLU(torch.autograd.Function):
    """Saves -1, all bits of which are set, where the gradient passes, else 0: the fastest way to undo it exactly."""

    @staticmethod
    def forward(ctx: Any, input: Tensor, inplace: bool) -> Tensor:
        ctx.save_for_backward((input <= 0).view(torch.int8).sub_(1))
        if inplace:
            ctx.mark_dirty(input)
        return F.relu(input, inplace)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        (passes,) = ctx.saved_tensors
        return (passes & grad.view(_BITS[grad.element_size()])).view(grad.dtype), None  # in the order of the first


class _LeakyReLU(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, input: Tensor, slope: float, inplace: bool) -> Tensor:
        ctx.save_for_backward((input > 0).view(torch.int8))
        ctx.slope = slope
        if inplace:
            ctx.mark_dirty(input)
        return F.leaky_relu(input, slope, inplace)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        (positive,) = ctx.saved_tensors
        return torch.ops.aten.leaky_relu_backward(grad, positive.to(grad.dtype), ctx.slope, False), None, None
