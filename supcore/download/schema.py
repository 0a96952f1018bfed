"""What config/weights.yaml may contain, as a JSON schema."""

from typing import Any

# Messages and paths hold neither control characters nor what stands for bytes that are no UTF-8.
_PLAIN = "[^\\x00-\\x1f\\x7f\\ud800-\\udfff]"
_TEXT = {"type": "string", "pattern": f"^{_PLAIN}+$"}
_SHA256 = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_SHA256_OR_ITS_BEGIN = {"type": "string", "pattern": "^[0-9a-f]{8,64}$"}
_COUNT = {"type": "integer", "minimum": 1}
# File names become paths below the downloads folder: no separator, no leading dot.
_FILE_NAME = {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._+-]*$"}
_OPTIONS = {"type": "object", "additionalProperties": {"type": ["boolean", "number", "string"]}}

_FILE: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["license"],
    "properties": {
        "drive": {"type": "string", "pattern": "^[A-Za-z0-9_-]{10,}$"},
        "pypi": {
            "type": "object",
            "additionalProperties": False,
            "required": ["project", "version"],
            "properties": {"project": _TEXT, "version": _TEXT},
        },
        "url": {"type": "string", "pattern": "^https?://[^\\x00-\\x20\\x7f]+$"},
        "license": _TEXT,
        "sha256": _SHA256,
        "size": _COUNT,
    },
}

# Frames of a benchmark, by its layout, as in a split: ":" or "160:".
_FRAMES = {
    "type": "object",
    "propertyNames": {"enum": ["kitti2012", "kitti2015", "motorcycle"]},
    "additionalProperties": {"type": "string", "pattern": r"^\d{0,9}:\d{0,9}$"},
}

_ORIGIN: dict[str, Any] = {"file": _FILE_NAME, "member": _TEXT}

_WEIGHTS: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        **_ORIGIN,
        "mirrors": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["file"],
                "properties": _ORIGIN,
            },
        },
        "path": _TEXT,
        "parameters": _COUNT,
        "options": _OPTIONS,
        "corrected": _OPTIONS,
        "trained_on": _FRAMES,
        "sha256": _SHA256_OR_ITS_BEGIN,
        "size": _COUNT,
    },
}

# A path of one perturbation, with the names that choose it.
_PATTERN = _TEXT | {"pattern": "^([^{}\\x00-\\x1f\\x7f\\ud800-\\udfff]|\\{(network|size|norm)\\})+$"}
_PERTURBATIONS: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {"file": _FILE_NAME, "member": _PATTERN, "path": _PATTERN, "chosen_on": _FRAMES},
}

SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "minProperties": 1,
    "properties": {
        "files": {"type": "object", "propertyNames": _FILE_NAME, "additionalProperties": _FILE},
        "weights": {
            "type": "object",
            "propertyNames": _TEXT,
            "additionalProperties": {"type": "object", "propertyNames": _TEXT, "additionalProperties": _WEIGHTS},
        },
        "perturbations": {"type": "object", "propertyNames": _TEXT, "additionalProperties": _PERTURBATIONS},
    },
}
