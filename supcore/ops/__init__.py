"""Operators that PyTorch lacks."""

from supcore.ops.deform_conv import backend, deform_conv2d

__all__ = ["backend", "deform_conv2d"]
