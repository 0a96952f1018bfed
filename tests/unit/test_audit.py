"""The audit says when there was none."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / ".ci/audit.py"
SOUND = {"name": "a", "version": "1", "vulns": []}
WEAK = {"name": "b", "version": "2", "vulns": [{"id": "CVE-1", "fix_versions": ["3"]}]}
SKIPPED = {"name": "c", "skip_reason": "Dependency not found on PyPI and could not be audited: c (1)"}


@pytest.mark.parametrize(
    ("packages", "line"),
    [
        ([SOUND], ""),
        ([SOUND, WEAK], "audit: b 2: CVE-1, mended in 3\n"),
        ([SOUND, SKIPPED], "audit: 1 of 2 packages could not be audited (c); nothing is known of them, "),
        ([], "audit: 0 of 0 packages could not be audited"),
        (None, "audit: nothing could be audited: pip-audit gave no list; "),
    ],
)
def test_only_what_was_audited_is_sound(packages, line):
    given = "" if packages is None else json.dumps({"dependencies": packages})
    done = subprocess.run([sys.executable, SCRIPT], input=given, capture_output=True, text=True, check=False)
    assert done.returncode == bool(line)
    assert done.stderr.startswith(line)
    assert done.stderr.count("\n") == bool(line)
