"""Write the lock files beside this script from the dependencies in pyproject.toml.

One resolution over everything gives every package one version; each file then lists what its set needs, exactly pinned.
Run by `make lock`. The files name packages and versions only, never where a package comes from.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).parent
SETS = {"run": (), "demo": ("demo",), "dev": ("dev", "demo"), "bench": ("bench",)}


def resolved(requirements: list[str], constraints: Path | None = None) -> dict[str, str]:
    """Name and version of all that pip would install for `requirements` into an empty environment."""
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--quiet", "--report", "-"]
    if constraints is not None:
        command += ["--constraint", str(constraints)]
    answer = subprocess.run([*command, *requirements], check=True, capture_output=True, text=True)  # noqa: S603
    packages = (package["metadata"] for package in json.loads(answer.stdout)["install"])
    return {package["name"].lower().replace("_", "-"): package["version"] for package in packages}


def written(path: Path, pins: dict[str, str], comment: str) -> Path:
    """Write `pins` to `path`, sorted, under a comment."""
    lines = [f"# {comment}", *(f"{name}=={version}" for name, version in sorted(pins.items()))]
    path.write_text("\n".join(lines) + "\n")
    return path


def main() -> None:
    """Resolve once over everything, then once for each set within that answer."""
    project = tomllib.loads((HERE.parent / "pyproject.toml").read_text())
    needs: list[str] = project["project"]["dependencies"] + project["build-system"]["requires"]
    extras: dict[str, list[str]] = project["project"]["optional-dependencies"]

    every = needs + [need for extra in extras.values() for need in extra]
    pins = written(HERE / "all.tmp", resolved(every), "constraints of one run of lock.py")
    for name, chosen in SETS.items():
        wanted = needs + [need for extra in chosen for need in extras[extra]]
        written(HERE / f"{name}.txt", resolved(wanted, pins), "Written by `make lock` from pyproject.toml.")
    pins.unlink()


if __name__ == "__main__":
    main()
