import itertools

import pytest
import torch
import torchvision
from torch.utils._python_dispatch import TorchDispatchMode

from supcore.ops import deform_conv2d, extension
from tests.unit.ops.deform_case import Case, reference, run

pytestmark = pytest.mark.thorough

# Every pair of values of groups, offset groups, stride, dilation, and (mask, bias) stands in one of these.
GRID = [
    Case(groups, offset_groups, stride, dilation, dilation, mask=mask, bias=bias)
    for groups, offset_groups, stride, dilation, mask, bias in (
        (1, 1, 1, 1, True, True),
        (2, 2, 2, 2, True, True),
        (1, 2, 1, 2, True, False),
        (2, 1, 2, 1, True, False),
        (1, 2, 2, 1, False, True),
        (2, 1, 1, 2, False, True),
    )
]
ODD = [
    Case(kernel=(1, 3), stride=(2, 1), padding=(0, 2), dilation=(1, 2), offset_groups=2),
    Case(kernel=(3, 2), padding=(2, 0), groups=2, size=(5, 4), outputs=2),
    Case(channels=12, offset_groups=3, groups=2, outputs=4, size=(4, 5)),  # a weight group cuts an offset group
    Case(spread=50.0),
    Case(channels=40, offset_groups=2, size=(19, 31), outputs=5),  # several slices of channels
    Case(kernel=(1, 1), padding=0, batch=1, channels=1, outputs=1, size=(1, 1), spread=0.3),
]


def test_the_cases_hold_every_pair_of_values():
    values = [(c.groups, c.offset_groups, c.stride, c.dilation, (c.mask, c.bias)) for c in GRID]
    for first, second in itertools.combinations(zip(*values, strict=True), 2):
        assert len(set(zip(first, second, strict=True))) == len(set(first)) * len(set(second))


@pytest.mark.parametrize("case", GRID + ODD, ids=str)
def test_equals_torchvision(convolve, case):
    arguments = case.draw()
    expected = run(torchvision.ops.deform_conv2d, arguments)
    for found, wanted in zip(run(convolve, arguments), expected, strict=True):
        torch.testing.assert_close(found, wanted, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(
    "case",
    [
        Case(batch=1, size=(3, 4), outputs=2),
        Case(2, 2, 2, 2, 2, batch=2, size=(5, 6), outputs=2),
        Case(1, 2, kernel=(2, 3), mask=False, batch=1, size=(3, 3), outputs=1, spread=8.0),
    ],
    ids=str,
)
def test_equals_a_loop(convolve, case):
    arguments = case.draw()
    for found, wanted in zip(run(convolve, arguments), run(reference, arguments), strict=True):
        torch.testing.assert_close(found, wanted, rtol=1e-10, atol=1e-10)


def test_float32_is_as_close_as_float32_can_be(convolve):
    case = Case(channels=32, offset_groups=2, outputs=16, size=(24, 40))
    expected = run(torchvision.ops.deform_conv2d, case.draw())
    for found, wanted in zip(run(convolve, case.draw(torch.float32)), expected, strict=True):
        assert found.dtype == torch.float32
        torch.testing.assert_close(found.double(), wanted, rtol=1e-3, atol=1e-5 * float(wanted.abs().max()))


@pytest.mark.parametrize("case", [Case(size=(3, 4), outputs=2), Case(2, 2, 2, size=(5, 4), outputs=2)], ids=str)
def test_gradcheck(convolve, case):
    assert torch.autograd.gradcheck(convolve, case.draw())


def test_opcheck(operators):
    for case in (Case(offset_groups=2), Case(mask=False, bias=False), Case(batch=0)):
        for arguments in (case.draw(), case.draw(torch.float32, requires_grad=False)):
            torch.library.opcheck(operators.deform_conv2d.default, arguments)


def test_compiles_without_a_graph_break(convolve):
    arguments = Case(offset_groups=2).draw()
    torch._dynamo.reset()
    compiled = torch.compile(lambda *a: convolve(*a).relu(), fullgraph=True, backend="aot_eager")
    expected = run(lambda *a: convolve(*a).relu(), arguments)
    for found, wanted in zip(run(compiled, arguments), expected, strict=True):
        torch.testing.assert_close(found, wanted)


def test_autocast_computes_in_float32(convolve):
    case = Case(offset_groups=2)
    x, *others = case.draw(torch.float32)
    half = x.detach().bfloat16().requires_grad_()
    plain = run(convolve, (half.detach().float().requires_grad_(), *others))
    with torch.autocast("cpu", torch.bfloat16):
        found = run(convolve, (half, *others))
    assert found[0].dtype == torch.bfloat16
    assert torch.equal(found[0], plain[0].bfloat16())
    assert found[1].dtype == torch.bfloat16
    assert all(g.dtype == torch.float32 for g in found[2:])


@pytest.mark.parametrize("mask", [True, False])
def test_empty_batch(convolve, mask):
    out, *gradients = run(convolve, Case(batch=0, mask=mask).draw())
    assert out.shape == (0, 6, 7, 9)
    x, offset, weight, bias, *_ = Case(batch=0).draw()
    assert [g.shape for g in gradients[:4]] == [x.shape, offset.shape, weight.shape, bias.shape]
    assert not gradients[2].any()


def test_non_contiguous(convolve):
    arguments = Case(offset_groups=2).draw()
    strided = [
        a.detach().transpose(0, -1).contiguous().transpose(0, -1).requires_grad_() if isinstance(a, torch.Tensor) else a
        for a in arguments
    ]
    strided[3] = arguments[3]
    assert not strided[0].is_contiguous()
    for found, wanted in zip(run(convolve, strided), run(convolve, arguments), strict=True):
        torch.testing.assert_close(found, wanted)


def channels_last(case):
    image, *others = case.draw()
    return [image.detach().contiguous(memory_format=torch.channels_last).requires_grad_(), *others]


@pytest.mark.parametrize("case", GRID, ids=str)
def test_channels_last_give_the_same(convolve, case):
    for found, wanted in zip(run(convolve, channels_last(case)), run(convolve, case.draw()), strict=True):
        torch.testing.assert_close(found, wanted)


@pytest.mark.parametrize("case", GRID[:2], ids=str)
def test_channels_last_stay_so_on_a_processor(case):
    """The layers around a deformable convolution need no copy then."""
    if extension.problem("cpp"):
        pytest.skip(f"our kernels: {extension.problem('cpp')}")
    image, *others = channels_last(case)
    result = torch.ops.supcore.deform_conv2d(image, *others)
    (gradient,) = torch.autograd.grad(result, image, torch.ones_like(result))
    assert result.is_contiguous(memory_format=torch.channels_last)
    assert gradient.is_contiguous(memory_format=torch.channels_last)
    torch.library.opcheck(torch.ops.supcore.deform_conv2d.default, (image, *others))


def test_samples_far_outside_are_zero(convolve):
    x, offset, weight, bias, *steps, mask = Case().draw()
    with torch.no_grad():
        offset[:, 0::2] = 1e6
        offset[:, 1::4] = -3e9
        x[0, 0, 0, 0] = float("inf")
    out, *gradients = run(convolve, (x, offset, weight, bias, *steps, mask))
    assert torch.equal(out, bias.detach().view(1, -1, 1, 1).expand_as(out))
    assert not any(gradients[i].any() for i in (0, 1, 2, 4))


def test_offsets_that_are_not_numbers_show(operators):
    x, offset, *rest = Case().draw(requires_grad=False)
    offset[0, 0, 2, 3] = float("nan")
    out = operators.deform_conv2d(x, offset, *rest)
    assert out[0, :, 2, 3].isnan().all()
    assert out.isnan().sum() == out.shape[1]


@pytest.mark.parametrize("wanted", [(0,), (1, 7), (2,), (3,), (0, 1, 7), (0, 1, 2, 3, 7)], ids=str)
def test_only_requested_gradients_are_computed(operators, wanted):
    calls = []

    class Record(TorchDispatchMode):
        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            results = function(*args, **(kwargs or {}))
            if "deform_conv2d_backward" in str(function):
                calls.append((list(args[8]), [r.numel() > 0 for r in results]))
            return results

    arguments = list(Case(offset_groups=2).draw())
    for i in (0, 1, 2, 3, 7):
        arguments[i] = arguments[i].detach().requires_grad_(i in wanted)
    with Record():
        operators.deform_conv2d(*arguments).sum().backward()
    needs = [i in wanted for i in (0, 1, 2, 7)]
    assert calls == ([(needs, needs)] if any(needs) else [])
    assert all((arguments[i].grad is not None) == (i in wanted) for i in (0, 1, 2, 3, 7))


def test_second_derivative_is_refused(operators):
    arguments = Case().draw()
    (gradient,) = torch.autograd.grad(operators.deform_conv2d(*arguments).sum(), arguments[0], create_graph=True)
    with pytest.raises(RuntimeError, match="second derivatives are not implemented"):
        gradient.sum().backward()


@pytest.mark.parametrize("count", [1, 2])
def test_repeats_byte_for_byte(convolve, threads, count):
    threads(count)
    arguments = Case(channels=32, offset_groups=2, outputs=32, size=(40, 60)).draw(torch.float32)
    first, second = run(convolve, arguments), run(convolve, arguments)
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize("case", [GRID[0], GRID[-1], *ODD], ids=str)
def test_deterministic_gradient_of_the_input(convolve, deterministic, case):
    arguments = case.draw()
    wanted = torch.autograd.grad(torchvision.ops.deform_conv2d(*arguments).sum(), arguments[0])
    found = torch.autograd.grad(convolve(*arguments).sum(), arguments[0])
    torch.testing.assert_close(found, wanted, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(
    ("position", "wrong", "message"),
    [
        (0, torch.zeros(4, 7, 9), "input .* 4 dimensions"),
        (0, torch.zeros(2, 3, 7, 9), "weight .* 3 channels"),
        (0, torch.zeros(2, 4, 7, 9, dtype=torch.int32), "input is torch.int32"),
        (1, torch.zeros(2, 17, 7, 9), "offset has 17 channels"),
        (1, torch.zeros(2, 18, 6, 9), r"offset .* size \(7, 9\)"),
        (1, torch.zeros(1, 18, 7, 9), "offset .* batch 2"),
        (2, torch.zeros(6, 4, 30, 30), "offset|weight"),
        (3, torch.zeros(5), "bias"),
        (4, 0, "stride"),
        (5, (1, -1), "padding"),
        (6, (1, 1, 1), "dilation"),
        (7, torch.zeros(2, 8, 7, 9), "mask"),
    ],
)
def test_errors_name_the_argument(position, wrong, message):
    arguments = list(Case().draw(torch.float32))
    arguments[position] = wrong
    with pytest.raises(ValueError, match=message):
        deform_conv2d(*arguments)


def test_direct_calls_stay_within_bounds(operators):
    x, offset, weight, bias, stride, padding, dilation, mask = Case().draw(requires_grad=False)
    for arguments in (
        (x, offset[:1], weight, bias, stride, padding, dilation, mask),
        (x, offset, weight, bias, (2, 2), padding, dilation, mask),
        (x, offset, weight, bias, stride, padding, dilation, mask[:, :4]),
        (x, offset, weight, bias[:2], stride, padding, dilation, mask),
        (x, offset.float(), weight, bias, stride, padding, dilation, mask),
        (x, offset, weight, bias, (0, 1), padding, dilation, mask),
    ):
        with pytest.raises(RuntimeError, match="deform_conv2d"):
            operators.deform_conv2d(*arguments)
