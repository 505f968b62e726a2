"""What was measured of every task's data as a table: one row per target."""

import pandas as pd

from sslbench.records.facts import TaskFacts
from sslbench.tables.columns import TABLES


def facts_table(facts: dict[str, TaskFacts]) -> pd.DataFrame:
    """Rows, shapes and digest of each task, classes and chance of each target."""
    rows = []
    for task, f in facts.items():
        streams = "; ".join(s.words for s in f.streams)
        rows += [
            (
                *(task, target, f.rows, f.test_rows, f.groups, streams),
                *(t.classes, t.rarest, t.chance, t.entropy, f.data, f.of),
            )
            for target, t in f.targets.items()
        ]
    return TABLES["facts"].frame(rows)
