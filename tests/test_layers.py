"""Imports go downward, and what must start fast does not load torch."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "sslbench"
LAYERS = [
    {"errors", "draws", "strict", "threads", "versions"},
    {"registry", "resources", "files"},
    {"config", "stats"},
    {"tasks"},
    {"records"},
    {"information"},
    {"data", "views", "encoders", "methods", "probes"},
    {"assumptions", "metrics"},
    {"tables"},
    {"training"},
    {"evaluation"},
    {"diagnosis"},
    {"calibration"},
    {"runner"},
    {"site", "submissions", "bench"},
    {"api"},
    {"cli"},
    {"__main__", "__init__"},
]
LAYER = {part: level for level, parts in enumerate(LAYERS) for part in parts}
FILES = sorted(PACKAGE.rglob("*.py"))


def part_of(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_parts(path):
    """Which parts of sslbench a file imports, e.g. {"registry", "stats"}. Relative imports are not used."""
    nodes = [n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, (ast.Import, ast.ImportFrom))]
    assert all(getattr(n, "level", 0) == 0 for n in nodes), f"{path} uses a relative import"
    names = [f"{getattr(n, 'module', '')}.{a.name}".lstrip(".") for n in nodes for a in n.names]
    return {name.split(".")[1] for name in names if name.startswith("sslbench.")}


def test_every_part_has_a_layer():
    assert {part_of(f) for f in FILES} == set(LAYER)


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(PACKAGE)))
def test_imports_go_downward(file):
    own = part_of(file)
    wrong = {p for p in imported_parts(file) if p != own and p in LAYER and LAYER[p] >= LAYER[own]}
    assert not wrong, f"{file} of layer {LAYER[own]} imports {wrong}"


def test_a_file_that_imports_upward_is_found(tmp_path):
    bad = tmp_path / "bad.py"
    bad.write_text("from sslbench.runner.run import run\nimport sslbench.cli.main\n")
    assert imported_parts(bad) == {"runner", "cli"}


@pytest.mark.parametrize(
    "module",
    [
        "sslbench",
        "sslbench.cli.main",
        "sslbench.tables",
        "sslbench.site.build",
        "sslbench.tasks",
        "sslbench.records",
        "sslbench.stats",
    ],
)
def test_does_not_load_torch(module):
    code = f"import sys, {module}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
