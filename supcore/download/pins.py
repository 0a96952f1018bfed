"""Trust on first use: files of unknown hash must not change once they have been used."""

import logging
from pathlib import Path

from supcore.download.locks import locked
from supcore.errors import SupError
from supcore.files import is_sha256, read_json, sha256, write_json

logger = logging.getLogger(__name__)

PINS = "pinned.json"


def pinned_hash(downloads: Path, name: str) -> str | None:
    """The SHA-256 recorded when ``name`` was first used, or ``None``."""
    return _read(downloads / PINS).get(name)


def pin(downloads: Path, name: str) -> None:
    """Record the SHA-256 of ``downloads/name`` unless there is a record already."""
    path = downloads / PINS
    with locked(path):
        pins = _read(path)
        if name not in pins:
            digest = sha256(downloads / name)
            logger.warning(
                "%s: no hash is published; trusting this first usable copy, sha256 %s, noted in %s",
                name,
                digest,
                path,
            )
            pins[name] = digest
            write_json(path, pins)


def _read(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    try:
        pins = read_json(path)
    except (OSError, ValueError) as error:
        raise SupError(f"{path}: cannot be read as JSON ({error}); repair it or delete it to trust anew") from error
    if not isinstance(pins, dict) or not all(map(is_sha256, pins.values())):
        raise SupError(f"{path}: must map file names to SHA-256 hashes; repair it or delete it to trust anew")
    return pins
