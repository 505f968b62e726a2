"""What was measured of a task's data, kept beside its records: so that cards and pages need neither data nor torch."""

import json
from pathlib import Path

from pydantic import ValidationError

from sslbench.errors import RecordError
from sslbench.files import write_file
from sslbench.records.identity import digest
from sslbench.strict import StrictModel

FILE = "facts.json"


class StreamFacts(StrictModel):
    """One stream: its name, the shape of an item, and what its columns are where it has some."""

    name: str
    kind: str  # image or columns
    shape: tuple[int, ...]
    categories: int = 0  # columns that hold categories
    gaps: float = 0.0  # share of cells that are gaps

    @property
    def words(self) -> str:
        """`scan: image 1×16×16`, or `table: 19 columns, 3 of them categories`."""
        if self.kind == "image":
            shape = f"image {'×'.join(map(str, self.shape))}"
            return shape if self.name == "image" else f"{self.name}: {shape}"
        more = f", {self.categories} of them categories" if self.categories else ""
        gaps = "less than 0.1%" if self.gaps < 0.001 else f"{self.gaps:.1%}"
        return f"{self.name}: {self.shape[0]} columns{more}" + (f", {gaps} of the cells are gaps" if self.gaps else "")


class TargetFacts(StrictModel):
    """One target: its classes, and what who never looks at the input gets over all rows."""

    classes: int
    chance: float  # accuracy of always naming the most frequent class
    entropy: float  # bits of the label: the most a representation can tell beyond the class prior, whose bits are 0
    rarest: int  # rows of the rarest class


class TaskFacts(StrictModel):
    """What is known of a task's data; `of` is the digest of the parts of its card that it was measured under."""

    of: str
    data: str  # digest of streams, targets and groups
    rows: int
    test_rows: int  # over all folds
    groups: int = 0  # of rows that never straddle a split; 0 where there are none
    streams: tuple[StreamFacts, ...]
    targets: dict[str, TargetFacts]


def asked_of_data(card: dict, views: bool = False) -> str:
    """Digest of the parts of a stored card that say which data it takes and how they are split, and how views are made.

    What was measured under another digest is not of this card; its steps, encoder and prose do not matter.
    """
    parts = ("source", "splits", "views") if views else ("source", "splits")
    return digest({part: card.get(part) for part in parts}, [target["name"] for target in card["targets"]])


def read_facts(results: Path) -> dict[str, TaskFacts]:
    """Facts by task; empty where none were measured. Raises RecordError for a file that cannot be read."""
    file = results / FILE
    if not file.is_file():
        return {}
    try:
        stored = json.loads(file.read_text(encoding="utf-8"))
        return {task: TaskFacts.model_validate(facts) for task, facts in stored.items()}
    except (ValueError, ValidationError) as error:
        raise RecordError(
            f"{file} cannot be read: {error!s:.200}. Remove it: sslbench run or sslbench dev card measures it again"
        ) from None


def add_facts(results: Path, found: dict[str, TaskFacts]) -> None:
    """Add or replace the facts of some tasks; the same facts give the same bytes."""
    every = read_facts(results) | found
    text = json.dumps({t: f.model_dump(mode="json") for t, f in every.items()}, indent=1, sort_keys=True)
    write_file(results / FILE, (text + "\n").encode())
