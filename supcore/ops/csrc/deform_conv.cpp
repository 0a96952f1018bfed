// The operators' schemas. Kernels are registered per dispatch key beside their code, derivatives in Python.
#include <torch/library.h>

TORCH_LIBRARY(supcore, m) {
  m.def(
      "deform_conv2d(Tensor input, Tensor offset, Tensor weight, Tensor? bias, int[2] stride, int[2] padding, "
      "int[2] dilation, Tensor? mask) -> Tensor");
  m.def(
      "deform_conv2d_backward(Tensor grad, Tensor input, Tensor offset, Tensor weight, int[2] stride, "
      "int[2] padding, int[2] dilation, Tensor? mask, bool[4] needs) -> (Tensor, Tensor, Tensor, Tensor)");
}
