"""The address of a source distribution on the package index that pip is configured with.

``pip download`` would run the package's setup code to learn its metadata. Here the index is only asked
for the file's address and hash (the simple repository API, PEP 503 and 691).
"""

import ast
import os
import re
import subprocess
import sys
from dataclasses import dataclass

import requests
from packaging.utils import InvalidSdistFilename, canonicalize_name, parse_sdist_filename
from packaging.version import Version
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from supcore.download.http import explain
from supcore.errors import SupError

_ON = ("1", "on", "t", "true", "y", "yes")  # as pip reads a switch


@dataclass(frozen=True)
class PipSettings:
    """The part of pip's configuration that a download needs; without ``indexes``, it is told to use none."""

    indexes: tuple[str, ...]
    certificates: str | None = None
    proxy: str | None = None

    def session(self) -> requests.Session:
        """A session with these proxies and certificates; those of the environment come first."""
        session = requests.Session()
        if self.certificates:
            session.verify = self.certificates
        if self.proxy:
            session.proxies = {"http": self.proxy, "https": self.proxy}
        return session


@dataclass(frozen=True)
class Sdist:
    """Where the index keeps a source distribution."""

    url: str
    sha256: str | None


def read_pip_settings() -> PipSettings:
    """What ``pip download`` would use: its configuration files, its environment variables, its default index."""
    from pypi_simple import PYPI_SIMPLE_ENDPOINT  # half a second, which planning a workflow need not wait for

    options = _options()
    indexes = [options.get("index-url", PYPI_SIMPLE_ENDPOINT), *options.get("extra-index-url", "").split()]
    if options.get("no-index", "").lower() in _ON:
        indexes = []
    web = tuple(index for index in indexes if index.startswith(("http://", "https://")))
    return PipSettings(web, options.get("cert"), options.get("proxy"))


def _options() -> dict[str, str]:
    """Options of pip by their long names; those of ``download`` win, then the environment, which needs no pip."""
    # -P: a file named pip.py in the working directory must not be run.
    command = [sys.executable, "-P", "-m", "pip", "config", "list"]
    listed = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    sections: dict[str, dict[str, str]] = {"global": {}, "download": {}}
    for section, name, value in re.findall(r"^(\w+)\.([\w-]+)=(.+)$", listed, re.MULTILINE):
        sections.setdefault(section, {})[name] = ast.literal_eval(value)
    variables = {
        name.removeprefix("PIP_").lower().replace("_", "-"): value
        for name, value in os.environ.items()
        if name.startswith("PIP_") and value
    }
    return sections["global"] | sections["download"] | variables


def find_sdist(project: str, version: str, settings: PipSettings) -> Sdist:
    """Look a source distribution up, in the order of the configured indexes.

    Raises:
        SupError: no index can be reached or none has it.
    """
    problems = []
    for index in settings.indexes:
        found = _look_up(index, project, version, settings)
        if isinstance(found, Sdist):
            return found
        problems.append(found)
    reason = "; ".join(problems) or "pip is configured without a web index; set PIP_INDEX_URL"
    raise SupError(f"{project} {version}: no source distribution found on the package index ({reason})")


def _look_up(index: str, project: str, version: str, settings: PipSettings) -> Sdist | str:
    """The source distribution on one index, or why it cannot be had there."""
    from pypi_simple import NoSuchProjectError, PyPISimple, UnsupportedRepoVersionError

    session = settings.session()
    patient = HTTPAdapter(max_retries=Retry(3, backoff_factor=0.5, status_forcelist=(500, 502, 503, 504)))
    session.mount("http://", patient)
    session.mount("https://", patient)
    try:
        with PyPISimple(index, session=session) as client:
            packages = client.get_project_page(project, timeout=(15, 60)).packages
    except NoSuchProjectError:
        packages = []
    except (requests.RequestException, UnsupportedRepoVersionError, ValueError) as error:
        return explain(error, index)
    for package in packages:
        if _is_sdist(package.filename, project, version):
            return Sdist(package.url, package.digests.get("sha256"))
    return "it is not listed"


def _is_sdist(filename: str, project: str, version: str) -> bool:
    try:
        return parse_sdist_filename(filename) == (canonicalize_name(project), Version(version))
    except InvalidSdistFilename:  # a wheel, an egg, an installer
        return False
