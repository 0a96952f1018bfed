"""Stored reference outputs, and their inputs and weights: integer arithmetic and NumPy's frozen random stream."""

import zlib

import numpy as np
import torch

FILL = {
    "conv": 1.0, "feature_norm": 0.6, "norm_bias": 0.1, "offset_weight": 0.3, "offset_bias": 0.5,
    "last": 0.5, "disparity_channel": 0.05, "norm": 1.0,
}  # fmt: skip
FILLS = {
    "aanet": {**FILL, "feature_norm": 0.7, "norm": 0.7, "last": 0.2},
    "aanet_plus": {**FILL, "feature_norm": 1.0, "norm": 0.7, "last": 0.2},
    "raft_stereo": {
        **FILL, "norm": 0.6, "norm_bias": 0.12,
        "scale": {"fnet.conv2.": 0.25},
        "shift": {"update_block.flow_head.conv2.bias": -2.5},
    },
    "raft_stereo_realtime": {
        **FILL, "norm": 0.6,
        "scale": {"conv2.1.": 0.4, "update_block.flow_head.conv2.": 0.7},
        "shift": {"update_block.flow_head.conv2.bias": -1.5},
    },
    "raft_stereo_rvc": {
        **FILL,
        "scale": {"fnet.conv2.": 0.25, "cnet.outputs": 0.5},
        "shift": {"update_block.flow_head.conv2.bias": -2.5},
    },
    "igev_stereo": {
        **FILL, "norm_bias": 0.12,
        "norm_scale": {"cnet.": 0.6},
        "scale": {
            "cost_agg.conv3_up.": 3.0, "cost_agg.conv2_up.": 3.0, "cost_agg.conv1_up.": 3.0, "classifier.": 4.0,
            "update_block.encoder.convd1.": 0.05, "update_block.encoder.convc1.": 0.3,
            "update_block.disp_head.conv2.": 1.0,
        },
        "shift": {"update_block.disp_head.conv2.bias": 1.0},
    },
}  # fmt: skip


def tensors(path, prefix=""):
    """The arrays of an npz file whose names begin with ``prefix``, by the rest of their names."""
    with np.load(path) as arrays:
        names = [name for name in arrays.files if name.startswith(prefix)]
        return {name.removeprefix(prefix): torch.from_numpy(arrays[name]) for name in names}


def relative_error(result, expected):
    """Relative L2 distance. Gradients are compared by it: element-wise, rounding decides at a ReLU's kink."""
    return float((result - expected).norm() / expected.norm())


def own_gain(gain, kind, name, common):
    """The gain of an entry: that of the last prefix which its name begins with, or the common one."""
    return ([own for prefix, own in gain.get(kind, {}).items() if name.startswith(prefix)] or [common])[-1]


def filled_entry(name, shape, gain):
    """The value of one state-dict entry; its random stream depends on the name alone."""
    if name.endswith("num_batches_tracked"):
        return np.zeros(shape, np.int64)
    z = np.random.RandomState(zlib.crc32(name.encode())).standard_normal(shape)
    fan = np.prod(shape[1:])
    if name.endswith("running_mean"):
        value = 0.1 * z
    elif name.endswith("running_var"):
        value = 1.0 + 0.1 * np.abs(z)
    elif name.endswith("offset_conv.weight"):
        value = gain["offset_weight"] * z * np.sqrt(1.0 / fan)
    elif name.endswith("offset_conv.bias"):
        value = gain["offset_bias"] * z
    elif len(shape) == 1 and name.endswith("weight"):
        common = gain["feature_norm" if name.startswith("feature_extract") else "norm"]
        value = own_gain(gain, "norm_scale", name, common) * (1 + 0.1 * z)
    elif len(shape) == 1:
        value = gain["norm_bias"] * z + gain.get("shift", {}).get(name, 0.0)
    elif shape[0] == 1 and shape[1] == 1:
        value = (1.0 + 0.1 * z) / fan
    else:
        common = gain["last" if shape[0] == 1 else "conv"]
        value = own_gain(gain, "scale", name, common) * z * np.sqrt(2.0 / fan)
        if len(shape) == 5 and shape[1] in (65, 93):
            value[:, 64] *= gain["disparity_channel"]
    return value.astype(np.float32)


def fill_network(network, name):
    gain = FILLS.get(name, FILL)
    state = network.state_dict()
    network.load_state_dict({k: torch.from_numpy(filled_entry(k, tuple(v.shape), gain)) for k, v in state.items()})
    return network


def pair(height, width, seed):
    """N×3×H×W left and right images in [0, 1] of a fronto-parallel patchwork."""
    random = np.random.RandomState(seed)
    total = np.zeros((height, width + 64, 3), np.int64)
    for size in (32, 16, 8, 4, 2, 1):
        coarse = random.randint(0, 256, size=(-(-height // size), -(-(width + 64) // size), 3))
        total += np.repeat(np.repeat(coarse, size, axis=0), size, axis=1)[:height, : width + 64]
    canvas = np.clip((total // 6 - 128) * 2 + 128, 0, 255).astype(np.uint8)
    y, x = np.mgrid[0:height, 0:width]
    disparity = 8 + (24 * y) // height + 16 * (((y // 24) + (x // 40)) % 2)
    return to_tensor(canvas[y, 64 + x - disparity]), to_tensor(canvas[:, 64 : 64 + width])


def to_tensor(image):
    return torch.from_numpy((image.astype(np.float32) / np.float32(255)).transpose(2, 0, 1)[None].copy())


def ground_truth(height, width, seed):
    """1×1×H×W with zeros, negative values and values beyond 192."""
    random = np.random.RandomState(seed)
    y, x = np.mgrid[0:height, 0:width]
    disparity = 20.0 + 60.0 * x / width + 30.0 * y / height + random.standard_normal((height, width))
    u = random.random_sample((height, width))
    disparity[u < 0.10] = 0.0
    disparity[(u >= 0.10) & (u < 0.12)] = -3.0
    disparity[(u >= 0.12) & (u < 0.14)] = 200.0
    return torch.from_numpy(disparity.astype(np.float32)[None, None])
