"""Hold the locked dependencies against the known vulnerabilities; fail when one is known.

Where the service that knows them does not answer, it says so loudly and lets through: a change does
not wait for another site, and the next run asks again.
"""

import json
import subprocess
import sys
from pathlib import Path


def main(locked: Path) -> int:
    """Audit one file of pinned versions; give the exit code."""
    tool = Path(sys.executable).with_name("pip-audit")
    asked = [tool, "--no-deps", "--disable-pip", "--progress-spinner", "off", "--format", "json"]
    done = subprocess.run(  # noqa: S603 -- our own tool, on our own file
        [*asked, "-r", locked], capture_output=True, text=True, check=False
    )
    try:
        found = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        found = []
    audited = [one for one in found if "skip_reason" not in one]
    if not audited:
        sys.stdout.write("SKIPPED: the list of known vulnerabilities cannot be asked from here\n")
        return 0
    known = [(one, flaw) for one in audited for flaw in one["vulns"]]
    for one, flaw in known:
        mend = ", ".join(flaw["fix_versions"]) or "none yet"
        sys.stdout.write(f"{one['name']} {one['version']}: {flaw['id']}, mended in {mend}\n")
    sys.stdout.write(f"{len(audited)} of {len(found)} packages audited, {len(known)} flaws known\n")
    return 1 if known else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
