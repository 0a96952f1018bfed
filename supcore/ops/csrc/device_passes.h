// The passes of a deformable convolution on a GPU, composed of the functions of device_functions.h.
//
// Indices fit 32 bits, because a pass takes only so many images at once.
#pragma once

#include <ATen/Context.h>
#include <ATen/Dispatch.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/searchsorted.h>
#include <ATen/ops/sort.h>
#include <ATen/ops/zeros.h>
#include <c10/core/impl/LocalDispatchKeySet.h>

#include <algorithm>
#include <limits>

#include "device_functions.h"

namespace supcore {

constexpr int64_t kMaxColumnBytes = int64_t(1) << 28;  // of one pass, unless a single image needs more

// `Launch()(count, function)` calls function(index) for all indices below count.
template <typename Launch>
struct Passes {
  template <typename Function>
  static void launch(int64_t count, const Function& function) {
    TORCH_CHECK(count < std::numeric_limits<int>::max(), "deform_conv2d: an image too large for 32-bit indices");
    if (count > 0) Launch()(static_cast<int>(count), function);
  }

  static int64_t tap_count(const Geometry& g) {
    return static_cast<int64_t>(g.batch) * g.offset_groups * g.taps() * g.pixels();
  }

  // body(first image, geometry of the images of one pass)
  template <typename Body>
  static void for_each_pass(const Geometry& g, int64_t value_bytes, const Body& body) {
    const int64_t image_bytes = value_bytes * g.channels * g.taps() * g.pixels();
    const int64_t images = std::max<int64_t>(1, kMaxColumnBytes / std::max<int64_t>(1, image_bytes));
    for (int64_t first = 0; first < g.batch; first += images) {
      Geometry part = g;
      part.batch = static_cast<int>(std::min<int64_t>(images, g.batch - first));
      body(first, part);
    }
  }

  static OptionalTensor narrowed(const OptionalTensor& tensor, int64_t first, int64_t count) {
    return tensor ? OptionalTensor(tensor->narrow(0, first, count).contiguous()) : std::nullopt;
  }

  template <typename scalar>
  static Taps<scalar> taps_of(const Geometry& g, const OptionalTensor& offset, const OptionalTensor& mask) {
    return {g, offset->const_data_ptr<scalar>(), mask ? mask->const_data_ptr<scalar>() : nullptr};
  }

  template <typename scalar>
  static at::Tensor sample(const Taps<scalar>& taps, const at::Tensor& input) {
    const Geometry& g = taps.g;
    at::Tensor columns = at::empty({g.batch, g.groups, g.channels_per_group() * g.taps(), g.pixels()}, input.options());
    launch(tap_count(g) * taps.slices(), SampleColumns<scalar>{
        taps, input.const_data_ptr<scalar>(), columns.mutable_data_ptr<scalar>()});
    return columns;
  }

  template <typename scalar>
  static void gather_input(const Taps<scalar>& taps, const at::Tensor& grad_columns, at::Tensor& grad_input) {
    const Geometry& g = taps.g;
    const int64_t lists = static_cast<int64_t>(g.batch) * g.offset_groups;
    const at::Tensor pixels = at::empty({lists, int64_t(4) * g.taps() * g.pixels()}, grad_input.options().dtype(at::kInt));
    const at::Tensor weights = at::empty(pixels.sizes(), grad_input.options());
    launch(tap_count(g), ListCorners<scalar>{
        taps, pixels.mutable_data_ptr<int>(), weights.mutable_data_ptr<scalar>()});
    const auto [sorted, order] = at::sort(pixels, /*stable=*/true, /*dim=*/-1, /*descending=*/false);
    const at::Tensor wanted = at::arange(g.area() + 1, pixels.options()).expand({lists, -1}).contiguous();
    const at::Tensor starts = at::searchsorted(sorted, wanted);
    launch(grad_input.numel(), GatherInput<scalar>{
        g, starts.const_data_ptr<int64_t>(), order.const_data_ptr<int64_t>(), weights.const_data_ptr<scalar>(),
        grad_columns.const_data_ptr<scalar>(), grad_input.mutable_data_ptr<scalar>()});
  }

  static at::Tensor forward(
      const at::Tensor& input, const at::Tensor& offset, const at::Tensor& weight, const OptionalTensor& bias,
      at::IntArrayRef stride, at::IntArrayRef padding, at::IntArrayRef dilation, const OptionalTensor& mask) {
    const Geometry g = check_arguments(input, offset, weight, mask, stride, padding, dilation);
    check_bias(g, bias, input);
    const c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
    const at::Tensor matrices = weight.reshape({1, g.groups, g.outputs / g.groups, -1});
    at::Tensor output = at::empty({g.batch, g.outputs, g.rows, g.columns}, input.options());
    AT_DISPATCH_FLOATING_TYPES(input.scalar_type(), "deform_conv2d", [&] {
      for_each_pass(g, sizeof(scalar_t), [&](int64_t first, const Geometry& part) {
        const OptionalTensor offsets = narrowed(offset, first, part.batch), masks = narrowed(mask, first, part.batch);
        const at::Tensor columns =
            sample(taps_of<scalar_t>(part, offsets, masks), input.narrow(0, first, part.batch).contiguous());
        output.narrow(0, first, part.batch).copy_(
            at::matmul(matrices, columns).view({part.batch, g.outputs, g.rows, g.columns}));
      });
    });
    return bias ? output.add_(bias->view({1, -1, 1, 1})) : output;
  }

  static Gradients backward(
      const at::Tensor& grad, const at::Tensor& input, const at::Tensor& offset, const at::Tensor& weight,
      at::IntArrayRef stride, at::IntArrayRef padding, at::IntArrayRef dilation, const OptionalTensor& mask,
      std::array<bool, 4> asked) {
    const Geometry g = check_arguments(input, offset, weight, mask, stride, padding, dilation);
    check_gradient(g, grad, input);
    const Needs needs{asked[0], asked[1], asked[2], asked[3] && mask};
    const c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
    const at::Tensor matrices = weight.reshape({1, g.groups, g.outputs / g.groups, -1});
    const at::Tensor grads = grad.reshape({g.batch, g.groups, g.outputs / g.groups, g.pixels()});
    const auto zeros = [&](bool needed, at::IntArrayRef sizes) {
      return at::zeros(needed ? sizes : at::IntArrayRef({0}), input.options());
    };
    at::Tensor grad_input = zeros(needs.input, input.sizes()), grad_offset = zeros(needs.offset, offset.sizes());
    at::Tensor grad_mask = zeros(needs.mask, needs.mask ? mask->sizes() : at::IntArrayRef({0}));
    at::Tensor grad_weight = zeros(needs.weight, weight.sizes());
    AT_DISPATCH_FLOATING_TYPES(input.scalar_type(), "deform_conv2d_backward", [&] {
      for_each_pass(g, sizeof(scalar_t), [&](int64_t first, const Geometry& part) {
        const OptionalTensor offsets = narrowed(offset, first, part.batch), masks = narrowed(mask, first, part.batch);
        const at::Tensor images = input.narrow(0, first, part.batch).contiguous();
        const at::Tensor grad_part = grads.narrow(0, first, part.batch);
        const Taps<scalar_t> taps = taps_of<scalar_t>(part, offsets, masks);
        const auto pointer = [&](const at::Tensor& tensor, bool needed) {
          return needed ? tensor.narrow(0, first, part.batch).mutable_data_ptr<scalar_t>() : nullptr;
        };
        if (needs.weight)
          grad_weight += at::matmul(grad_part, sample(taps, images).transpose(2, 3)).sum(0).view(weight.sizes());
        if (!needs.columns()) return;
        const at::Tensor grad_columns = at::matmul(matrices.transpose(2, 3), grad_part).contiguous();
        const scalar_t* values = grad_columns.const_data_ptr<scalar_t>();
        if (needs.sampling())
          launch(tap_count(part), SamplingGradients<scalar_t>{
              taps, images.const_data_ptr<scalar_t>(), values, pointer(grad_offset, needs.offset),
              pointer(grad_mask, needs.mask)});
        if (!needs.input) return;
        at::Tensor grad_images = grad_input.narrow(0, first, part.batch);
        if (at::globalContext().deterministicAlgorithms())
          gather_input(taps, grad_columns, grad_images);
        else
          launch(tap_count(part) * taps.slices(), ScatterInput<scalar_t>{
              taps, values, grad_images.mutable_data_ptr<scalar_t>()});
      });
    });
    return {grad_input, grad_offset, grad_weight, grad_mask};
  }
};

}  // namespace supcore
