"""The address of a source distribution on the package index that pip is configured with.

``pip download`` would run the package's setup code to learn its metadata. Here the index is only asked
for the file's address and hash (the simple repository API, PEP 503 and 691).
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urldefrag, urljoin

import requests
from packaging.utils import InvalidSdistFilename, canonicalize_name, parse_sdist_filename
from packaging.version import Version
from requests.adapters import HTTPAdapter
from urllib3.util import Retry as PageRetry

from supcore.download.http import explain
from supcore.errors import SupError

# pip itself merges its configuration files, its environment variables and its default index.
_ASK_PIP = """
import json
from pip._internal.commands import create_command
options, _ = create_command("download").parse_args(["anything"])
indexes = [] if options.no_index else [options.index_url, *options.extra_index_urls]
print(json.dumps({"indexes": indexes, "certificates": options.cert, "proxy": options.proxy}))
"""
_ACCEPT = "application/vnd.pypi.simple.v1+json, text/html;q=0.1"


@dataclass(frozen=True)
class PipSettings:
    """The part of pip's configuration that a download needs."""

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
    """Ask this interpreter's pip for its index, certificates and proxy.

    Raises:
        SupError: there is no pip and no PIP_INDEX_URL.
    """
    # -P: a file named pip.py in the working directory must not be run.
    asked = subprocess.run([sys.executable, "-P", "-c", _ASK_PIP], capture_output=True, text=True, check=False)
    if asked.returncode == 0:
        answer = json.loads(asked.stdout.splitlines()[-1])
        web = tuple(index for index in answer["indexes"] if index.startswith(("http://", "https://")))
        return PipSettings(web, answer["certificates"], answer["proxy"] or None)
    if index := os.environ.get("PIP_INDEX_URL"):
        return PipSettings((index,), os.environ.get("PIP_CERT"), os.environ.get("PIP_PROXY"))
    raise SupError(
        f"{sys.executable}: its pip does not tell the package index; set PIP_INDEX_URL to the index's address"
    )


def find_sdist(project: str, version: str, settings: PipSettings) -> Sdist:
    """Look a source distribution up, in the order of the configured indexes.

    Raises:
        SupError: no index can be reached or none has it.
    """
    problems = []
    for index in settings.indexes:
        page = f"{index.rstrip('/')}/{canonicalize_name(project)}/"
        try:
            links = _read_page(page, settings)
        except (requests.RequestException, ValueError, KeyError, TypeError) as error:
            problems.append(explain(error, page))
            continue
        for name, link in links:
            if _is_sdist(name, project, version):
                return link
        problems.append("it is not listed")
    reason = "; ".join(problems) or "pip is configured without a web index; set PIP_INDEX_URL"
    raise SupError(f"{project} {version}: no source distribution found on the package index ({reason})")


def _read_page(page: str, settings: PipSettings) -> list[tuple[str, Sdist]]:
    """File names and addresses on a project's page, whichever of the two formats the index speaks."""
    with settings.session() as session:
        patient = HTTPAdapter(max_retries=PageRetry(3, backoff_factor=0.5, status_forcelist=(500, 502, 503, 504)))
        session.mount("http://", patient)
        session.mount("https://", patient)
        response = session.get(page, headers={"Accept": _ACCEPT}, timeout=(15, 60))
    if response.status_code == 404:
        return []
    response.raise_for_status()
    if "json" in response.headers.get("Content-Type", ""):
        return [_from_json(item, response.url) for item in response.json()["files"]]
    parser = _LinkParser()
    parser.feed(response.text)
    return [_from_html(name, href, response.url) for name, href in parser.links]


def _from_json(item: dict[str, Any], page: str) -> tuple[str, Sdist]:
    return item["filename"], Sdist(urljoin(page, item["url"]), item.get("hashes", {}).get("sha256"))


def _from_html(name: str, href: str, page: str) -> tuple[str, Sdist]:
    url, fragment = urldefrag(urljoin(page, href))
    kind, _, digest = fragment.partition("=")
    return name, Sdist(url, digest if kind == "sha256" else None)


def _is_sdist(filename: str, project: str, version: str) -> bool:
    try:
        name, found = parse_sdist_filename(filename)
    except InvalidSdistFilename:  # a wheel, an egg, an installer
        return False
    return name == canonicalize_name(project) and found == Version(version)


class _LinkParser(HTMLParser):
    """Collects (text, href) of the anchors."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[tuple[str, str]] = []
        self._href: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._href = dict(attrs).get("href")

    def handle_data(self, data: str) -> None:
        if self._href and data.strip():
            self.links.append((data.strip(), self._href))
            self._href = None
