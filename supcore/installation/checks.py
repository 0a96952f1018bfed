"""The checks of ``supcore doctor``, one finding after the other."""

import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

import torch

from supcore.errors import SupError
from supcore.installation import checksums
from supcore.networks import NETWORKS, load_pretrained
from supcore.networks.released import DEMO
from supcore.ops import backend, deform_conv2d
from supcore.shipped import shipped_file

PACKAGES = ("supcore", "torch", "torchvision", "numpy", "opencv-python-headless", "pillow", "safetensors")
WORKFLOW = ("snakemake", "matplotlib", "yaml", "jsonschema", "requests", "gdown")


@dataclass(frozen=True)
class Finding:
    """One line of the report.

    Attributes:
        subject: what was looked at.
        text: what was found.
        wrong: whether something must be mended; a part that is optional and missing is not wrong.
    """

    subject: str
    text: str
    wrong: bool = False


def findings(networks: Sequence[str] | None, size: tuple[int, int], device: str = "cpu") -> Iterator[Finding]:
    """Look at everything, the networks last.

    Args:
        networks: names of the library's; None is all of them.
        size: (H, W) of the random pair, one of :data:`~supcore.installation.checksums.SIZES`.
        device: that the networks run on.
    """
    yield from _versions()
    yield _gpu()
    yield from _operators()
    yield from _weights()
    for name in NETWORKS if networks is None else networks:
        yield _network(name, size, device)


def _versions() -> Iterator[Finding]:
    yield Finding("python", platform.python_version())
    for package in PACKAGES:
        try:
            yield Finding(package, version(package))
        except PackageNotFoundError:
            yield Finding(package, "not installed; install supcore again", wrong=True)
    missing = [package for package in WORKFLOW if find_spec(package) is None]
    text = f"lacks {', '.join(missing)}: pip install 'supcore[workflow]'" if missing else "all packages are there"
    yield Finding("workflow (optional)", text)


def _gpu() -> Finding:
    names = [torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())]
    return Finding("GPU (optional)", ", ".join(names) or "PyTorch sees none")


def _operators() -> Iterator[Finding]:
    """The deformable convolution of each device, on a shift by one pixel; not every backend does that exactly."""
    for device in ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]:
        image = torch.arange(12.0, device=device).view(1, 1, 3, 4)
        offset = torch.zeros(1, 2, 3, 4, device=device)
        offset[:, 1] = 1  # to the right
        try:
            moved = deform_conv2d(image, offset, torch.ones(1, 1, 1, 1, device=device))
            expected = torch.cat((image[..., 1:], torch.zeros_like(image[..., :1])), dim=-1)
            right = torch.allclose(moved, expected, rtol=0, atol=1e-4)
            text = f"{backend(device)}{'' if right else ': computes wrong values; see SUPCORE_DEFORM_BACKEND'}"
            yield Finding(f"deformable convolution, {device}", text, wrong=not right)
        except (SupError, RuntimeError) as error:
            yield Finding(f"deformable convolution, {device}", str(error), wrong=True)


def _weights() -> Iterator[Finding]:
    try:
        for provenance in sorted(shipped_file("resources/demo_weights").glob("*.json")):
            yield _demo_weights(provenance)
        yield Finding("released weights", f"listed in {shipped_file('config/weights.yaml')}")
    except SupError as error:
        yield Finding("weights", str(error), wrong=True)


def _demo_weights(provenance: Path) -> Finding:
    subject, file = f"demo weights, {provenance.stem}", provenance.with_suffix(".safetensors")
    if not file.is_file():
        return Finding(subject, f"{file} is missing; get it again, from a clone or a wheel", wrong=True)
    try:
        load_pretrained(provenance.stem, DEMO)
    except SupError as error:
        return Finding(subject, str(error), wrong=True)
    return Finding(subject, "as they were trained")


def _network(name: str, size: tuple[int, int], device: str) -> Finding:
    subject = f"{name}, {size[0]}x{size[1]}"
    expected = checksums.stored(name, size)
    if expected is None:
        return Finding(subject, "no stored checksum; python -m supcore.installation.checksums makes it", wrong=True)
    try:
        found = checksums.statistics(name, size, device)
    except (SupError, RuntimeError, MemoryError) as error:
        return Finding(subject, " ".join(str(error).split()) or type(error).__name__, wrong=True)
    problem = checksums.problem(found, *expected)
    return Finding(subject, problem or "forward and backward as stored", wrong=problem is not None)
