"""The example of a program of its own: it serves a network of this library and needs nothing of it."""

import ast
import sys

import numpy as np
import torch

from supcore.data.synthetic import render_scene
from supcore.metrics import end_point_error
from supcore.networks import build_network
from supcore.shipped import CHECKOUT

PROGRAM = CHECKOUT / "examples" / "block_matching.py"


def test_the_demo_s_scenes_are_matched_to_two_pixels():
    network = build_network("supcore.networks.external:ExternalNetwork", command=[sys.executable, str(PROGRAM), "32"])
    errors = []
    for index in range(4):
        scene = render_scene("driving", image_size=(64, 128), seed=0, index=index)
        views = [torch.from_numpy(view.copy()).permute(2, 0, 1)[None] / 255 for view in (scene.left, scene.right)]
        truth = torch.from_numpy(scene.disparity)[None, None]
        errors.append(float(end_point_error(network.predict(*views), truth)))
    assert np.mean(errors) < 2


def test_it_needs_numpy_alone():
    nodes = list(ast.walk(ast.parse(PROGRAM.read_text(encoding="utf-8"))))
    imported = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    assert imported == {"sys", "numpy"}
    assert not any(isinstance(node, ast.ImportFrom) for node in nodes)
