"""A card for a SUP or for weights: what it is, how it was made, what it does beside the controls, and the terms."""

from pathlib import Path

from supcore.sharing.facts import read_shared_file

PAPER = """\
@inproceedings{berger2022stereoscopic,
  title     = {Stereoscopic Universal Perturbations across Different Architectures and Datasets},
  author    = {Berger, Zachary and Agrawal, Parth and Liu, Tian Yu and Soatto, Stefano and Wong, Alex},
  booktitle = {IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)},
  year      = {2022}
}"""
_USE = {
    "sup": """\
from supcore.data import read_pair
from supcore.perturbation import StereoPerturbation

sup = StereoPerturbation.load("{file}")
left, right = sup(*read_pair("left.png", "right.png"))""",
    "weights": """\
from supcore.networks import load_pretrained

network = load_pretrained("{name}", "{file}")""",
}
_TITLES = {"sup": "Stereoscopic universal perturbation", "weights": "Weights of a stereo network"}
_TERMS = {
    "sup": "A perturbation is made from networks and images; look up whether their terms bind what is made from them.",
    "weights": "Weights are made from images; look up whether their terms bind what is made from them.",
}


def card(path: str | Path, transfer: str | Path | None = None, terms: str | None = None) -> str:
    """The card of a file as Markdown.

    Args:
        path: a SUP, or weights as :func:`~supcore.networks.save_weights` writes them.
        transfer: a transfer table that has the SUP as source, or the network as target.
        terms: the license that the file is given away under.

    Raises:
        SupError: the file cannot be used, or the table has no row about it.
    """
    shared = read_shared_file(path)
    parts = [f"# {_TITLES[shared.kind]}: {shared.name or shared.path.stem}", f"File `{shared.path.name}`."]
    facts = "\n".join(f"| {name} | {_escape(text)} |" for name, text in shared.facts.items())
    parts += ["## What it is", f"| | |\n|---|---|\n{facts}"]
    if transfer is not None:
        from supcore.sharing.measured import measured_errors  # with packages of the workflow

        parts += ["## Measured errors", *measured_errors(shared, transfer)]
    use = _USE[shared.kind].format(file=shared.path.name, name=shared.name)
    parts += ["## Use", f"```python\n{use}\n```"]
    license_line = terms or "Not stated. Whoever shares the file has to say under which terms."
    parts += ["## License", license_line, _TERMS[shared.kind]]
    parts += ["## Citation", f"```bibtex\n{PAPER}\n```"]
    return "\n\n".join(parts) + "\n"


def _escape(text: str) -> str:
    return text.replace("|", "\\|")
