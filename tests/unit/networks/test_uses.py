"""Everything that is done with a network works with the ones that the paper does not have."""

import pytest
import torch

from supcore.attack import PER_IMAGE_ATTACKS, PerImageAttack, UniversalAttack
from supcore.corruptions import corrupt_pair
from supcore.data.augmentation import AugmentationOptions
from supcore.perturbation import StereoPerturbation
from supcore.training import AdversarialFinetuning, TrainingOptions, train_stereo, validate
from tests.unit.networks.small import untrained

pytestmark = pytest.mark.thorough

NAMES = ["gwcnet_gc", "raft_stereo", "igev_stereo"]


@pytest.mark.parametrize("name", NAMES)
def test_attack_corruption_training_and_fine_tuning(name, make_pairs, tmp_path):
    network = untrained(name)
    pairs = make_pairs(2)
    weights = {key: value.clone() for key, value in network.state_dict().items()}
    left, right = pairs[0].views(network.device)
    sup = StereoPerturbation((16, 16), (32, 64), 0.02)
    attack = UniversalAttack(network, sup, 1e-3, torch.Generator().manual_seed(0), step_rule="sign")
    attack.step(left, right)
    assert (sup.left != 0).float().mean() > 0.9
    assert (sup.right != 0).float().mean() > 0.9
    clean = network.predict(left, right)
    assert not torch.equal(network.predict(*sup(left, right)), clean)
    single = PerImageAttack(network, 0.02, PER_IMAGE_ATTACKS["fgsm"])(left, right, images=[0])
    assert not torch.equal(network.predict(*single), clean)
    assert not torch.equal(network.predict(*corrupt_pair(left, right, "gaussian")), clean)
    assert all(torch.equal(value, network.state_dict()[key]) for key, value in weights.items())
    options = TrainingOptions(
        batch=2, learning_rate=1e-3, augmentation=AugmentationOptions((32, 64)), steps=1, checkpoint_every=1
    )
    for extension in ({}, {"extension": AdversarialFinetuning([sup], probability=1)}):
        history = train_stereo(network, pairs, options, checkpoint=tmp_path / f"{len(extension)}", **extension)
        assert history[-1]["loss"] > 0
    assert not torch.equal(network.predict(left, right), clean)
    assert validate(network, pairs)["n_images"] == 2
