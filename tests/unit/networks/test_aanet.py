"""AANet and AANet+ at reduced width: sizes, crops, options, checkpoints, training."""

import pytest
import torch
import torch.nn.functional as F

from supcore.errors import SupError
from supcore.networks import build_network, load_weights, save_weights
from supcore.networks.aanet import AANet, AANetOptions, AANetPlus, AANetPlusOptions
from supcore.networks.aanet_aggregation import AggregationModule, correlation_volume
from supcore.networks.base import StereoOutput
from supcore.networks.regression import expected_disparity
from tests.unit.networks.small import training_losses

SMALL = {
    "aanet": {
        "max_disparity": 48,
        "base_channels": 4,
        "block_counts": (1, 1, 1),
        "pyramid_channels": 8,
        "refinement_channels": 8,
        "aggregation_modules": 2,
        "deformable_modules": 1,
    },
    "aanet_plus": {
        "max_disparity": 48,
        "hourglass_channels": (4, 6, 8, 10, 12),
        "aggregation_modules": 2,
        "deformable_modules": 1,
    },
}


def small(name, **options):
    torch.manual_seed(0)
    return build_network(name, **{**SMALL[name], **options})


def images(height, width, batch=1):
    generator = torch.Generator().manual_seed(3)
    return torch.rand(2, batch, 3, height, width, generator=generator).unbind()


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("size", [(1, 1), (12, 13), (31, 50), (65, 96), (96, 97)])
def test_every_size_works(name, size):
    network = small(name)
    left, right = images(*size)
    output = network(left, right)
    assert output.disparity.shape == (1, 1, *size)
    fractions = [tuple(round(side / part) for side in size) for part in (3, 2)]
    assert [tuple(d.shape[-2:]) for d in output.auxiliary] == fractions
    torch.testing.assert_close(network.predict(left, right), output.disparity)


class _RowMaps:
    """Stands in for the estimate: every map holds the full-resolution row that its pixels are centered on."""

    def estimate(self, left, right, *, finest_only):
        rows, columns = left.shape[-2:]
        full = torch.arange(float(rows)).view(1, 1, -1, 1).expand(1, 1, rows, columns)
        return [full, F.avg_pool2d(full, 3), F.avg_pool2d(full, 2)]


class _RowAANet(_RowMaps, AANet):
    pass


class _RowAANetPlus(_RowMaps, AANetPlus):
    pass


@pytest.mark.parametrize("extra", [False, True])
def test_crops_fit_the_image_for_every_padding(extra):
    network = _RowAANet(AANetOptions(**SMALL["aanet"], extra_padding_block=extra))
    for height in range(24, 37):
        check_rows(network, height, network._padding(height))


def test_crops_of_aanet_plus():
    network = _RowAANetPlus(AANetPlusOptions(**SMALL["aanet_plus"]))
    for height in range(96, 193, 5):
        check_rows(network, height, network._padding(height))


def check_rows(network, height, top):
    output = network(*images(height, 2 * height + 1))
    for part, found in zip((1, 3, 2), (output.disparity, *output.auxiliary), strict=True):
        assert found.shape[-2:] == (round(height / part), round((2 * height + 1) / part))
        centers = part * torch.arange(found.shape[-2]) + (part - 1) / 2
        # Padding that does not divide by 2 or 3 leaves up to half a coarse pixel.
        assert (found[0, 0, :, 0] - top - centers).abs().max() <= part / 2 * (part > 1)


def test_extra_padding_block():
    assert build_network("aanet", **SMALL["aanet"])._padding(24) == 12
    assert build_network("aanet", **SMALL["aanet"], extra_padding_block=False)._padding(24) == 0


def test_aanet_plus_pads_as_published_where_the_published_padding_works():
    network = small("aanet_plus")
    for side in range(1, 700):
        published = 32 - side % 32
        if (side + published) % 96 == 0:
            assert network._padding(side) == published
        assert (side + network._padding(side)) % 96 == 0


@pytest.mark.parametrize(
    ("name", "option", "value"),
    [
        ("aanet", "max_disparity", 36),
        ("aanet", "max_disparity", 0),
        ("aanet", "aggregation_modules", 0),
        ("aanet", "deformable_modules", 7),
        ("aanet", "base_channels", 0),
        ("aanet", "block_counts", (1, 2)),
        ("aanet", "pyramid_channels", 0),
        ("aanet", "refinement_channels", 15),
        ("aanet_plus", "max_disparity", 100),
        ("aanet_plus", "hourglass_channels", (4, 4, 4, 4)),
        ("aanet_plus", "hourglass_channels", (4, 4, 4, 4, 5)),
    ],
)
def test_errors_name_the_option(name, option, value):
    with pytest.raises(SupError, match=option):
        build_network(name, **{option: value})


def test_disparities_in_twelves_without_deformable_modules():
    left, right = images(24, 24)
    network = small("aanet", max_disparity=36, deformable_modules=0, deformable_features=False)
    assert not any("offset_conv" in key for key in network.state_dict())
    assert network.predict(left, right).shape == (1, 1, 24, 24)


def test_correlation_equals_its_definition():
    left, right = torch.randn(2, 2, 5, 3, 7, generator=torch.Generator().manual_seed(1)).unbind()
    volume = correlation_volume(left, right, 9)
    assert volume.shape == (2, 9, 3, 7)
    for d in range(9):
        for x in range(7):
            expected = (left[..., x] * right[..., x - d]).mean(1) if d <= x else torch.zeros(2, 3)
            torch.testing.assert_close(volume[:, d, :, x], expected)


def test_expected_disparity_of_a_peak():
    similarity = torch.zeros(1, 8, 2, 3)
    similarity[:, 5] = 100.0
    torch.testing.assert_close(expected_disparity(similarity), torch.full((1, 1, 2, 3), 5.0))


def test_loss_counts_targets_within_the_range():
    network = small("aanet")
    target = torch.tensor([[[[10.0, 0.0, -3.0], [48.0, float("nan"), 47.0]]]])
    disparity = torch.full_like(target, 12.0)
    expected = torch.tensor([2 - 0.5, 35 - 0.5]).mean()
    torch.testing.assert_close(network.loss(StereoOutput(disparity), target), expected)


@pytest.mark.parametrize("name", SMALL)
def test_loss_without_valid_targets_is_zero(name):
    network = small(name)
    left, right = images(24, 36)
    left.requires_grad_()
    loss = network.loss(network(left, right), torch.tensor([0.0, -1.0, 500.0, float("nan")]).repeat(1, 1, 24, 9))
    loss.backward()
    assert loss.item() == 0
    assert left.grad.isfinite().all()


def released_checkpoint(path, network):
    """As AANet's authors write it: prefixed, and with the heads of the coarser scales."""
    state = dict(network.state_dict())
    last = AggregationModule(network.aggregation.candidates, outputs=3, deformable=False).state_dict()
    state |= {f"aggregation.fusions.5.{k}": v for k, v in last.items() if k.startswith("fuse_layers.")}
    for scale, count in enumerate(network.aggregation.candidates):
        state[f"aggregation.final_conv.{scale}.weight"] = torch.zeros(count, count, 1, 1)
        state[f"aggregation.final_conv.{scale}.bias"] = torch.zeros(count)
    torch.save({"epoch": 3, "state_dict": {f"module.{k}": v for k, v in state.items()}}, path)
    return state


def test_released_heads_are_accepted_and_reported(tmp_path):
    network = small("aanet", aggregation_modules=6, deformable_modules=3)
    state = released_checkpoint(tmp_path / "released.pth", network)
    ignored = load_weights(network, tmp_path / "released.pth")
    assert len(ignored) == 34
    assert set(ignored) == set(state) - set(network.state_dict())
    used = "aggregation.fusions.5.fuse_layers.0.1.0.weight"
    torch.testing.assert_close(network.state_dict()[used], state[used])


@pytest.mark.parametrize(
    "name", ["aggregation.final_conv.3.weight", "aggregation.fusions.4.fuse_layers.3.0.weight", "refinement.2.bias"]
)
def test_other_unknown_entries_are_refused(tmp_path, name):
    network = small("aanet", aggregation_modules=6, deformable_modules=3)
    state = {**network.state_dict(), name: torch.zeros(1)}
    torch.save({"state_dict": state}, tmp_path / "other.pth")
    with pytest.raises(SupError, match="1 unexpected"):
        load_weights(network, tmp_path / "other.pth")


@pytest.mark.parametrize("name", SMALL)
def test_own_weights_round_trip(tmp_path, name):
    network = small(name)
    save_weights(network, tmp_path / "own.safetensors")
    torch.manual_seed(1)
    other = build_network(name, **SMALL[name])
    assert load_weights(other, tmp_path / "own.safetensors") == []
    left, right = images(24, 36)
    torch.testing.assert_close(other.predict(left, right), network.predict(left, right))


@pytest.mark.parametrize("name", SMALL)
def test_training_lowers_the_loss(name):
    network = small(name).train()
    wide = F.interpolate(images(6, 15, batch=2)[0], scale_factor=4, mode="bilinear")
    left, right = wide[..., :48], wide[..., 12:]
    target = torch.full((2, 1, 24, 48), 12.0)
    losses = training_losses(network, left, right, target, rate=5e-3, steps=6)
    assert losses[-1] < 0.8 * losses[0]
