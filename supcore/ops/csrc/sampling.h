// The sampling arithmetic of the deformable convolution, compiled into the CPU and the CUDA kernels alike.
#pragma once

#include <cmath>
#include <cstdint>

#ifdef __CUDACC__
#define SUPCORE_INLINE __host__ __device__ __forceinline__
#else
#define SUPCORE_INLINE inline
#endif

namespace supcore {

// Sizes and steps of one call. `rows` × `columns` is the output grid, `groups` those of the weight.
struct Geometry {
  int batch, channels, height, width;
  int outputs, kernel_height, kernel_width;
  int rows, columns;
  int stride_y, stride_x, padding_y, padding_x, dilation_y, dilation_x;
  int groups, offset_groups;

  SUPCORE_INLINE int taps() const { return kernel_height * kernel_width; }
  SUPCORE_INLINE int area() const { return height * width; }
  SUPCORE_INLINE int pixels() const { return rows * columns; }
  SUPCORE_INLINE int channels_per_group() const { return channels / groups; }
  SUPCORE_INLINE int channels_per_offset_group() const { return channels / offset_groups; }
};

// The four pixels around a sampling position, row-major, and the position's distance to the first of them.
// A corner outside the image has index `outside`, which the caller reads as zero.
template <typename scalar>
struct Sample {
  int corner[4];
  scalar down, right;
};

// Positions outside (-1, height) × (-1, width) touch no pixel; a position that is not a number stays one.
template <typename scalar>
SUPCORE_INLINE Sample<scalar> locate(scalar y, scalar x, int height, int width, int outside) {
  Sample<scalar> sample{{outside, outside, outside, outside}, y == y ? scalar(0) : y, x == x ? scalar(0) : x};
  if (!(y > -1 && y < height && x > -1 && x < width)) return sample;
  const scalar top = std::floor(y), left = std::floor(x);
  const int row = static_cast<int>(top), column = static_cast<int>(left);
  sample.down = y - top;
  sample.right = x - left;
  for (int corner = 0; corner < 4; ++corner) {
    const int r = row + corner / 2, c = column + corner % 2;
    if (r >= 0 && r < height && c >= 0 && c < width) sample.corner[corner] = r * width + c;
  }
  return sample;
}

// The sample of one kernel tap at one output pixel. `offset` points at the offsets of the tap's group.
template <typename scalar>
SUPCORE_INLINE Sample<scalar> locate_tap(const Geometry& g, const scalar* offset, int tap, int pixel, int outside) {
  const int row = pixel / g.columns, column = pixel % g.columns;
  const int base_y = row * g.stride_y - g.padding_y + tap / g.kernel_width * g.dilation_y;
  const int base_x = column * g.stride_x - g.padding_x + tap % g.kernel_width * g.dilation_x;
  const scalar* shift = offset + static_cast<int64_t>(2 * tap) * g.pixels() + pixel;
  return locate<scalar>(base_y + shift[0], base_x + shift[g.pixels()], g.height, g.width, outside);
}

// Bilinear weights of the four corners, times `factor`.
template <typename scalar>
SUPCORE_INLINE void corner_weights(const Sample<scalar>& sample, scalar factor, scalar (&weights)[4]) {
  const scalar lower = factor * sample.down, upper = factor * (1 - sample.down);
  weights[0] = upper * (1 - sample.right);
  weights[1] = upper * sample.right;
  weights[2] = lower * (1 - sample.right);
  weights[3] = lower * sample.right;
}

// What a sample's gradients come down to: `dots[k]` is the product of the gradient and corner k over the channels.
template <typename scalar>
struct SampleGradient {
  scalar y, x, mask;
};

template <typename scalar>
SUPCORE_INLINE SampleGradient<scalar> sample_gradient(
    const Sample<scalar>& sample, scalar mask, const scalar (&dots)[4]) {
  const scalar down = sample.down, right = sample.right;
  return {
      mask * ((1 - right) * (dots[2] - dots[0]) + right * (dots[3] - dots[1])),
      mask * ((1 - down) * (dots[1] - dots[0]) + down * (dots[3] - dots[2])),
      (1 - down) * ((1 - right) * dots[0] + right * dots[1]) + down * ((1 - right) * dots[2] + right * dots[3])};
}

}  // namespace supcore
