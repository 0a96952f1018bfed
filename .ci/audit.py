"""Put what pip-audit found, as JSON on the standard input, in plain words; fail unless every version is known as sound.

pip-audit itself ends with "No known vulnerabilities found" where it could look nothing up.
"""

import json
import sys


def faults(listing: str) -> list[str]:
    """One line for each weakness, and one for all packages that could not be looked up."""
    try:
        packages = json.loads(listing)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return ["nothing could be audited: pip-audit gave no list; see what it says above"]
    weak = [(package, weakness) for package in packages for weakness in package.get("vulns", [])]
    found = [
        f"{package['name']} {package['version']}: {weakness['id']}, mended in "
        f"{', '.join(weakness.get('fix_versions', [])) or 'no version yet'}"
        for package, weakness in weak
    ]
    skipped = [package["name"] for package in packages if "skip_reason" in package]
    if skipped or not packages:
        found.append(
            f"{len(skipped)} of {len(packages)} packages could not be audited ({', '.join(skipped[:5])}); nothing is "
            "known of them, see that the data base of advisories can be reached"
        )
    return found


if __name__ == "__main__":
    sys.exit("\n".join(f"audit: {fault}" for fault in faults(sys.stdin.read())) or 0)
