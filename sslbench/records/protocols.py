"""A protocol's numbers mean something else after its version is raised: records of two versions share no table."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from sslbench.config import protocol_named
from sslbench.records.identity import protocol_digest
from sslbench.records.schema import Record


@dataclass(frozen=True)
class LeftOut:
    """Records that no table holds: in words, and the commands that make an end of it. False if there are none."""

    words: str = ""  # names no folder: pages show it
    remedy: str = ""

    def __bool__(self) -> bool:
        return bool(self.words)

    def __str__(self) -> str:
        return f"{self.words}: {self.remedy}" if self else ""


def of_one_version(records: list[Record], protocol: str, results: Path) -> tuple[list[Record], LeftOut]:
    """The records of a named protocol that may share a table, and what is said of those left out.

    The version is today's if any record has it, else the one that most records have, of equally many the last one.
    """
    mine = [r for r in records if r.protocol == protocol]
    counts = Counter(r.identity.protocol for r in reversed(mine))  # max takes the first of equals: the last record's
    today = protocol_digest(protocol_named(protocol))
    kept = today if today in counts else max(counts, key=counts.get, default=today)
    others = sorted(set(counts) - {kept})
    if not others:
        return mine, LeftOut()
    pattern = f'"protocol":"({"|".join(others)})"'
    words = (
        f"{len(mine) - counts[kept]} of {len(mine)} records are of another version of the {protocol} protocol and are "
        "left out of tables and site"
    )
    remedy = (
        f"sslbench run --results {results} makes them again, and sed -E -i '/{pattern}/d' {results}/*/*.jsonl removes "
        "the old ones"
    )
    return [r for r in mine if r.identity.protocol == kept], LeftOut(words, remedy)
