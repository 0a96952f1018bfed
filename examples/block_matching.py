"""Block matching as a program of its own: NumPy alone, nothing of supcore, so it runs in any environment.

It stands for a method that cannot be imported into ours. In a configuration::

    networks:
      block_matching:
        architecture: supcore.networks.external:ExternalNetwork
        options: {command: [python, examples/block_matching.py, "32"]}
        target_only: true
        weights:
          fixed: {untrained: true}
"""

import sys

import numpy as np

REACH = 3  # pixels of a block to each side of its center


def block_means(image: np.ndarray) -> np.ndarray:
    """The mean over the block around every pixel, H×W; the border is repeated."""
    side = 2 * REACH + 1
    sums = np.pad(image, REACH, mode="edge").cumsum(axis=0).cumsum(axis=1)
    sums = np.pad(sums, ((1, 0), (1, 0)))
    return (sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]) / side**2


def match(left: np.ndarray, right: np.ndarray, disparities: int) -> np.ndarray:
    """The shift, in pixels, at which the blocks of two H×W×3 images in [0, 1] differ least, H×W."""
    width = left.shape[1]
    costs = []
    for shift in range(disparities):
        shifted = np.pad(right, ((0, 0), (shift, 0), (0, 0)), mode="edge")[:, :width]
        costs.append(block_means(np.abs(left - shifted).mean(axis=2)))
    return np.argmin(costs, axis=0).astype(np.float32)


def main() -> None:
    """Serve one pair a line until the input ends; what shall be read by people goes to stderr."""
    disparities = int(sys.argv[1])
    print(f"block matching over {disparities} disparities", file=sys.stderr)
    for line in sys.stdin:
        left, right, disparity = line.rstrip("\n").split("\t")
        np.save(disparity, match(np.load(left), np.load(right), disparities))
        print("done", flush=True)


if __name__ == "__main__":
    main()
