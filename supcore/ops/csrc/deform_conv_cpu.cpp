// Deformable convolution on the CPU.
//
// The image is copied with channels last, so that a corner is one contiguous run of channels. The kernel is applied by a
// matrix product per block of output pixels. Results have the memory format of the image.
#include <ATen/Dispatch.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/zeros.h>
#include <c10/core/impl/LocalDispatchKeySet.h>
#include <torch/library.h>

#include <algorithm>

#include "arguments.h"
#include "cpu_image.h"

namespace supcore {
namespace {

// Of sampled columns: small enough for the last cache, large enough that threads seldom wait for each other.
constexpr int64_t kBlockBytes = 1 << 22;

// Of the results: channels last where the input is, planes otherwise.
at::MemoryFormat memory_format(const at::Tensor& input) {
  const bool last = !input.is_contiguous() && input.is_contiguous(at::MemoryFormat::ChannelsLast);
  return last ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
}

// A view pixels×channels of a channels×height×width image, in either memory format.
at::Tensor by_pixel(const at::Tensor& image) { return image.flatten(1).t(); }

// (height·width + 1)×channels with a last row of zeros.
at::Tensor channels_last(const at::Tensor& image) {
  const int64_t channels = image.size(0), area = image.size(1) * image.size(2);
  at::Tensor pixels = at::empty({area + 1, channels}, image.options());
  pixels.narrow(0, 0, area).copy_(by_pixel(image));
  pixels[area].zero_();
  return pixels;
}

// The weight as groups×(outputs/groups)×(taps·channels/groups), matching the columns.
at::Tensor group_matrices(const Geometry& g, const at::Tensor& weight) {
  return weight.permute({0, 2, 3, 1}).reshape({g.groups, g.outputs / g.groups, g.taps() * g.channels_per_group()});
}

// body(group of the weight, its block of output pixels)
template <typename Body>
void for_each_block(const Geometry& g, int64_t value_bytes, const Body& body) {
  const int64_t row_bytes = value_bytes * g.taps() * g.channels_per_group();
  const int size = static_cast<int>(std::max<int64_t>(64, kBlockBytes / row_bytes / 16 * 16));
  for (int group = 0; group < g.groups; ++group) {
    const int channel = group * g.channels_per_group();
    for (int first = 0; first < g.pixels(); first += size)
      body(group, Block{first, std::min(size, g.pixels() - first), channel, channel + g.channels_per_group()});
  }
}

template <typename scalar>
const scalar* image_pointer(const OptionalTensor& tensor, int64_t image) {
  return tensor ? tensor->const_data_ptr<scalar>() + image * tensor->stride(0) : nullptr;
}

template <typename scalar>
scalar* gradient_pointer(const at::Tensor& tensor, bool needed, int64_t image) {
  return needed ? tensor.mutable_data_ptr<scalar>() + image * tensor.stride(0) : nullptr;
}

OptionalTensor contiguous(const OptionalTensor& tensor) {
  return tensor ? OptionalTensor(tensor->contiguous()) : std::nullopt;
}

at::Tensor forward(
    const at::Tensor& input, const at::Tensor& offset, const at::Tensor& weight, const OptionalTensor& bias,
    at::IntArrayRef stride, at::IntArrayRef padding, at::IntArrayRef dilation, const OptionalTensor& mask) {
  const Geometry g = check_arguments(input, offset, weight, mask, stride, padding, dilation);
  check_bias(g, bias, input);
  const c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
  const at::MemoryFormat format = memory_format(input);
  const at::Tensor images = input.contiguous(format), matrices = group_matrices(g, weight);
  const OptionalTensor offsets = offset.contiguous(), masks = contiguous(mask);
  at::Tensor output = at::empty({g.batch, g.outputs, g.rows, g.columns}, input.options().memory_format(format));
  AT_DISPATCH_FLOATING_TYPES(input.scalar_type(), "deform_conv2d", [&] {
    for (int64_t n = 0; n < g.batch; ++n) {
      const at::Tensor pixels = channels_last(images[n]);
      const at::Tensor results = by_pixel(output[n]).unflatten(1, {g.groups, g.outputs / g.groups});
      Image<scalar_t> image(
          g, pixels.const_data_ptr<scalar_t>(), image_pointer<scalar_t>(offsets, n), image_pointer<scalar_t>(masks, n));
      at::Tensor columns;
      for_each_block(g, sizeof(scalar_t), [&](int group, const Block& block) {
        if (!columns.defined() || columns.size(0) != block.count)
          columns = at::empty({block.count, matrices.size(2)}, input.options());
        image.sample(block, columns.mutable_data_ptr<scalar_t>());
        at::Tensor result = results.narrow(0, block.first, block.count).select(1, group);
        at::mm_out(result, columns, matrices[group].t());
      });
    }
  });
  return bias ? output.add_(bias->view({1, -1, 1, 1})) : output;
}

Gradients backward(
    const at::Tensor& grad, const at::Tensor& input, const at::Tensor& offset, const at::Tensor& weight,
    at::IntArrayRef stride, at::IntArrayRef padding, at::IntArrayRef dilation, const OptionalTensor& mask,
    std::array<bool, 4> asked) {
  const Geometry g = check_arguments(input, offset, weight, mask, stride, padding, dilation);
  check_gradient(g, grad, input);
  const Needs needs{asked[0], asked[1], asked[2], asked[3] && mask};
  const c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
  const at::MemoryFormat format = memory_format(input);
  const at::Tensor images = input.contiguous(format), grads = grad.contiguous(format);
  const at::Tensor matrices = group_matrices(g, weight);
  const OptionalTensor offsets = offset.contiguous(), masks = contiguous(mask);
  const auto zeros = [&](bool needed, at::IntArrayRef sizes) {
    return at::zeros(needed ? sizes : at::IntArrayRef({0}), input.options());
  };
  at::Tensor grad_input = needs.input ? at::empty_like(input, format) : zeros(false, {});
  at::Tensor grad_offset = zeros(needs.offset, offset.sizes());
  at::Tensor grad_mask = zeros(needs.mask, needs.mask ? mask->sizes() : at::IntArrayRef({0}));
  at::Tensor grad_weight = zeros(needs.weight, matrices.sizes());
  AT_DISPATCH_FLOATING_TYPES(input.scalar_type(), "deform_conv2d_backward", [&] {
    for (int64_t n = 0; n < g.batch; ++n) {
      const at::Tensor pixels = channels_last(images[n]);
      const at::Tensor grad_rows = by_pixel(grads[n]).unflatten(1, {g.groups, g.outputs / g.groups});
      const at::Tensor grad_pixels = zeros(needs.input, pixels.sizes());
      Image<scalar_t> image(
          g, pixels.const_data_ptr<scalar_t>(), image_pointer<scalar_t>(offsets, n), image_pointer<scalar_t>(masks, n));
      at::Tensor columns;
      for_each_block(g, sizeof(scalar_t), [&](int group, const Block& block) {
        if (!columns.defined() || columns.size(0) != block.count)
          columns = at::empty({block.count, matrices.size(2)}, input.options());
        scalar_t* values = columns.mutable_data_ptr<scalar_t>();
        const at::Tensor grad_block = grad_rows.narrow(0, block.first, block.count).select(1, group);
        if (needs.weight) {
          image.sample(block, values);
          at::Tensor sum = grad_weight[group];
          sum.addmm_(grad_block.t(), columns);
        }
        if (needs.columns()) at::mm_out(columns, grad_block, matrices[group]);
        if (needs.sampling())
          image.sampling_gradients(block, values, gradient_pointer<scalar_t>(grad_offset, needs.offset, n),
                                   gradient_pointer<scalar_t>(grad_mask, needs.mask, n));
        if (needs.input) image.image_gradient(block, values, grad_pixels.mutable_data_ptr<scalar_t>());
      });
      if (needs.input) by_pixel(grad_input[n]).copy_(grad_pixels.narrow(0, 0, g.area()));
    }
  });
  if (needs.weight)
    grad_weight = grad_weight.view({g.outputs, g.kernel_height, g.kernel_width, -1}).permute({0, 3, 1, 2}).contiguous();
  return {grad_input, grad_offset, grad_weight, grad_mask};
}

}  // namespace

TORCH_LIBRARY_IMPL(supcore, CPU, m) {
  m.impl("deform_conv2d", &forward);
  m.impl("deform_conv2d_backward", &backward);
}

}  // namespace supcore
