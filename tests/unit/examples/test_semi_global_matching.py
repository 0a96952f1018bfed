"""Semi-global matching as a network: right where there is texture, dense everywhere, and no source of gradients."""

import numpy as np
import pytest
import torch

from supcore.attack import UniversalAttack
from supcore.data.augmentation import AugmentationOptions
from supcore.data.dataset import stack_pairs, to_unit_range
from supcore.data.synthetic import render_scene
from supcore.errors import SupError
from supcore.metrics import end_point_error
from supcore.networks import build_network, load_weights, save_weights
from supcore.perturbation import StereoPerturbation
from supcore.training import TrainingOptions, train_stereo


def build(**options):
    return build_network("examples.semi_global_matching:SemiGlobalMatching", **{"max_disparity": 32} | options)


def as_batch(*arrays):
    return [torch.from_numpy(np.ascontiguousarray(a)).permute(2, 0, 1)[None] / 255 for a in arrays]


@pytest.mark.parametrize(("kind", "max_disparity"), [("driving", None), ("things", 14)])
def test_the_demo_s_scenes_are_matched_to_a_pixel_and_a_half(kind, max_disparity):
    network = build()
    errors = []
    for index in range(6):
        scene = render_scene(kind, image_size=(64, 128), seed=0, index=index, max_disparity=max_disparity)
        disparity = network.predict(*as_batch(scene.left, scene.right))
        errors.append(float(end_point_error(disparity, torch.from_numpy(scene.disparity)[None, None])))
    assert np.mean(errors) < 1.5


def test_a_constant_shift_is_found_up_to_the_left_border(make_pairs):
    pairs = make_pairs(3, size=(48, 96))
    items = stack_pairs([pairs[i] for i in range(3)])
    disparity = build().predict(to_unit_range(items.left), to_unit_range(items.right))
    assert disparity.shape == items.disparity.shape
    assert float((disparity - items.disparity).abs().median(dim=-1).values.max()) < 0.5


def test_every_pixel_of_an_image_without_texture_has_a_disparity():
    disparity = build().predict(*torch.full((2, 1, 3, 32, 64), 0.5))
    assert disparity.isfinite().all()
    assert (disparity >= 0).all()


def test_same_pair_same_bytes_whatever_the_batch(make_pairs):
    pairs = make_pairs(3)
    items = stack_pairs([pairs[i] for i in range(3)])
    left, right = to_unit_range(items.left), to_unit_range(items.right)
    network = build()
    single = torch.cat([network.predict(left[i : i + 1], right[i : i + 1]) for i in range(3)])
    assert torch.equal(network.predict(left, right), single)


def test_optimizing_on_it_or_training_it_is_one_line(images, make_pairs, tmp_path):
    with pytest.raises(SupError, match=r"no gradients to attack it by; only evaluate it \(target_only: true\)"):
        UniversalAttack(build(), StereoPerturbation((16, 16), (32, 64), 0.05), alpha=0.01)
    options = TrainingOptions(1, 1, 1e-3, AugmentationOptions((32, 64)))
    with pytest.raises(SupError, match="has no weights to train"):
        train_stereo(build(), make_pairs(1), options, checkpoint=tmp_path / "job.pt")


def test_its_empty_weights_go_through_a_file(tmp_path, small_network):
    path = tmp_path / "w.safetensors"
    save_weights(build(), path)
    assert load_weights(build(), path) == []
    with pytest.raises(SupError, match="weights of another network"):
        load_weights(small_network, path)


@pytest.mark.parametrize("options", [{"max_disparity": 40}, {"block_size": 4}])
def test_impossible_value_names_the_option(options):
    with pytest.raises(SupError, match=next(iter(options))):
        build(**options)
