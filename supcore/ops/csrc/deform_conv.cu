// Deformable convolution on an NVIDIA GPU: launches the passes of device_passes.h on the current stream.
//
// Registers by nvcc 13.0 for sm_80 and sm_90, without a spill: float32 26 to 64, float64 28 to 78 (the most in
// SamplingGradients). Blocks of 256 threads, no shared memory.
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <torch/library.h>

#include "device_passes.h"

namespace supcore {
namespace {

constexpr int kThreads = 256;

template <typename Function>
__global__ void __launch_bounds__(kThreads) call(int count, Function function) {
  const int64_t index = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (index < count) function(static_cast<int>(index));
}

struct CudaLaunch {
  template <typename Function>
  void operator()(int count, const Function& function) const {
    const unsigned blocks = (static_cast<unsigned>(count) + kThreads - 1) / kThreads;
    call<<<blocks, kThreads, 0, c10::cuda::getCurrentCUDAStream()>>>(count, function);
    C10_CUDA_KERNEL_LAUNCH_CHECK();
  }
};

at::Tensor forward(
    const at::Tensor& input, const at::Tensor& offset, const at::Tensor& weight, const OptionalTensor& bias,
    at::IntArrayRef stride, at::IntArrayRef padding, at::IntArrayRef dilation, const OptionalTensor& mask) {
  const c10::cuda::CUDAGuard guard(input.device());
  return Passes<CudaLaunch>::forward(input, offset, weight, bias, stride, padding, dilation, mask);
}

Gradients backward(
    const at::Tensor& grad, const at::Tensor& input, const at::Tensor& offset, const at::Tensor& weight,
    at::IntArrayRef stride, at::IntArrayRef padding, at::IntArrayRef dilation, const OptionalTensor& mask,
    std::array<bool, 4> needs) {
  const c10::cuda::CUDAGuard guard(input.device());
  return Passes<CudaLaunch>::backward(grad, input, offset, weight, stride, padding, dilation, mask, needs);
}

}  // namespace

TORCH_LIBRARY_IMPL(supcore, CUDA, m) {
  m.impl("deform_conv2d", &forward);
  m.impl("deform_conv2d_backward", &backward);
}

}  // namespace supcore
