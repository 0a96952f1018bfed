"""Modulated deformable convolution (DCNv2): one function, whichever implementation the machine offers."""

import logging
import os
from functools import cache

import torch
from torch import Tensor

from supcore.errors import SupError
from supcore.ops import composition, extension

logger = logging.getLogger(__name__)

Size = int | tuple[int, int]
VARIABLE = "SUPCORE_DEFORM_BACKEND"
WISHES = ("auto", "torch", "cpp", "cuda")


def backend(device: torch.device | str = "cpu") -> str:
    """Which implementation :func:`deform_conv2d` uses for tensors on ``device``.

    ``cpp`` and ``cuda`` are our kernels, compiled at first use unless they were installed; without them a CPU uses the
    composition of PyTorch's operators, ``torch``, and an NVIDIA GPU uses ``torchvision``. The environment variable
    ``SUPCORE_DEFORM_BACKEND`` is ``auto`` by default; ``torch`` avoids all compiling; ``cpp`` and ``cuda`` insist on
    our kernels for the CPU and the GPU.

    Raises:
        SupError: the variable has another value, or the kernels that it insists on cannot be had.
    """
    return _choose(torch.device(device).type, os.environ.get(VARIABLE) or "auto")


# What torch.compiler.assume_constant_result sets, without its import of the whole compiler (2 seconds): a compiled
# graph calls the function while it is traced.
backend._dynamo_marked_constant = True  # type: ignore[attr-defined]


@cache
def _choose(device: str, wish: str) -> str:
    if wish not in WISHES:
        raise SupError(f"{VARIABLE}: {wish!r} is none of {', '.join(WISHES)}")
    ours, other = {"cpu": ("cpp", "torch"), "cuda": ("cuda", "torchvision")}.get(device, (None, "torch"))
    if ours is None or wish == "torch":
        return other
    problem = extension.problem(ours)
    if problem is None:
        return ours
    if wish == ours:
        raise SupError(f"{VARIABLE}={wish}: {problem}; mend that, or use 'auto'")
    logger.warning("deform_conv2d: uses %s, not our %s kernels: %s", other, ours, problem)
    return other


def deform_conv2d(
    input: Tensor,
    offset: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Size = 1,
    padding: Size = 0,
    dilation: Size = 1,
    mask: Tensor | None = None,
) -> Tensor:
    """Deformable convolution with the argument order of :func:`torchvision.ops.deform_conv2d`.

    Half-precision arguments, as ``torch.autocast`` makes them, are computed in float32.

    Args:
        input: N×C×H×W.
        offset: N×(2·G·kh·kw)×H'×W' in pixels, interleaved (dy, dx) per kernel tap and offset group G.
        weight: outputs×(C/groups)×kh×kw.
        bias: outputs, optional.
        stride: of the output grid.
        padding: zeros added around the input; samples outside contribute 0 corner by corner.
        dilation: spacing of the kernel taps.
        mask: N×(G·kh·kw)×H'×W' factors of the samples, optional.

    Returns:
        N×outputs×H'×W' of the input's dtype.

    Raises:
        ValueError: an argument does not fit the others.

    Examples:
        Without offsets it is an ordinary convolution; a whole pixel to the right, the same of the shifted image.

        >>> image = torch.arange(25.0).view(1, 1, 5, 5)
        >>> weight, offset = torch.ones(1, 1, 1, 1), torch.zeros(1, 2, 5, 5)
        >>> torch.equal(deform_conv2d(image, offset, weight), image)
        True
        >>> offset[:, 1] = 1  # dx
        >>> deform_conv2d(image, offset, weight)[0, 0, 0].tolist()
        [1.0, 2.0, 3.0, 4.0, 0.0]
    """
    steps = (_pair(stride, "stride", 1), _pair(padding, "padding", 0), _pair(dilation, "dilation", 1))
    _check_shapes(input, offset, weight, bias, mask, *steps)
    dtype = _common_dtype(input, offset, weight, bias, mask)
    bias, mask = (None if tensor is None else tensor.to(dtype) for tensor in (bias, mask))
    arguments = (input.to(dtype), offset.to(dtype), weight.to(dtype), bias, *steps, mask)
    choice = backend(input.device.type)
    if choice in ("cpp", "cuda"):
        out = torch.ops.supcore.deform_conv2d(*arguments)
    elif choice == "torchvision":
        import torchvision

        out = torchvision.ops.deform_conv2d(*arguments)
    else:
        out = composition.deform_conv2d(*arguments)
    return out.to(input.dtype)


def _pair(size: Size, name: str, least: int) -> tuple[int, int]:
    pair = (size, size) if isinstance(size, int) else tuple(size)
    if len(pair) != 2 or min(pair) < least:
        raise ValueError(f"{name} {size} is not one or two integers of at least {least}")
    return pair


def _common_dtype(input: Tensor, *others: Tensor | None) -> torch.dtype:
    """The widest dtype of the arguments, float32 at least."""
    dtype = torch.promote_types(input.dtype, torch.float32)
    for other in others:
        if other is not None:
            dtype = torch.promote_types(dtype, other.dtype)
    return dtype


def _check_shapes(
    input: Tensor,
    offset: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    mask: Tensor | None,
    stride: tuple[int, int],
    padding: tuple[int, int],
    dilation: tuple[int, int],
) -> None:
    named = {"input": input, "offset": offset, "weight": weight, "mask": mask}
    for name, tensor in named.items():
        if tensor is not None and tensor.dim() != 4:
            raise ValueError(f"{name} {tuple(tensor.shape)} needs 4 dimensions")
    for name, tensor in {**named, "bias": bias}.items():
        if tensor is not None and not (tensor.is_floating_point() and tensor.device == input.device):
            raise ValueError(f"{name} is {tensor.dtype} on {tensor.device}; floating point on {input.device} is needed")
    (n, channels, *image), (outputs, group_channels, *kernel) = input.shape, weight.shape
    taps = kernel[0] * kernel[1]
    if 0 in (channels, *image):
        raise ValueError(f"input {tuple(input.shape)} has no pixels")
    if 0 in (group_channels, taps) or channels % group_channels or outputs % (channels // group_channels):
        raise ValueError(f"weight {tuple(weight.shape)} does not fit an input of {channels} channels")
    groups = offset.shape[1] // (2 * taps)
    if groups == 0 or offset.shape[1] != 2 * taps * groups or channels % groups:
        raise ValueError(
            f"offset has {offset.shape[1]} channels; {2 * taps} times a divisor of the input's {channels} are needed"
        )
    size = [
        (image[i] + 2 * padding[i] - dilation[i] * (kernel[i] - 1) - 1) // stride[i] + 1 for i in range(2)
    ]  # of the output
    if min(size) < 1:
        raise ValueError(f"weight {tuple(weight.shape)}: its kernel is larger than the padded input {tuple(image)}")
    if offset.shape[0] != n or list(offset.shape[2:]) != size:
        raise ValueError(f"offset {tuple(offset.shape)} needs batch {n} and the output's size {tuple(size)}")
    if mask is not None and tuple(mask.shape) != (n, groups * taps, *size):
        raise ValueError(f"mask {tuple(mask.shape)} does not fit; {(n, groups * taps, *size)} is needed")
    if bias is not None and tuple(bias.shape) != (outputs,):
        raise ValueError(f"bias {tuple(bias.shape)} does not fit {outputs} outputs")
