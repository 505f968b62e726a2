"""The pages for readers: the README is short, every link leads somewhere; docstrings begin with one whole line."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
MODULES = sorted((ROOT / "sslbench").rglob("*.py"))


def links(page):
    """(text, goal) of every link and picture outside code that leads to a file of this repository."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    found = re.findall(r"\[([^\]]*)\]\(([^)\s]+)\)", text)
    return [(words, goal.partition("#")[0]) for words, goal in found if "://" not in goal]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_link_leads_to_a_file(page):
    broken = [goal for _, goal in links(page) if goal and not (page.parent / goal).exists()]
    assert not broken


def test_the_readme_is_short_and_leads_to_every_page():
    readme = ROOT / "README.md"
    assert len(readme.read_text(encoding="utf-8").splitlines()) <= 150
    assert {p.relative_to(ROOT).as_posix() for p in PAGES[1:]} <= {goal for _, goal in links(readme)}


def test_a_link_to_nowhere_is_found(tmp_path):
    (tmp_path / "page.md").write_text("[a](missing.md#part), [b](https://example.org/x)\n```\n[c](code.md)\n```\n")
    assert links(tmp_path / "page.md") == [("a", "missing.md")]


def spilled(module):
    """(line, name) of every docstring whose first line runs on into a second one."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            _, *rest = (ast.get_docstring(node) or "").split("\n")
            if rest and rest[0].strip():
                yield getattr(node, "lineno", 1), getattr(node, "name", "module")


@pytest.mark.parametrize("module", MODULES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_every_docstring_begins_with_one_whole_line(module):
    assert not list(spilled(module))
