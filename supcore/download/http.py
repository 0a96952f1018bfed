"""One file over HTTP(S): resumed, retried, checked, and under its name only once it is whole."""

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import requests
from tqdm import tqdm

from supcore.download import checks
from supcore.download.checks import UNKNOWN, Expected, find_problem
from supcore.errors import SupError, without_password
from supcore.files import publish

logger = logging.getLogger(__name__)

_TIMEOUT = (15, 60)  # seconds: to connect, and between two blocks
_BLOCK = 1 << 16
_WORTH_RETRYING = {408, 425, 429, 500, 502, 503, 504}


class TransientError(Exception):
    """A failure that may pass by itself."""


@dataclass(frozen=True)
class Retry:
    """How often to try and how long to wait: ``backoff``, twice that, four times that … s, at most 30."""

    attempts: int = 5
    backoff: float = 1.0

    def tries(self) -> Iterator[int]:
        """Yield the number of each attempt, waiting before every one but the first."""
        for attempt in range(self.attempts):
            if attempt:
                time.sleep(min(self.backoff * 2 ** (attempt - 1), 30))
            yield attempt


DEFAULT_RETRY = Retry()


def fetch(
    url: str,
    target: Path,
    *,
    expected: Expected = UNKNOWN,
    session: requests.Session | None = None,
    retry: Retry = DEFAULT_RETRY,
) -> None:
    """Download ``url`` to ``target``.

    The data gather in ``<target>.part``, from which an interrupted download goes on, even in a later process.
    The file gets its name only after size and SHA-256 have been checked.

    Args:
        url: http or https address.
        target: where the file goes; its folder exists.
        expected: size and SHA-256, as far as they are known.
        session: carries proxies and certificates; by default those of the environment.
        retry: number of attempts and waiting time.

    Raises:
        SupError: the file cannot be had, or is not the expected one.
    """
    try:
        urlsplit(url)
    except ValueError as error:
        raise SupError(without_password(f"{url}: is not a web address ({error}); correct it")) from error
    session = session or requests.Session()
    part = target.with_name(target.name + ".part")
    problem = ""
    for attempt in retry.tries():
        resumed = part.exists()
        try:
            _transfer(session, url, part, expected)
        except TransientError as error:
            problem = f"{error}; try again later"
            logger.warning("%s: attempt %d failed: %s", target.name, attempt + 1, error)
            continue
        found = find_problem(part, expected)
        if found is None:
            publish(part, target)
            _validator_path(part).unlink(missing_ok=True)
            return
        _discard(part)
        problem = f"{found} (from {without_password(url)})"
        if not resumed:  # a complete download of the wrong content; only a wrong join deserves another try
            break
    raise SupError(f"{target.name}: {problem}")


def explain(error: Exception, url: str) -> str:
    """Put a failure of ``requests`` in a few words."""
    host = urlsplit(url).hostname
    if isinstance(error, requests.exceptions.SSLError):
        return f"the certificate of {host} is not accepted; set REQUESTS_CA_BUNDLE to one that is"
    if isinstance(error, requests.exceptions.ProxyError):
        return f"the proxy does not lead to {host}; check HTTPS_PROXY"
    if isinstance(error, requests.Timeout):
        return f"{host} did not answer in time"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return f"{host} closed the connection early"
    if isinstance(error, requests.ConnectionError):
        return f"no connection to {host}"
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"{host} answered {error.response.status_code} {error.response.reason}"
    return without_password(f"{type(error).__name__}: {error}".splitlines()[0])


def _transfer(session: requests.Session, url: str, part: Path, expected: Expected) -> None:
    """Make one request and append what it brings to ``part``."""
    headers = {"Accept-Encoding": "identity"} | _resume_headers(part, expected)
    try:
        with session.get(url, headers=headers, stream=True, timeout=_TIMEOUT) as response:
            if _has_nothing_more(response, part):
                return
            _check_status(response, url, part)
            _store(response, part, expected)
    except requests.RequestException as error:
        fatal = isinstance(error, requests.exceptions.SSLError | requests.exceptions.ProxyError)
        passing = isinstance(
            error, requests.ConnectionError | requests.Timeout | requests.exceptions.ChunkedEncodingError
        )
        if passing and not fatal:
            raise TransientError(explain(error, url)) from error
        raise SupError(f"{without_password(url)}: {explain(error, url)}") from error
    except OSError as error:
        raise SupError(
            f"{part}: cannot be written ({error.strerror or error}); free space or choose another folder"
        ) from error


def _resume_headers(part: Path, expected: Expected) -> dict[str, str]:
    """Ask for the rest only where a mixture of two versions is noticed, by If-Range or by the SHA-256."""
    offset = part.stat().st_size if part.exists() else 0
    validator = _validator_path(part)
    if offset and validator.exists():
        return {"Range": f"bytes={offset}-", "If-Range": validator.read_text(encoding="utf-8")}
    if offset and expected.sha256:
        return {"Range": f"bytes={offset}-"}
    return {}


def _has_nothing_more(response: requests.Response, part: Path) -> bool:
    """Whether the partial file is whole: the process ended between its last byte and its new name."""
    whole = response.headers.get("Content-Range", "").removeprefix("bytes */")
    return response.status_code == 416 and part.exists() and whole == str(part.stat().st_size)


def _check_status(response: requests.Response, url: str, part: Path) -> None:
    status = response.status_code
    if status == 416:  # our partial file is longer than what the server has
        _discard(part)
        raise TransientError("the server could not resume the download")
    if status in _WORTH_RETRYING:
        raise TransientError(f"{urlsplit(url).hostname} answered {status} {response.reason}")
    if status not in (200, 206):
        raise SupError(f"{without_password(url)}: the server answered {status} {response.reason}; check the address")
    if response.headers.get("Content-Type", "").startswith("text/html"):
        raise SupError(f"{without_password(url)}: leads to a web page, not the file (a quota, login or error page)")


def _store(response: requests.Response, part: Path, expected: Expected) -> None:
    offset = _start_of(response, part)
    total = _total_size(response, offset)
    if None not in (expected.size, total) and total != expected.size:
        raise SupError(f"{without_password(response.url)}: the server offers {total} bytes instead of {expected.size}")
    limit = checks.LARGEST if expected.size is None else expected.size
    with (
        part.open("ab" if offset else "wb") as stream,
        tqdm(desc=part.stem, total=total, initial=offset, unit="B", unit_scale=True, disable=None) as bar,
    ):
        _remember_validator(response, part)  # after an older part was emptied, never beside it
        for block in response.iter_content(_BLOCK):
            stream.write(block)
            bar.update(len(block))
            if stream.tell() > limit:
                _discard(part)
                wanted = "allowed" if expected.size is None else "expected"
                raise SupError(
                    f"{without_password(response.url)}: the server sends more than the {wanted} {limit} bytes"
                )
    if total is not None and part.stat().st_size < total:
        raise TransientError(f"{urlsplit(response.url).hostname} closed the connection early")


def _start_of(response: requests.Response, part: Path) -> int:
    """Where the answer's first byte belongs; 0 if the server ignores the range or the content has changed."""
    if response.status_code != 206:
        return 0
    offset = part.stat().st_size if part.exists() else 0
    if not response.headers.get("Content-Range", "").startswith(f"bytes {offset}-"):
        _discard(part)
        raise TransientError("the server sent another range than asked for")
    return offset


def _total_size(response: requests.Response, offset: int) -> int | None:
    length = response.headers.get("Content-Length", "")
    # With a content encoding the header counts the encoded bytes, which nobody here sees.
    encoded = response.headers.get("Content-Encoding", "identity") != "identity"
    return offset + int(length) if length.isdigit() and not encoded else None


def _remember_validator(response: requests.Response, part: Path) -> None:
    tag = response.headers.get("ETag", "")
    validator = tag if tag and not tag.startswith("W/") else response.headers.get("Last-Modified")
    if validator:
        _validator_path(part).write_text(validator, encoding="utf-8")
    else:
        _validator_path(part).unlink(missing_ok=True)


def _validator_path(part: Path) -> Path:
    return part.with_name(part.name + ".version")


def _discard(part: Path) -> None:
    part.unlink(missing_ok=True)
    _validator_path(part).unlink(missing_ok=True)
