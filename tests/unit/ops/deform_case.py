"""Arguments of a deformable convolution, and a slow reference for them."""

from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Case:
    """Sizes and steps; the rest is drawn."""

    groups: int = 1
    offset_groups: int = 1
    stride: int | tuple[int, int] = 1
    padding: int | tuple[int, int] = 1
    dilation: int | tuple[int, int] = 1
    kernel: tuple[int, int] = (3, 3)
    mask: bool = True
    bias: bool = True
    batch: int = 2
    channels: int = 4
    outputs: int = 6
    size: tuple[int, int] = (7, 9)
    spread: float = 2.0  # of the offsets, in pixels

    def steps(self):
        return [v if isinstance(v, tuple) else (v, v) for v in (self.stride, self.padding, self.dilation)]

    def output_size(self):
        stride, padding, dilation = self.steps()
        return tuple(
            (self.size[i] + 2 * padding[i] - dilation[i] * (self.kernel[i] - 1) - 1) // stride[i] + 1 for i in range(2)
        )

    def draw(self, dtype=torch.float64, requires_grad=True):
        """input, offset, weight, bias, stride, padding, dilation, mask."""
        g = torch.Generator().manual_seed(7)
        taps = self.kernel[0] * self.kernel[1]

        def normal(*shape, scale=1.0):
            return (
                (scale * torch.randn(shape, generator=g, dtype=torch.float64)).to(dtype).requires_grad_(requires_grad)
            )

        output = self.output_size()
        x = normal(self.batch, self.channels, *self.size)
        offset = normal(self.batch, 2 * self.offset_groups * taps, *output, scale=self.spread)
        weight = normal(self.outputs, self.channels // self.groups, *self.kernel)
        bias = normal(self.outputs) if self.bias else None
        mask = normal(self.batch, self.offset_groups * taps, *output) if self.mask else None
        return x, offset, weight, bias, *self.steps(), mask


def reference(x, offset, weight, bias, stride, padding, dilation, mask):
    """One sample at a time; autograd differentiates it."""
    n, channels = x.shape[:2]
    outputs, group_channels, kh, kw = weight.shape
    offset_groups, out_per_group = offset.shape[1] // (2 * kh * kw), outputs // (channels // group_channels)
    rows, columns = offset.shape[-2:]
    result = x.new_zeros(n, outputs, rows, columns)
    for index in torch.cartesian_prod(*(torch.arange(s) for s in (n, rows, columns))).tolist():
        image, row, column = index
        total = [bias[o] if bias is not None else x.new_zeros(()) for o in range(outputs)]
        for tap in range(kh * kw):
            samples = []
            for group in range(offset_groups):
                at = 2 * (group * kh * kw + tap)
                y = row * stride[0] - padding[0] + tap // kw * dilation[0] + offset[image, at, row, column]
                z = column * stride[1] - padding[1] + tap % kw * dilation[1] + offset[image, at + 1, row, column]
                size = channels // offset_groups
                sample = bilinear(x[image, group * size : (group + 1) * size], y, z)
                samples.append(sample if mask is None else sample * mask[image, at // 2, row, column])
            samples = torch.cat(samples)
            for o in range(outputs):
                first = o // out_per_group * group_channels
                kernel = weight[o, :, tap // kw, tap % kw]
                total[o] = total[o] + (kernel * samples[first : first + group_channels]).sum()
        result[image, :, row, column] = torch.stack(total)
    return result


def bilinear(planes, y, x):
    value = planes.new_zeros(planes.shape[0])
    for r in (int(y.floor()), int(y.floor()) + 1):
        for c in (int(x.floor()), int(x.floor()) + 1):
            if 0 <= r < planes.shape[1] and 0 <= c < planes.shape[2]:
                value = value + (1 - (y - r).abs()) * (1 - (x - c).abs()) * planes[:, r, c]
    return value


def run(function, arguments):
    """Output, and gradients of every floating-point argument for a fixed cotangent."""
    leaves = [a for a in arguments if isinstance(a, torch.Tensor) and a.requires_grad]
    out = function(*arguments)
    cotangent = torch.linspace(-1, 1, out.numel(), dtype=out.dtype, device=out.device).view_as(out).sin()
    return [out.detach(), *torch.autograd.grad(out, leaves, cotangent)]
