"""The rules of the house: one version, no machine's paths, fresh generated code, small files, a pure core."""

from __future__ import annotations

import importlib.metadata
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Final

import pytest

import treffer

ROOT: Final = Path(__file__).resolve().parents[1]
PRODUCTION_LINES: Final = 500

# Cargo writes the identity of its registry into its own lock file.
NAMES_A_REGISTRY: Final = {"Cargo.lock"}
REGISTRY_HOST: Final = re.compile(
    r"(pypi|pythonhosted|crates|npmjs|yarnpkg|golang|maven|debian)\.(org|io|com|apache)|(extra-)?index-url|find-links"
)
MACHINE_PATH: Final = re.compile(r"(?<![\w.}~-])/(root|work|tmp|home/\w+|Users/\w+|opt/\w+)(/|\b(?!\w))")

FORBIDDEN_IN_CORE: Final = ("arrow", "prost", "protox", "pyo3", "rusqlite", "tokio", "tonic")


def committed(*suffixes: str) -> list[Path]:
    """All files that git knows and that are there, those with one of `suffixes` if any is given."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    paths = (ROOT / name for name in listed.split("\0") if name)
    return [path for path in paths if path.is_file() and (not suffixes or path.suffix in suffixes)]


def offences(pattern: re.Pattern[str], *, but: set[str]) -> list[str]:
    """Each place that `pattern` matches, as FILE:LINE, in text files beside those in `but`."""
    found = []
    for path in committed():
        name = str(path.relative_to(ROOT))
        if name in but | {"tests/test_house.py"}:
            continue
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue
        found += [f"{name}:{number}" for number, line in enumerate(lines, 1) if pattern.search(line)]
    return found


def test_crates_and_wheel_have_one_version() -> None:
    """The version is the same in Cargo.toml, for each crate, in pyproject.toml and in what is installed."""
    workspace = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["package"]["version"]
    locked = tomllib.loads((ROOT / "Cargo.lock").read_text())["package"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    crates = {package["version"] for package in locked if package["name"].startswith("treffer")}

    assert {workspace} == crates
    assert workspace == project
    assert workspace == importlib.metadata.version("treffer")


def test_no_file_names_a_download_host() -> None:
    """Where packages come from is the machine's business."""
    assert offences(REGISTRY_HOST, but=NAMES_A_REGISTRY) == []


def test_no_file_holds_a_path_of_a_machine() -> None:
    """What is committed works wherever it is cloned."""
    assert offences(MACHINE_PATH, but=set()) == []


@pytest.mark.parametrize("line", ["see /tmp/x", "/root", 'open("/work/main")', "/home/me/.cargo"])
def test_machine_paths_are_recognised(line: str) -> None:
    """The pattern sees the paths it is there for."""
    assert MACHINE_PATH.search(line)


@pytest.mark.parametrize("line", ["a/work/b", "./tmp/x", "/optional/x", "$(HOME)/.cargo/bin", "treffer/v1", "/rooted"])
def test_other_paths_are_no_offence(line: str) -> None:
    """The pattern leaves relative paths and other words alone."""
    assert not MACHINE_PATH.search(line)


def production_lines(path: Path) -> int:
    """Lines that are neither blank nor comment nor, in Rust, in the test module at the file's end."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".rs":
        text = re.split(r"^#\[cfg\(test\)\]\s*(?:#\[.*\]\s*)*mod \w+ \{", text, maxsplit=1, flags=re.MULTILINE)[0]
    comment = "//" if path.suffix == ".rs" else "#"
    lines = (line.strip() for line in text.splitlines())
    return sum(1 for line in lines if line and not line.startswith(comment))


def is_production(path: Path) -> bool:
    """Whether `path` is written by hand and no test."""
    parts = path.relative_to(ROOT).parts
    return not {"tests", "benches", "v1"} & set(parts) and path.stem not in {"tests", "testing"}


def test_files_stay_small() -> None:
    """A file is about one noun: none has more than 500 production lines."""
    sizes = {
        str(path.relative_to(ROOT)): production_lines(path) for path in committed(".rs", ".py") if is_production(path)
    }

    assert {} == {name: size for name, size in sizes.items() if size > PRODUCTION_LINES}


def crates_below(crate: str) -> set[str]:
    """Names of all crates that `crate` needs at run time, however far below."""
    command = ["cargo", "tree", "--package", crate, "--edges", "normal", "--prefix", "none", "--locked", "--offline"]
    answer = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return {line.split()[0] for line in answer.splitlines() if line} - {crate}


def test_every_rust_file_is_named_by_a_module() -> None:
    """A file that no module names is neither compiled nor tested, and nothing says so."""
    lost = []
    for path in committed(".rs"):
        parts = path.relative_to(ROOT).parts
        if "src" not in parts or path.name in {"lib.rs", "main.rs"}:
            continue
        folder, stem = (path.parent.parent, path.parent.name) if path.name == "mod.rs" else (path.parent, path.stem)
        owners = [*(folder / name for name in ("mod.rs", "lib.rs", "main.rs")), folder.with_suffix(".rs")]
        near = [*path.parent.glob("*.rs"), *path.parent.parent.glob("*.rs")]
        is_named = any(re.search(rf"\bmod {stem};", own.read_text("utf-8")) for own in owners if own.is_file())
        if not is_named and not any(re.search(rf'path = "(\w+/)?{path.name}"', own.read_text("utf-8")) for own in near):
            lost.append(str(path.relative_to(ROOT)))

    assert lost == []


@pytest.mark.skipif(shutil.which("cargo") is None, reason="cargo is not here")
def test_core_knows_no_outside() -> None:
    """The core is a pure state machine: nothing below it speaks to disk, network, Python or the wire."""
    below = crates_below("treffer-core")

    assert below, "the walk found nothing: it is broken"
    assert set() == {name for name in below if name.startswith(FORBIDDEN_IN_CORE)}


@pytest.mark.skipif(shutil.which("cargo") is None, reason="cargo is not here")
def test_service_knows_no_python() -> None:
    """Only the bindings know Python."""
    assert set() == {name for name in crates_below("treffer-service") if name.startswith("pyo3")}


def test_generated_code_is_fresh(tmp_path: Path) -> None:
    """`make proto` with the pinned generator would change nothing."""
    protos = sorted(str(path) for path in (ROOT / "proto").rglob("*.proto"))
    outputs = [f"--{kind}_out={tmp_path}" for kind in ("python", "pyi", "grpc_python")]
    command = [sys.executable, "-m", "grpc_tools.protoc", f"-I{ROOT / 'proto'}", *outputs, *protos]
    subprocess.run(command, check=True, capture_output=True)

    made = {path.name: path.read_text() for path in (tmp_path / "treffer/v1").iterdir()}
    here = {path.name: path.read_text() for path in (ROOT / "python/treffer/v1").glob("*_pb2*.py*")}

    assert made.keys() == here.keys()
    assert [] == [name for name, text in made.items() if text != here[name]]


def test_dimensions_of_openrtb_are_those_of_the_core() -> None:
    """The preset declares just what requests fill: names, kinds and stages stand in either language."""
    text = (ROOT / "rust/core/src/auction/dimension.rs").read_text()
    listed = re.findall(r'^    \("(\w+)", (\w+), (\w+)\),$', text, re.MULTILINE)
    snake = [(name, re.sub(r"(?<!^)(?=[A-Z])", "_", kind).lower(), stage.lower()) for name, kind, stage in listed]

    assert len(snake) == int(re.findall(r"const OPENRTB: .*; (\d+)\]", text)[0])
    assert sorted(snake) == sorted(
        (own.name, own.kind, own.stage) for own in treffer.presets.openrtb if isinstance(own, treffer.Dimension)
    )
