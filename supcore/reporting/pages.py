"""HTML pages of one look, without external parts: styles, scripts and pictures are inside."""

import base64
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from PIL import Image

from supcore.errors import SupError
from supcore.reporting.labels import label
from supcore.sup_names import epsilon_text


def render(template: str, **values: Any) -> str:
    """A page of a template beside this module; text in ``values`` is escaped.

    Beside ``values`` the templates have the function ``label``, the filters ``percent`` and ``epsilon``, and ``here``,
    the name of the page.
    """
    loader = PackageLoader("supcore", "reporting")
    environment = Environment(
        loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
    )
    environment.globals |= {"label": label, "here": template.removesuffix(".j2")}
    environment.filters |= {"percent": "{:.1f}\N{NO-BREAK SPACE}%".format, "epsilon": epsilon_text}
    return environment.get_template(template).render(**values)


def picture(path: str | Path) -> dict[str, Any]:
    """A PNG file as it is put into a page: ``src`` (a data URI) and ``width`` in pixels.

    Raises:
        SupError: the file is missing or no image.
    """
    try:
        with Image.open(path) as image:
            width = image.width
        content = base64.b64encode(Path(path).read_bytes()).decode("ascii")
    except OSError as error:
        raise SupError(f"{path}: not readable as a picture ({error}); delete the file and make it again") from error
    return {"src": f"data:image/png;base64,{content}", "width": width}
