// Checks of the operator's arguments; Python names problems more kindly, this keeps direct calls within bounds.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>

#include <array>
#include <limits>
#include <optional>
#include <tuple>

#include "sampling.h"

namespace supcore {

using OptionalTensor = std::optional<at::Tensor>;
using Gradients = std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor>;

// Which gradients the backward pass computes; an absent one is an empty tensor.
struct Needs {
  bool input, offset, weight, mask;
  bool sampling() const { return offset || mask; }
  bool columns() const { return input || sampling(); }
};

inline int output_size(int64_t size, int64_t kernel, int64_t stride, int64_t padding, int64_t dilation) {
  return static_cast<int>((size + 2 * padding - dilation * (kernel - 1) - 1) / stride + 1);
}

inline Geometry check_arguments(
    const at::Tensor& input, const at::Tensor& offset, const at::Tensor& weight, const OptionalTensor& mask,
    at::IntArrayRef stride, at::IntArrayRef padding, at::IntArrayRef dilation) {
  TORCH_CHECK(input.dim() == 4 && offset.dim() == 4 && weight.dim() == 4 && (!mask || mask->dim() == 4),
              "deform_conv2d: input, offset, weight and mask need 4 dimensions");
  TORCH_CHECK(stride.size() == 2 && padding.size() == 2 && dilation.size() == 2 && stride[0] > 0 && stride[1] > 0 &&
                  padding[0] >= 0 && padding[1] >= 0 && dilation[0] > 0 && dilation[1] > 0,
              "deform_conv2d: stride, padding and dilation need two values each; only padding may be 0");
  for (const at::Tensor& other : {offset, weight, mask.value_or(offset)})
    TORCH_CHECK(other.scalar_type() == input.scalar_type() && other.device() == input.device(),
                "deform_conv2d: all tensors need the dtype and the device of the input");
  for (const at::Tensor& tensor : {input, offset, mask.value_or(offset)})
    TORCH_CHECK(tensor.size(1) * tensor.size(2) * tensor.size(3) < std::numeric_limits<int>::max(),
                "deform_conv2d: an image of 2^31 values or more");
  Geometry g{};
  g.batch = input.size(0), g.channels = input.size(1), g.height = input.size(2), g.width = input.size(3);
  g.outputs = weight.size(0), g.kernel_height = weight.size(2), g.kernel_width = weight.size(3);
  g.stride_y = stride[0], g.stride_x = stride[1], g.padding_y = padding[0], g.padding_x = padding[1];
  g.dilation_y = dilation[0], g.dilation_x = dilation[1];
  g.rows = output_size(g.height, g.kernel_height, g.stride_y, g.padding_y, g.dilation_y);
  g.columns = output_size(g.width, g.kernel_width, g.stride_x, g.padding_x, g.dilation_x);
  TORCH_CHECK(g.channels > 0 && g.taps() > 0 && g.height > 0 && g.width > 0 && weight.size(1) > 0,
              "deform_conv2d: input and weight need channels and pixels");
  g.groups = g.channels / weight.size(1);
  g.offset_groups = offset.size(1) / (2 * g.taps());
  TORCH_CHECK(g.groups > 0 && g.groups * weight.size(1) == g.channels && g.outputs % g.groups == 0,
              "deform_conv2d: weight does not fit the channels of the input");
  TORCH_CHECK(g.offset_groups > 0 && g.offset_groups * 2 * g.taps() == offset.size(1) &&
                  g.channels % g.offset_groups == 0,
              "deform_conv2d: offset needs 2 * groups * taps channels");
  TORCH_CHECK(g.rows > 0 && g.columns > 0, "deform_conv2d: the kernel is larger than the padded input");
  TORCH_CHECK(offset.size(0) == g.batch && offset.size(2) == g.rows && offset.size(3) == g.columns,
              "deform_conv2d: offset needs the batch of the input and the size of the output");
  TORCH_CHECK(!mask || (mask->size(0) == g.batch && mask->size(1) == g.offset_groups * g.taps() &&
                        mask->size(2) == g.rows && mask->size(3) == g.columns),
              "deform_conv2d: mask needs groups * taps channels and the size of the output");
  return g;
}

inline void check_gradient(const Geometry& g, const at::Tensor& grad, const at::Tensor& input) {
  TORCH_CHECK(grad.sizes() == at::IntArrayRef({g.batch, g.outputs, g.rows, g.columns}) &&
                  grad.scalar_type() == input.scalar_type() && grad.device() == input.device(),
              "deform_conv2d: grad needs the shape, dtype and device of the output");
}

inline void check_bias(const Geometry& g, const OptionalTensor& bias, const at::Tensor& input) {
  TORCH_CHECK(!bias || (bias->dim() == 1 && bias->size(0) == g.outputs &&
                        bias->scalar_type() == input.scalar_type() && bias->device() == input.device()),
              "deform_conv2d: bias needs one value per output and the dtype and device of the input");
}

}  // namespace supcore
