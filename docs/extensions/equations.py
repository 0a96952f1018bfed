"""Equations as MathML, which browsers show without scripts."""

import html
import re
from typing import Any

from latex2mathml.converter import convert

EQUATION = re.compile(r'<(span|div) class="arithmatex">\\[(\[](.*?)\\[)\]]</\1>', re.DOTALL)


def on_page_content(content: str, **_: Any) -> str:
    """Replace what pymdownx.arithmatex marks."""
    return EQUATION.sub(_mathml, content)


def _mathml(equation: re.Match[str]) -> str:
    display = "block" if equation[1] == "div" else "inline"
    return convert(html.unescape(equation[2]).strip(), display=display)
