"""The pages for readers: the README is short, and every link between them leads somewhere."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


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
