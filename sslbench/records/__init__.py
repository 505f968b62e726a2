"""Records: the facts. Schema, store, and identity; no torch."""

from sslbench.records.identity import Identity
from sslbench.records.schema import AssumptionRecord, Record, RepresentationRecord, RunRecord, Score, parse_line
from sslbench.records.store import Writer, read_records

__all__ = [
    "AssumptionRecord",
    "Identity",
    "Record",
    "RepresentationRecord",
    "RunRecord",
    "Score",
    "Writer",
    "parse_line",
    "read_records",
]
