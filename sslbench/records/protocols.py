"""A protocol's numbers mean something else after its version is raised: records of two versions share no table."""

from collections import Counter
from pathlib import Path

from sslbench.config import protocol_named
from sslbench.records.identity import protocol_digest
from sslbench.records.schema import Record


def of_one_version(records: list[Record], protocol: str, results: Path) -> tuple[list[Record], str]:
    """The records of a named protocol that may share a table, and one sentence on those left out, "" if there are none.

    The version is today's if any record has it, else the one that most records have, of equally many the last one.
    """
    mine = [r for r in records if r.protocol == protocol]
    counts = Counter(r.identity.protocol for r in reversed(mine))  # max takes the first of equals: the last record's
    today = protocol_digest(protocol_named(protocol))
    kept = today if today in counts else max(counts, key=counts.get, default=today)
    others = sorted(set(counts) - {kept})
    if not others:
        return mine, ""
    pattern = f'"protocol":"({"|".join(others)})"'
    words = (
        f"{len(mine) - counts[kept]} of {len(mine)} records in {results} are of another version of the {protocol} "
        f"protocol and are left out of tables and site: sslbench run --results {results} makes them again, and "
        f"sed -E -i '/{pattern}/d' {results}/*/*.jsonl removes the old ones"
    )
    return [r for r in mine if r.identity.protocol == kept], words
