"""Options that several commands share."""

import json
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from supcore.networks import StereoNetwork

Command = Callable[..., Any]


class Size(click.ParamType):
    """Height and width, such as ``256x640``; or one number for both where ``square`` is set."""

    name = "HxW"

    def __init__(self, square: bool = False) -> None:
        self.square = square

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int] | str:
        """The size in pixels; ``full`` stays a word."""
        match = re.fullmatch(r"([1-9]\d*)(?:x([1-9]\d*))?", str(value))
        if self.square and value == "full":
            return "full"
        if match is None or not (match[2] or self.square):
            self.fail(f"{value!r} is no size; write {'64, 64x128 or full' if self.square else '256x640'}", param, ctx)
        return int(match[1]), int(match[2] or match[1])


def examples(*lines: str) -> str:
    """The end of a command's help, which is not wrapped."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


def network_options(command: Command) -> Command:
    """What :func:`chosen_network` takes."""
    options = [
        click.option("--network", required=True, help="A name that `supcore networks` lists, or module:ClassName."),
        click.option(
            "--weights",
            help="demo, released weights that `supcore networks` lists, or a file; none if it has no parameters.",
        ),
        click.option(
            "--option",
            "options",
            multiple=True,
            metavar="NAME=VALUE",
            help="Option of the network in place of what its weights state, lists as in JSON; may be repeated.",
        ),
        click.option("--key", help="Entry of a file of weights that holds the state dict, if there are several."),
        click.option("--cache", type=click.Path(path_type=Path), help="Folder of downloads. [~/.cache/supcore]"),
        click.option("--device", default="cpu", show_default=True, help="cpu or cuda."),
    ]
    return _with(command, options)


def pair_options(command: Command) -> Command:
    """Where the pairs are."""
    path = click.Path(path_type=Path)
    options = [
        click.option("--left", type=path, required=True, help="Left images: a folder, one file, or a quoted pattern."),
        click.option("--right", type=path, required=True, help="Right images, by the same names or digits in them."),
    ]
    return _with(command, options)


def image_size_option(command: Command) -> Command:
    """Resize the pairs."""
    text = "Resize the pairs to this size, as the paper does with 256x640; by default they keep their own."
    return click.option("--image-size", type=Size(), help=text)(command)


def chosen_network(
    network: str, weights: str | None, options: tuple[str, ...], key: str | None, cache: Path | None, device: str
) -> "StereoNetwork":
    """The network of :func:`network_options`, on its device, to attack it or to predict with."""
    import torch

    from supcore.errors import SupError
    from supcore.networks import load_pretrained
    from supcore.networks.acceleration import accelerate

    if device not in ("cpu", "cuda") or (device == "cuda" and not torch.cuda.is_available()):
        raise SupError(f"--device {device}: {'PyTorch sees no GPU' if device == 'cuda' else 'unknown'}; use cpu")
    if ":" in network:
        sys.path.insert(0, str(Path.cwd()))  # where a module of one's own is; an installed command does not look there
    return accelerate(load_pretrained(network, weights, cache=cache, key=key, **_values(options)).to(device))


def _values(options: tuple[str, ...]) -> dict[str, Any]:
    """Named values: numbers, true and false, lists as in JSON; anything else is text."""
    values: dict[str, Any] = {}
    for option in options:
        name, equals, text = option.partition("=")
        if not equals:
            raise click.BadParameter(f"{option!r} lacks its value; write NAME=VALUE", param_hint="--option")
        try:
            values[name] = json.loads(text)
        except ValueError:
            values[name] = text
    return values


def _with(command: Command, options: Sequence[Callable[[Command], Command]]) -> Command:
    for option in reversed(options):
        command = option(command)
    return command
