"""Marks in pages, and their content from the tables.

A page marks what is generated, within a line by a function of `facts`, or as a block of whole lines by one of `blocks`,
`former` or `calibration`: `of <!--= targets(vision) -->6<!--/--> targets`. Arguments are words, separated by commas.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import blocks
import calibration
import facts
import former
from frames import Frames

MARK = re.compile(r"<!--= (?P<name>\w+)\((?P<arguments>[^)]*)\) -->(?P<said>.*?)<!--/-->", re.DOTALL)
OPENING, CLOSING = "<!--=", "<!--/-->"


def marked(*rooms) -> dict:
    """The functions of these modules that pages may name."""
    return {n: f for room in rooms for n, f in vars(room).items() if getattr(f, "of_tables", False)}


INLINE, BLOCKS = marked(facts), marked(blocks, former, calibration)


class MarkError(Exception):
    """A mark that cannot be filled: which page and line, and why."""


@dataclass(frozen=True)
class Difference:
    """Where a page and the tables differ."""

    page: str
    line: int
    said: str
    found: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}: says {self.said.strip()!r}, the tables say {self.found.strip()!r}"


def run(root: Path, check: bool) -> list[Difference]:
    """Fill README.md and docs/*.md under `root` from its results, or only compare; returns what differed."""
    frames, found = Frames(root / "results"), []
    for page in (root / "README.md", *sorted((root / "docs").glob("*.md"))):
        text, differences = fill(page.relative_to(root).as_posix(), page.read_text("utf-8"), frames)
        found += differences
        if differences and not check:
            page.write_text(text, "utf-8")
    return found


def fill(page: str, text: str, frames: Frames) -> tuple[str, list[Difference]]:
    """The text with every mark filled, and the marks whose content changed. Raises MarkError."""
    differences = []

    def written(match: re.Match) -> str:
        line = text.count("\n", 0, match.start()) + 1
        found = value(match, frames, f"{page}:{line}")
        if match["said"] != found:
            differences.append(Difference(page, line, match["said"], found))
        return f"<!--= {match['name']}({match['arguments']}) -->{found}<!--/-->"

    rest = MARK.sub("", text)
    if OPENING in rest or CLOSING in rest:
        raise MarkError(f"{page}: a mark is not closed, or not of the form <!--= name(words) -->text<!--/-->")
    return MARK.sub(written, text), differences


def value(match: re.Match, frames: Frames, where: str) -> str:
    """What the tables say for one mark. Only a block begins a line: Markdown reads a line that begins so as HTML."""
    name, arguments = match["name"], [a.strip() for a in match["arguments"].split(",") if a.strip()]
    if name not in INLINE | BLOCKS:
        raise MarkError(f"{where}: no function {name!r}; there are: {', '.join(sorted(INLINE | BLOCKS))}")
    before = match.string[: match.start()].rpartition("\n")[2]
    if name in BLOCKS and before:
        raise MarkError(f"{where}: {name} is a block and must begin its line")
    if name in INLINE and not before.strip("*-> "):
        raise MarkError(f"{where}: {name} must not begin a line")
    try:
        found = (INLINE | BLOCKS)[name](frames, *arguments)
    except (TypeError, KeyError, OSError) as error:
        raise MarkError(f"{where}: {name}({match['arguments']}) cannot be read from the tables: {error!r}") from error
    return f"\n\n{found.strip()}\n\n" if name in BLOCKS else found


def unmarked(text: str, allowed: str) -> Iterator[tuple[int, str]]:
    """(line, word) of every word with a digit outside marks, code, links' goals and what the pattern allows."""
    for pattern in (MARK.pattern, r"^```.*?^```", r"`[^`\n]*`", r"\]\([^)\s]*\)", allowed):
        blank = re.compile(pattern, re.DOTALL | re.MULTILINE)
        text = blank.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
    for number, line in enumerate(text.splitlines(), 1):
        yield from ((number, found) for found in re.findall(r"\S*\d\S*", line))
