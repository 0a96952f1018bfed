// Deformable convolution as functions of an index, for a GPU.
//
// They compile as plain C++ too: deform_conv.cu launches them on a stream, tests/unit/ops/emulated.cpp loops, so that a
// machine without a GPU checks all of the indexing. Columns are images×channels×taps×pixels.
#pragma once

#include "arguments.h"
#include "sampling.h"

namespace supcore {

constexpr int kOutside = -1;
constexpr int kSliceChannels = 16;  // channels that one index treats

template <typename scalar>
SUPCORE_INLINE scalar read(const scalar* plane, int corner) {
  return corner == kOutside ? scalar(0) : plane[corner];
}

template <typename scalar>
SUPCORE_INLINE void accumulate(scalar* sum, scalar value) {
#ifdef __CUDA_ARCH__
  atomicAdd(sum, value);
#else
  *sum += value;
#endif
}

// The tap of one offset group at one output pixel that an index of the kernels below stands for.
struct TapIndex {
  int pixel, tap, group, slice, image;

  SUPCORE_INLINE TapIndex(const Geometry& g, int slices, int index) {
    pixel = index % g.pixels(), index /= g.pixels();
    tap = index % g.taps(), index /= g.taps();
    group = index % g.offset_groups, index /= g.offset_groups;
    slice = index % slices, image = index / slices;
  }
  SUPCORE_INLINE int64_t row(const Geometry& g) const {  // of the mask, half the row of the offset
    return (static_cast<int64_t>(image) * g.offset_groups + group) * g.taps() + tap;
  }
};

template <typename scalar>
struct Taps {
  Geometry g;
  const scalar *offset, *mask;

  SUPCORE_INLINE Sample<scalar> sample(const TapIndex& at) const {
    const scalar* group = offset + 2 * (at.row(g) - at.tap) * g.pixels();
    return locate_tap(g, group, at.tap, at.pixel, kOutside);
  }
  SUPCORE_INLINE scalar factor(const TapIndex& at) const {
    return mask ? mask[at.row(g) * g.pixels() + at.pixel] : scalar(1);
  }
  SUPCORE_INLINE int slices() const { return (g.channels_per_offset_group() + kSliceChannels - 1) / kSliceChannels; }
  // Channels of a slice as first and last, counted through all images.
  SUPCORE_INLINE int64_t first_channel(const TapIndex& at) const {
    return static_cast<int64_t>(at.image) * g.channels + at.group * g.channels_per_offset_group() +
           at.slice * kSliceChannels;
  }
  SUPCORE_INLINE int channels(const TapIndex& at) const {
    const int left = g.channels_per_offset_group() - at.slice * kSliceChannels;
    return left < kSliceChannels ? left : kSliceChannels;
  }
  SUPCORE_INLINE int64_t column(const TapIndex& at, int64_t channel) const {
    return (channel * g.taps() + at.tap) * g.pixels() + at.pixel;
  }
};

template <typename scalar>
struct SampleColumns {  // one index: up to 16 channels of a tap
  Taps<scalar> taps;
  const scalar* input;
  scalar* columns;

  SUPCORE_INLINE void operator()(int index) const {
    const Geometry& g = taps.g;
    const TapIndex at(g, taps.slices(), index);
    const Sample<scalar> sample = taps.sample(at);
    scalar weights[4];
    corner_weights(sample, taps.factor(at), weights);
    const int64_t first = taps.first_channel(at);
    const scalar* plane = input + first * g.area();
    for (int c = 0; c < taps.channels(at); ++c, plane += g.area()) {
      scalar value = 0;
      for (int i = 0; i < 4; ++i) value += weights[i] * read(plane, sample.corner[i]);
      columns[taps.column(at, first + c)] = value;
    }
  }
};

template <typename scalar>
struct SamplingGradients {  // one index: a tap, all of its channels
  Taps<scalar> taps;
  const scalar *input, *grad_columns;
  scalar *grad_offset, *grad_mask;

  SUPCORE_INLINE void operator()(int index) const {
    const Geometry& g = taps.g;
    const TapIndex at(g, 1, index);
    const Sample<scalar> sample = taps.sample(at);
    const int64_t first = taps.first_channel(at);
    const scalar* plane = input + first * g.area();
    scalar dots[4] = {0, 0, 0, 0};
    for (int c = 0; c < g.channels_per_offset_group(); ++c, plane += g.area()) {
      const scalar grad = grad_columns[taps.column(at, first + c)];
      for (int i = 0; i < 4; ++i) dots[i] += grad * read(plane, sample.corner[i]);
    }
    const SampleGradient<scalar> gradient = sample_gradient(sample, taps.factor(at), dots);
    const int64_t row = at.row(g);
    if (grad_mask) grad_mask[row * g.pixels() + at.pixel] = gradient.mask;
    if (!grad_offset) return;
    grad_offset[2 * row * g.pixels() + at.pixel] = gradient.y;
    grad_offset[(2 * row + 1) * g.pixels() + at.pixel] = gradient.x;
  }
};

template <typename scalar>
struct ScatterInput {  // one index: up to 16 channels of a tap; sums in the order of arrival
  Taps<scalar> taps;
  const scalar* grad_columns;
  scalar* grad_input;

  SUPCORE_INLINE void operator()(int index) const {
    const Geometry& g = taps.g;
    const TapIndex at(g, taps.slices(), index);
    const Sample<scalar> sample = taps.sample(at);
    scalar weights[4];
    corner_weights(sample, taps.factor(at), weights);
    const int64_t first = taps.first_channel(at);
    scalar* plane = grad_input + first * g.area();
    for (int c = 0; c < taps.channels(at); ++c, plane += g.area()) {
      const scalar grad = grad_columns[taps.column(at, first + c)];
      for (int i = 0; i < 4; ++i)
        if (sample.corner[i] != kOutside) accumulate(plane + sample.corner[i], weights[i] * grad);
    }
  }
};

template <typename scalar>
struct ListCorners {  // one index: a tap; writes the pixels it touches, `area` for none, and with which weights
  Taps<scalar> taps;
  int* pixels;
  scalar* weights;

  SUPCORE_INLINE void operator()(int index) const {
    const TapIndex at(taps.g, 1, index);
    const Sample<scalar> sample = taps.sample(at);
    scalar corners[4];
    corner_weights(sample, taps.factor(at), corners);
    for (int i = 0; i < 4; ++i) {
      const int64_t entry = 4 * static_cast<int64_t>(index) + i;
      pixels[entry] = sample.corner[i] == kOutside ? taps.g.area() : sample.corner[i];
      weights[entry] = corners[i];
    }
  }
};

template <typename scalar>
struct GatherInput {  // one index: a pixel of the input; sums the entries of a sorted list in their order
  Geometry g;
  const int64_t *starts, *order;  // per image and offset group: area + 1 starts, 4·taps·pixels entries
  const scalar *weights, *grad_columns;
  scalar* grad_input;

  SUPCORE_INLINE void operator()(int index) const {
    const int pixel = index % g.area(), channel = index / g.area();
    const int64_t list = channel / g.channels_per_offset_group(), entries = int64_t(4) * g.taps() * g.pixels();
    const int64_t* range = starts + list * (g.area() + 1) + pixel;
    const scalar* grad = grad_columns + static_cast<int64_t>(channel) * g.taps() * g.pixels();
    scalar sum = 0;
    for (int64_t i = range[0]; i < range[1]; ++i) {
      const int64_t entry = order[list * entries + i];
      sum += weights[list * entries + entry] * grad[entry / 4];
    }
    grad_input[static_cast<int64_t>(index)] = sum;
  }
};

}  // namespace supcore
