// Deformable convolution on the CPU.
//
// The image is copied with channels last, so that a corner is one contiguous run of channels, and followed by one pixel
// of zeros that corners outside the image point to. Output pixels are treated in blocks whose sampled columns stay in
// the cache; the kernel is applied by a matrix product per block. Results have the memory format of the image. No sum of
// ours depends on how threads share the work: pixels are independent, the gradient of the image is split by channels.
#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/zeros.h>
#include <c10/core/impl/LocalDispatchKeySet.h>
#include <torch/library.h>

#include <algorithm>
#include <vector>

#include "arguments.h"
#include "sampling.h"

namespace supcore {
namespace {

// Of sampled columns: small enough for the last cache, large enough that threads seldom wait for each other.
constexpr int64_t kBlockBytes = 1 << 22;
constexpr int kGrain = 16;                // output pixels a thread takes at least
constexpr int kChannels = 16;             // channels of the image's gradient a thread takes at least: a cache line

template <typename scalar>
struct Tap {
  Sample<scalar> sample;
  scalar mask;
};

// A run of output pixels, and the channels of one group of the weight.
struct Block {
  int first, count;
  int channel_begin, channel_end;
  int channels() const { return channel_end - channel_begin; }
};

// Calls body(offset group, its channels that lie in [begin, end) as first and last).
template <typename Body>
void for_each_offset_group(const Geometry& g, int begin, int end, const Body& body) {
  const int size = g.channels_per_offset_group();
  for (int group = begin / size; group * size < end; ++group)
    body(group, std::max(begin, group * size), std::min(end, (group + 1) * size));
}

template <typename scalar>
class Image {  // the pointers of one image, and the steps on a block of its output pixels
 public:
  Image(const Geometry& g, const scalar* pixels, const scalar* offset, const scalar* mask)
      : g_(g), pixels_(pixels), offset_(offset), mask_(mask) {}

  // columns[pixel][tap][channel] = masked samples.
  void sample(const Block& block, scalar* columns) {
    each_tap(block, [&](const Tap<scalar>& tap, int64_t row, int, int, int begin, int end) {
      scalar weights[4];
      corner_weights(tap.sample, tap.mask, weights);
      const scalar *c0 = corner(tap, 0), *c1 = corner(tap, 1), *c2 = corner(tap, 2), *c3 = corner(tap, 3);
      scalar* out = columns + row * block.channels() - block.channel_begin;
#pragma omp simd
      for (int c = begin; c < end; ++c)
        out[c] = weights[0] * c0[c] + weights[1] * c1[c] + weights[2] * c2[c] + weights[3] * c3[c];
    });
  }

  // Adds to the gradients of offset and mask (either may be null).
  void sampling_gradients(const Block& block, const scalar* grad_columns, scalar* grad_offset, scalar* grad_mask) {
    each_tap(block, [&](const Tap<scalar>& tap, int64_t row, int index, int pixel, int begin, int end) {
      const scalar *c0 = corner(tap, 0), *c1 = corner(tap, 1), *c2 = corner(tap, 2), *c3 = corner(tap, 3);
      const scalar* grad = grad_columns + row * block.channels() - block.channel_begin;
      scalar d0 = 0, d1 = 0, d2 = 0, d3 = 0;
#pragma omp simd reduction(+ : d0, d1, d2, d3)
      for (int c = begin; c < end; ++c) {
        d0 += grad[c] * c0[c];
        d1 += grad[c] * c1[c];
        d2 += grad[c] * c2[c];
        d3 += grad[c] * c3[c];
      }
      const auto gradient = sample_gradient<scalar>(tap.sample, tap.mask, {d0, d1, d2, d3});
      const int64_t plane = g_.pixels(), at = static_cast<int64_t>(index) * plane + pixel;
      if (grad_mask) grad_mask[at] += gradient.mask;
      if (!grad_offset) return;
      grad_offset[at + index * plane] += gradient.y;
      grad_offset[at + (index + 1) * plane] += gradient.x;
    });
  }

  // Adds to the gradient of the channels-last image; each thread owns some channels.
  void image_gradient(const Block& block, const scalar* grad_columns, scalar* grad_pixels) {
    if (start(block))
      at::parallel_for(0, block.count, kGrain, [&](int64_t begin, int64_t end) { locate(block, begin, end); });
    const int taps = g_.taps(), slices = (block.channels() + kChannels - 1) / kChannels;
    at::parallel_for(0, slices, 1, [&](int64_t first, int64_t last) {
      const int begin = block.channel_begin + static_cast<int>(first) * kChannels;
      const int end = std::min(block.channel_end, block.channel_begin + static_cast<int>(last) * kChannels);
      for (int t = 0; t < block.count; ++t) {
        for_each_offset_group(g_, begin, end, [&](int group, int lo, int hi) {
          for (int k = 0; k < taps; ++k) {
            const Tap<scalar>& tap = taps_[(static_cast<size_t>(t) * g_.offset_groups + group) * taps + k];
            const scalar* grad =
                grad_columns + (static_cast<int64_t>(t) * taps + k) * block.channels() - block.channel_begin;
            scalar weights[4];
            corner_weights(tap.sample, tap.mask, weights);
            for (int i = 0; i < 4; ++i) {
              scalar* out = grad_pixels + static_cast<int64_t>(tap.sample.corner[i]) * g_.channels;
#pragma omp simd
              for (int c = lo; c < hi; ++c) out[c] += weights[i] * grad[c];
            }
          }
        });
      }
    });
  }

 private:
  const scalar* corner(const Tap<scalar>& tap, int i) const {
    return pixels_ + static_cast<int64_t>(tap.sample.corner[i]) * g_.channels;
  }

  // Whether the samples of the block's pixels are still to be located.
  bool start(const Block& block) {
    if (located_ == block.first) return false;
    located_ = block.first;
    taps_.resize(static_cast<size_t>(block.count) * g_.offset_groups * g_.taps());
    return true;
  }

  // Fills taps_[pixel][offset group][tap].
  void locate(const Block& block, int64_t begin, int64_t end) {
    const int taps = g_.taps(), per_pixel = g_.offset_groups * taps;
    for (int group = 0; group < g_.offset_groups; ++group) {
      const scalar* offset = offset_ + static_cast<int64_t>(2 * group * taps) * g_.pixels();
      for (int tap = 0; tap < taps; ++tap) {
        const scalar* mask = mask_ ? mask_ + static_cast<int64_t>(group * taps + tap) * g_.pixels() : nullptr;
        for (int64_t t = begin; t < end; ++t) {
          const int pixel = block.first + static_cast<int>(t);
          taps_[t * per_pixel + group * taps + tap] = {
              locate_tap(g_, offset, tap, pixel, g_.area()), mask ? mask[pixel] : scalar(1)};
        }
      }
    }
  }

  // body(tap, row of the columns, index of the tap among all groups, output pixel, first and last channel)
  template <typename Body>
  void each_tap(const Block& block, const Body& body) {
    const int taps = g_.taps();
    const bool fresh = start(block);
    at::parallel_for(0, block.count, kGrain, [&](int64_t begin, int64_t end) {
      if (fresh) locate(block, begin, end);
      for (int64_t t = begin; t < end; ++t) {
        for_each_offset_group(g_, block.channel_begin, block.channel_end, [&](int group, int lo, int hi) {
          for (int k = 0; k < taps; ++k) {
            const int index = group * taps + k;
            body(taps_[t * g_.offset_groups * taps + index], t * taps + k, index,
                 block.first + static_cast<int>(t), lo, hi);
          }
        });
      }
    });
  }

  const Geometry& g_;
  const scalar *pixels_, *offset_, *mask_;
  std::vector<Tap<scalar>> taps_;
  int located_ = -1;  // first pixel of the block that taps_ holds
};

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
