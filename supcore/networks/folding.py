"""Frozen networks without batch norm: an attack and a prediction need half the memory."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from supcore.networks.blocks import DeformableConvolution, FrozenBatchNorm2d

_CONVOLUTIONS = (nn.Conv2d, nn.Conv3d, nn.ConvTranspose2d, nn.ConvTranspose3d)
Network = TypeVar("Network", bound=nn.Module)

_NORMS = (nn.BatchNorm2d, nn.BatchNorm3d, FrozenBatchNorm2d)


def fold_batch_norm(network: Network) -> Network:
    """Multiply batch norm into the convolution before it.

    It is found where the two follow each other in a ``Sequential``, and where a module says so in its attribute
    ``norms``: names of convolutions among its children to the names of the norms that take their results.

    What the network computes changes by rounding only. Of each convolution one tensor is kept for the backward pass
    then, not two. The network is changed and can no longer be trained or take a state dict.

    Args:
        network: in evaluation mode; see also :func:`supcore.attack.frozen.frozen`.

    Returns:
        The same network.
    """
    for module in list(network.modules()):
        for layer, name in list(_followed(module)):
            norm = module.get_submodule(name)
            if isinstance(norm, _NORMS) and (isinstance(norm, FrozenBatchNorm2d) or not norm.training):
                if isinstance(layer, DeformableConvolution):
                    layer = layer.deform_conv
                _multiply(layer, norm)
                module.add_module(name, nn.Identity())
    return network


def _followed(module: nn.Module) -> Iterator[tuple[nn.Module, str]]:
    """Convolutions among a module's children, and the names of the children that take their results."""
    names = [name for name, _ in module.named_children()]
    pairs = pairwise(names) if isinstance(module, nn.Sequential) else getattr(module, "norms", {}).items()
    for name, next_name in pairs:
        layer = module.get_submodule(name)
        if isinstance(layer, (*_CONVOLUTIONS, DeformableConvolution)):
            yield layer, next_name


@torch.no_grad()
def _multiply(layer: Any, norm: Any) -> None:
    """In float64, so that only the result is rounded."""
    weight, mean, variance = layer.weight, _double(norm.running_mean), _double(norm.running_var)
    factor = torch.rsqrt(variance + norm.eps) * _double(norm.weight)
    outputs = [1] * weight.dim()
    if isinstance(layer, nn.ConvTranspose2d | nn.ConvTranspose3d):
        outputs[1] = -1
    else:
        outputs[0] = -1
    bias = 0 if layer.bias is None else _double(layer.bias)
    layer.bias = _frozen(_double(norm.bias) + (bias - mean) * factor, weight)
    layer.weight = _frozen(_double(weight) * factor.view(outputs), weight)


def _double(tensor: Tensor) -> Tensor:
    return tensor.detach().double()


def _frozen(values: Tensor, like: Tensor) -> nn.Parameter:
    return nn.Parameter(values.to(like.dtype), requires_grad=like.requires_grad)
