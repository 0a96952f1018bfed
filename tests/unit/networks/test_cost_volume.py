"""Cost volumes equal their definitions."""

import numpy as np
import torch

from supcore.networks.cost_volume import concatenation_volume, group_correlation_volume


def test_concatenation_pairs_each_pixel_with_the_one_shifted_by_the_disparity():
    left, right = torch.rand(2, 2, 3, 4, 7, generator=torch.Generator().manual_seed(0))
    expected = np.zeros((2, 6, 5, 4, 7), np.float32)
    for d in range(5):
        for x in range(d, 7):
            expected[:, :3, d, :, x] = left[..., x]
            expected[:, 3:, d, :, x] = right[..., x - d]
    np.testing.assert_array_equal(concatenation_volume(left, right, 5).numpy(), expected)


def test_group_correlation_is_the_mean_product_of_successive_channels():
    """Zero where the right image does not reach."""
    left, right = torch.randn(2, 2, 6, 4, 7, generator=torch.Generator().manual_seed(0))
    volume = group_correlation_volume(left, right, 5, groups=2)
    assert volume.shape == (2, 2, 5, 4, 7)
    for d in range(5):
        for x in range(7):
            for group, channels in enumerate((slice(0, 3), slice(3, 6))):
                products = left[:, channels, :, x] * right[:, channels, :, x - d]
                expected = products.mean(1) if x >= d else torch.zeros(2, 4)
                torch.testing.assert_close(volume[:, group, d, :, x], expected)
