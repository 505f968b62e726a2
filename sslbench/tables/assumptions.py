"""Which assumptions hold on which task: one row per verdict."""

import pandas as pd

from sslbench.records import AssumptionRecord
from sslbench.tables.columns import TABLES

LAYOUT = TABLES["assumptions"]
ASSUMPTION_COLUMNS = LAYOUT.columns


def assumptions_table(verdicts: list[AssumptionRecord]) -> pd.DataFrame:
    """One row per verdict; a test that failed keeps its reason as the note."""
    rows = []
    for v in verdicts:
        row = {c: getattr(v, c) for c in ASSUMPTION_COLUMNS}
        rows.append(row | ({"verdict": "failed", "note": v.reason} if v.status != "ok" else {}))
    return LAYOUT.frame(rows)
