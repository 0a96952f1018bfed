// The steps of a deformable convolution on one image with channels last, on the CPU.
//
// The image is followed by one pixel of zeros that corners outside it point to. Output pixels are treated in blocks whose
// sampled columns stay in the cache. No sum of ours depends on how threads share the work: pixels are independent, the
// gradient of the image is split by channels.
#pragma once

#include <ATen/Parallel.h>

#include <algorithm>
#include <vector>

#include "sampling.h"

namespace supcore {

constexpr int kGrain = 16;     // output pixels a thread takes at least
constexpr int kChannels = 16;  // channels of the image's gradient a thread takes at least: a cache line

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

}  // namespace supcore
