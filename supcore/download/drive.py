"""Files on Google Drive, by their id."""

import logging
import sys
from collections.abc import Callable
from glob import escape
from pathlib import Path

import gdown
import requests

from supcore.download import checks
from supcore.download.checks import Expected, find_problem
from supcore.download.http import Retry, explain
from supcore.errors import SupError
from supcore.files import publish

logger = logging.getLogger(__name__)

ADDRESS = "https://drive.google.com/uc?id={id}"


class _TooLongError(Exception):
    """More bytes than there should be."""


def _limit(target: Path, expected: Expected) -> Callable[[int, int | None], None]:
    """A reader of gdown's progress that ends a download without end."""
    most = checks.LARGEST if expected.size is None else expected.size

    def refuse(done: int, _: int | None) -> None:
        if done > most:
            raise _TooLongError(f"{target.name}: Google Drive sends more than the allowed {most} bytes")

    return refuse


def fetch_drive(file_id: str, target: Path, *, expected: Expected, retry: Retry) -> None:
    """Download a publicly shared Google Drive file to ``target`` (gdown handles Drive's confirmation pages).

    Raises:
        SupError: Drive refuses (quota, permission), cannot be reached, or serves another content.
    """
    url = ADDRESS.format(id=file_id)
    part = target.with_name(target.name + ".part")
    problem = ""
    for attempt in retry.tries():
        try:
            # resume=True continues gdown's own temporary file and accepts a finished one.
            quiet, limit = not sys.stderr.isatty(), _limit(target, expected)
            gdown.download(url=url, output=str(part), quiet=quiet, resume=True, timeout=60, progress=limit)
            break
        except _TooLongError as error:
            for unfinished in part.parent.glob(f"{escape(part.name)}*.part"):
                unfinished.unlink()
            raise SupError(str(error)) from None
        except gdown.exceptions.FileURLRetrievalError as error:
            raise SupError(
                f"{target.name}: Google Drive does not hand it out (quota or permission); try tomorrow"
            ) from error
        except requests.exceptions.SSLError as error:
            raise SupError(f"{target.name}: {explain(error, url)}") from error
        except (requests.RequestException, gdown.exceptions.DownloadError) as error:
            problem = explain(error, url)
            logger.warning("%s: attempt %d failed: %s", target.name, attempt + 1, problem)
        except OSError as error:
            raise SupError(
                f"{part}: cannot be written ({error.strerror or error}); free space or choose another folder"
            ) from error
    else:
        raise SupError(f"{target.name}: {problem}")
    found = find_problem(part, expected)
    if found is not None:
        part.unlink()
        raise SupError(f"{target.name}: {found} (from {url})")
    publish(part, target)
