"""The batches of a training: which pairs, and how they are augmented. Each depends on the seed and the step alone."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from supcore.data.augmentation import augment, shrink_and_pad
from supcore.data.dataset import StereoPair
from supcore.errors import SupError
from supcore.seeding import numpy_generator
from supcore.training.options import TrainingOptions
from supcore.training.processes import WHOLE, Share

Batch = tuple[Tensor, Tensor, Tensor]
LEAST_TRUTH = 1e-6  # px: counts as ground truth, and is as good as 0


@dataclass(frozen=True)
class TrainingBatches(Dataset[Batch]):
    """The augmented batch of every step, or one process's share of it.

    Attributes:
        pairs: to draw from.
        options: of the training.
        share: the process that asks.
    """

    pairs: Dataset[StereoPair]
    options: TrainingOptions
    share: Share = WHOLE

    def __getitem__(self, step: int) -> Batch:
        return draw_batch(self.pairs, self.options, step, self.share)


def draw_batch(pairs: Dataset[StereoPair], options: TrainingOptions, step: int, share: Share = WHOLE) -> Batch:
    """The augmented batch of one step: left, right N×3×h×w in [0, 1] and disparity N×1×h×w; 0 does not count."""
    random = numpy_generator(options.seed, "batch", step)
    if options.epochs is None:
        indices = random.integers(len(pairs), size=options.batch)  # type: ignore[arg-type]
        # One generator serves the whole batch, so a share of it needs the draws of all.
        items = [augment(pairs[int(i)], options.augmentation, random) for i in indices][share.part]
    else:
        indices = pass_indices(len(pairs), options, step)  # type: ignore[arg-type]
        places = range(len(indices))[share.part]
        if not places:
            raise SupError(
                f"the last batch of a pass has {len(indices)} of {len(pairs)} pairs, "  # type: ignore[arg-type]
                f"too few for {share.count} processes; change batch"
            )
        items = [
            augment(pairs[int(indices[i])], options.augmentation, numpy_generator(options.seed, "pair", step, i))
            for i in places
        ]
    left, right, disparity = _stack(items)
    if options.zero_is_truth:
        disparity = disparity.clamp(min=LEAST_TRUTH)
    if options.max_target is not None:
        disparity = torch.where(disparity < options.max_target, disparity, 0)
    return shrink_and_pad(
        left, right, disparity, options.augmentation, numpy_generator(options.seed, "diversity", step)
    )


def pass_indices(pairs: int, options: TrainingOptions, step: int) -> np.ndarray:
    """Indices of the pairs of one step of shuffled passes; each pair comes once a pass."""
    epoch, place = divmod(step, options.unit(pairs))
    order = numpy_generator(options.seed, "pass", epoch).permutation(pairs)
    return order[place * options.batch : (place + 1) * options.batch]


def _stack(items: Sequence[Batch]) -> Batch:
    if len({left.shape for left, *_ in items}) > 1:
        raise SupError("training images differ in size; set crop_size, or image_size to resize them")
    left, right, disparity = (torch.stack(tensors) for tensors in zip(*items, strict=True))
    return left, right, disparity
