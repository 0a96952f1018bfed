"""Files of text: lists, registries, records of errors, hashes."""

import hashlib
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from supcore.data.contents import Known, changed_contents, known_contents
from supcore.data.manifest import StereoSample, read_manifest
from supcore.data.pair_table import read_pair_table
from supcore.download.pins import pinned_hash
from supcore.download.registry import Registry, load_registry
from supcore.reporting.summary import CONDITION, read_records
from tests.fuzz.target import Target

HASH = hashlib.sha256(b"").hexdigest()
REGISTRY = f"""\
files:
  psmnet.zip: {{drive: 108z1Pp8_AARgFB2MJ3I0gGLUEBA9m_vg, license: &free MIT, sha256: {HASH}, size: 9}}
  aanet.tar.gz: {{pypi: {{project: aanet, version: "1.0"}}, license: *free}}
  sups.zip: {{url: "https://example.org/sups.zip", license: "no: commercial use"}}
weights:
  psmnet:
    kitti15:
      file: psmnet.zip
      member: psmnet/kitti.tar
      mirrors: [{{file: aanet.tar.gz}}]
      parameters: 5_224_768
      options: {{align_corners: true, max_disparity: 192}}
      corrected: {{align_corners: false}}
      trained_on: {{kitti2015: ":160"}}
    own: {{path: ~/weights.tar, sha256: {HASH[:8]}, size: 9}}
perturbations:
  authors: {{file: sups.zip, member: "{{network}}_{{size}}/{{norm}}.pth", chosen_on: {{kitti2015: "160:"}}}}
"""


def manifest() -> bytes:
    rows = "".join(f"left {n}.png,right {n}.png,{n}.pfm,\n" for n in range(5))
    return f"left,right,disparity,segmentation\n{rows}".encode()


def is_list_of_pairs(samples: Any) -> bool:
    texts = [text for sample in samples for text in vars(sample).values()]
    return (
        bool(samples)
        and all(isinstance(s, StereoSample) and s.left and s.right for s in samples)
        and all(isinstance(text, str) and not set(text) & {"\0", "\n", "\r"} for text in texts)
    )


def changed(path: Path) -> str:
    """What has become of the files that it listed when its record was written."""
    record = path.with_suffix(".contents")
    record.write_bytes(contents())
    found = changed_contents(path)
    record.unlink()
    return found


def is_hash_or_nothing(found: str) -> bool:
    return are_hashes([found or None])


def pair_table() -> bytes:
    return "left,right,disparity\na.png,b.png,\nä.png,/c.png,d.pfm\n".encode("utf-8-sig")


def is_list_of_paths(pairs: Any) -> bool:
    """Paths that a manifest can hold; whether the files exist is looked at later."""
    known = {"left", "right", "disparity", "segmentation", "visible"}
    return bool(pairs) and all(
        {"left", "right"} <= pair.keys() <= known and all(str(path).isprintable() for path in pair.values())
        for pair in pairs
    )


def is_registry(registry: Registry) -> bool:
    """Every entry is complete, and no file of it leaves the folder of downloads."""
    entries = [entry for named in registry.weights.values() for entry in named.values()]
    entries += [found.checkpoint("psmnet", "tile64", 0.02) for found in registry.perturbations.values()]
    return all(entry.origins or entry.path for entry in entries) and all(
        Path(name).name == name and file.name == name and file.license for name, file in registry.files.items()
    )


def pins() -> bytes:
    return json.dumps({"psmnet.zip": HASH, "aanet.tar.gz": HASH[::-1]}, indent=2).encode()


def pinned(path: Path) -> list[str | None]:
    """The hashes that two of the names are pinned to, and none for a third."""
    return [pinned_hash(path.parent, name) for name in ("psmnet.zip", "aanet.tar.gz", "other.zip")]


def are_hashes(found: Iterable[str | None]) -> bool:
    return all(value is None or re.fullmatch("[0-9a-f]{64}", value) for value in found)


def contents() -> bytes:
    files = {f"{side}.png": [[7, 1700000000000000000, 12], HASH] for side in ("left", "right")}
    return json.dumps({"digest": HASH, "files": files}, indent=2).encode()


def known(path: Path) -> Known:
    """What the record beside a manifest says."""
    return known_contents(path.with_suffix(".csv"))


def are_known(found: Known) -> bool:
    """Numbers to compare with size, time and inode of every file, and its hash."""
    comparable = all(isinstance(state, list) and all(type(n) is int for n in state) for state, _ in found.values())
    return comparable and are_hashes(value for _, value in found.values())


def records() -> bytes:
    rows = [f"scenes,psmnet,noise,tile64,0.02,{n},ground_truth,{n},{n}.500000,0.250000,2048" for n in range(4)]
    rows.append("scenes,psmnet,none,,,,ground_truth,0,,,0")
    return "\n".join([",".join([*CONDITION, "reference", "image", "d1", "epe", "n_valid"]), *rows, ""]).encode()


def are_records(table: pd.DataFrame) -> bool:
    """Where pixels are valid, there is an error."""
    errors, counts = table[["d1", "epe"]].to_numpy(float), table["n_valid"].to_numpy(float)
    return bool((counts >= 0).all() and ((errors >= 0) & np.isfinite(errors))[counts > 0].all())


TARGETS = {
    "manifest": Target("a.csv", manifest, read_manifest, is_list_of_pairs),
    "manifest, changed": Target("a.csv", manifest, changed, is_hash_or_nothing),
    "contents of a manifest": Target("a.contents", contents, known, are_known),
    "table of pairs": Target("a.csv", pair_table, read_pair_table, is_list_of_paths),
    "registry": Target("weights.yaml", REGISTRY.encode, load_registry, is_registry),
    "pins": Target("pinned.json", pins, pinned, are_hashes),
    "records": Target("clean.csv", records, lambda path: read_records([path]), are_records),
}
