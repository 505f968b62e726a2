"""Records: the facts. Schema, store, and identity; no torch."""

from sslbench.records.cards import read_cards
from sslbench.records.identity import Identity
from sslbench.records.parse import parse_line
from sslbench.records.schema import AssumptionRecord, Record, RunRecord, Score
from sslbench.records.store import Writer, convert_results, read_records

__all__ = [
    "AssumptionRecord",
    "Identity",
    "Record",
    "RunRecord",
    "Score",
    "Writer",
    "convert_results",
    "parse_line",
    "read_cards",
    "read_records",
]
