// The GPU's passes with a loop in place of the launch, as operators of their own.
#include <torch/library.h>

#include "../../../supcore/ops/csrc/device_passes.h"

namespace {

struct Loop {
  template <typename Function>
  void operator()(int count, const Function& function) const {
    for (int index = count; index-- > 0;) function(index);  // from behind: no function may count on an order
  }
};

}  // namespace

TORCH_LIBRARY(supcore_emulated, m) {
  m.def(
      "deform_conv2d(Tensor input, Tensor offset, Tensor weight, Tensor? bias, int[2] stride, int[2] padding, "
      "int[2] dilation, Tensor? mask) -> Tensor");
  m.def(
      "deform_conv2d_backward(Tensor grad, Tensor input, Tensor offset, Tensor weight, int[2] stride, "
      "int[2] padding, int[2] dilation, Tensor? mask, bool[4] needs) -> (Tensor, Tensor, Tensor, Tensor)");
}

TORCH_LIBRARY_IMPL(supcore_emulated, CPU, m) {
  m.impl("deform_conv2d", &supcore::Passes<Loop>::forward);
  m.impl("deform_conv2d_backward", &supcore::Passes<Loop>::backward);
}
