"""What only studies do to images: attacks on single pairs, and corruptions.

Apart from the other conditions, so that the jobs behind the transfer table neither import nor depend on either.
"""

import torch

from supcore.attack.per_image import PerImageAttack
from supcore.corruptions import corrupt_pair
from supcore.evaluation.conditions import Batch, Perturb, Views
from supcore.seeding import torch_generator


def per_image(attack: PerImageAttack, *, against_truth: bool) -> Perturb:
    """Attack every pair by itself, moving away from ground truth or from the clean prediction."""
    return lambda batch: attack(batch.left, batch.right, batch.images, batch.truth if against_truth else None)


def corrupted(
    perturb: Perturb, name: str, severity: int | None = None, *, seed: int = 0, shared_draws: bool = False
) -> Perturb:
    """Corrupt what ``perturb`` gives, as an image is corrupted on its way to the network.

    Every pair draws from the stream of its index, so a corruption is the same for every network and perturbation.

    Args:
        perturb: what happens before.
        name: as for :func:`supcore.corruptions.corrupt`.
        severity: None is the published one.
        seed: of the draws.
        shared_draws: one draw for both views; published are independent ones.
    """

    def apply(batch: Batch) -> Views:
        lefts, rights = [], []
        for pair, image in zip(zip(*perturb(batch), strict=True), batch.images, strict=True):
            generator = torch_generator(seed, "corruption", name, image)
            left, right = corrupt_pair(*pair, name, severity, generator=generator, shared_draws=shared_draws)
            lefts.append(left)
            rights.append(right)
        return torch.stack(lefts), torch.stack(rights)

    return apply


def remembered(perturb: Perturb) -> Perturb:
    """Perturb every batch once and hand the same views to every further network; keeps all of them in memory."""
    known: dict[tuple[int, ...], Views] = {}

    def apply(batch: Batch) -> Views:
        images = tuple(batch.images)
        if images not in known:
            known[images] = perturb(batch)
        return known[images]

    return apply
