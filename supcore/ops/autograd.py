"""Shapes and derivatives of the compiled operators, for autograd and ``torch.compile``."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

Gradients = tuple[Tensor, Tensor, Tensor, Tensor]


def register(namespace: str) -> None:
    """Register them for ``<namespace>::deform_conv2d`` and ``<namespace>::deform_conv2d_backward``."""
    forward, backward = f"{namespace}::deform_conv2d", f"{namespace}::deform_conv2d_backward"
    operator = getattr(torch.ops, namespace).deform_conv2d_backward

    def gradients(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        return _gradients(ctx, grad, operator)

    torch.library.register_fake(forward, _output_like)
    torch.library.register_fake(backward, _gradients_like)
    torch.library.register_autograd(forward, gradients, setup_context=_save)
    torch.library.register_autograd(backward, _refuse)


def _output_like(
    input: Tensor,
    offset: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    mask: Tensor | None,
) -> Tensor:
    sizes = (input.shape[0], weight.shape[0], *offset.shape[-2:])
    return torch.empty(sizes, dtype=input.dtype, device=input.device, memory_format=_memory_format(input))


def _memory_format(input: Tensor) -> torch.memory_format:
    """Of the result and the input's gradient: those of a processor have channels last where the input does."""
    last = input.device.type == "cpu" and not input.is_contiguous()
    last = last and input.is_contiguous(memory_format=torch.channels_last)
    return torch.channels_last if last else torch.contiguous_format


def _gradients_like(
    grad: Tensor,
    input: Tensor,
    offset: Tensor,
    weight: Tensor,
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    mask: Tensor | None,
    needs: Sequence[bool],
) -> Gradients:
    def like(tensor: Tensor | None, needed: bool) -> Tensor:
        return input.new_empty(tensor.shape if needed and tensor is not None else (0,))

    grad_input = like(input, needs[0])
    if needs[0]:
        grad_input = grad_input.contiguous(memory_format=_memory_format(input))
    return grad_input, like(offset, needs[1]), like(weight, needs[2]), like(mask, needs[3])


def _save(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
    input, offset, weight, _, *ctx.steps, mask = inputs
    ctx.save_for_backward(input, offset, weight, mask)


def _gradients(ctx: Any, grad: Tensor, operator: Any) -> tuple[Tensor | None, ...]:
    """Gradients of the forward operator's arguments; only those asked for are computed."""
    input, offset, weight, mask = ctx.saved_tensors
    asked = ctx.needs_input_grad
    needs = [asked[0], asked[1], asked[2], asked[7]]
    found: list[Tensor | None] = [None] * 4
    if any(needs):
        results = operator(grad, input, offset, weight, *ctx.steps, mask, needs)
        found = [result if needed else None for result, needed in zip(results, needs, strict=True)]
    bias = grad.sum((0, 2, 3)) if asked[3] else None
    return found[0], found[1], found[2], bias, None, None, None, found[3]


def _refuse(ctx: Any, *grads: Tensor) -> None:
    raise RuntimeError("deform_conv2d: second derivatives are not implemented; differentiate once only")
