"""A run in one file to archive or to share: an RO-Crate 1.1 (https://w3id.org/ro/crate/1.1), zipped."""

import json
import mimetypes
import os
import zipfile
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from supcore import __version__
from supcore.files import atomic_path, sha256

CONFIGURATION, METADATA = "configuration.yaml", "ro-crate-metadata.json"
_CONTEXT = ["https://w3id.org/ro/crate/1.1/context", {"sha256": "https://w3id.org/ro/terms/workflow-run#sha256"}]
_FORMATS = {".safetensors": "application/vnd.safetensors", ".md": "text/markdown", ".tex": "application/x-tex"}
_EARLIEST = (1980, 1, 1, 0, 0, 0)  # of a zip archive; the same files make the same bytes


def write_bundle(
    path: str | Path, files: Iterable[str | Path], root: str | Path, configuration: Mapping[str, Any]
) -> int:
    """Write files of a run, its configuration, and metadata that names every file with its hash.

    Args:
        path: of the zip archive.
        files: results, their provenance and SUPs.
        root: folder that names in the archive begin at; files elsewhere keep what follows the common part.
        configuration: complete, as the run had it.

    Returns:
        Number of files.

    Raises:
        SupError: the archive cannot be written.
        OSError: a file cannot be read.
    """
    named = {archived_name(file, root): Path(file) for file in sorted(map(str, files))}
    text = yaml.safe_dump(json.loads(json.dumps(configuration)), sort_keys=True, allow_unicode=True)
    described = [_described(name, file) for name, file in named.items()]
    newest = max((file.stat().st_mtime for file in named.values()), default=0.0)
    metadata = json.dumps(crate(described, datetime.fromtimestamp(newest, UTC)), indent=2) + "\n"
    with atomic_path(path) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in ((METADATA, metadata), (CONFIGURATION, text)):
            archive.writestr(zipfile.ZipInfo(name, _EARLIEST), content, zipfile.ZIP_DEFLATED)
        for name, file in named.items():
            archive.writestr(zipfile.ZipInfo(name, _EARLIEST), file.read_bytes(), zipfile.ZIP_DEFLATED)
    return len(named)


def archived_name(file: str | Path, root: str | Path) -> str:
    """Where a file stands in the archive: below ``root`` by its path from there.

    Examples:
        >>> archived_name("results/tables/transfer.csv", "results")
        'tables/transfer.csv'
        >>> archived_name("results/sups/a.safetensors", "results/paper_training")
        'sups/a.safetensors'
    """
    parts = Path(os.path.relpath(file, root)).parts
    return "/".join(part for part in parts if part != "..")


def crate(files: list[dict[str, Any]], published: datetime) -> dict[str, Any]:
    """The metadata: what the archive is, what it was made with, and its files."""
    results = [{"@id": file["@id"]} for file in files]
    descriptor = {
        "@id": METADATA,
        "@type": "CreativeWork",
        "about": {"@id": "./"},
        "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
    }
    dataset = {
        "@id": "./",
        "@type": "Dataset",
        "name": "Stereoscopic universal perturbations: results of a run",
        "description": "Tables, figures and perturbations, and how each was made (provenance.json). The configuration "
        "makes them again.",
        "datePublished": published.date().isoformat(),
        "hasPart": [{"@id": CONFIGURATION}, *results],
        "mentions": {"@id": "#run"},
    }
    run = {
        "@id": "#run",
        "@type": "CreateAction",
        "name": "a run of the workflow",
        "endTime": published.isoformat(),
        "instrument": {"@id": "#supcore"},
        "object": {"@id": CONFIGURATION},
        "result": results,
    }
    software = {"@id": "#supcore", "@type": "SoftwareApplication", "name": "supcore", "softwareVersion": __version__}
    configuration = {"@id": CONFIGURATION, "@type": "File", "name": "configuration", "encodingFormat": "text/yaml"}
    return {"@context": _CONTEXT, "@graph": [descriptor, dataset, run, software, configuration, *files]}


def _described(name: str, file: Path) -> dict[str, Any]:
    kind = _FORMATS.get(file.suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    size = str(file.stat().st_size)
    return {"@id": name, "@type": "File", "encodingFormat": kind, "contentSize": size, "sha256": sha256(file)}
