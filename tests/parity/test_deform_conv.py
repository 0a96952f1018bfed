import pytest
import torch

from supcore.networks.blocks import DeformableConvolution
from supcore.ops import extension
from tests.parity.golden import tensors


@pytest.mark.parity
@pytest.mark.parametrize("implementation", ["torch", "cpp"])
@pytest.mark.parametrize(("index", "stride", "dilation"), [(0, 1, 2), (1, 2, 2), (2, 1, 1)])
def test_equals_the_authors_module(golden, monkeypatch, implementation, index, stride, dilation):
    if implementation == "cpp" and extension.problem("cpp"):
        pytest.skip(f"our kernels: {extension.problem('cpp')}")
    monkeypatch.setenv("SUPCORE_DEFORM_BACKEND", implementation)
    data = tensors(golden / "modules.npz", f"deform{index}_")
    module = DeformableConvolution(8, 6, stride, dilation)
    names = list(module.state_dict())
    module.load_state_dict({name: data[f"param_{name}"] for name in names})
    x = data["x"].requires_grad_()
    out = module(x)
    out.backward(data["cotangent"])
    torch.testing.assert_close(out, data["y"], rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(x.grad, data["grad_x"], rtol=1e-4, atol=1e-4)
    for name in names:
        gradient, expected = module.get_parameter(name).grad, data[f"gradparam_{name}"]
        torch.testing.assert_close(gradient, expected, rtol=1e-4, atol=1e-5 * float(expected.abs().max()), msg=name)
