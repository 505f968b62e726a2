"""Tables: records -> tidy frames, and their CSV and Parquet files; no torch."""

from sslbench.tables.assumptions import ASSUMPTION_COLUMNS
from sslbench.tables.boards import BOARDS
from sslbench.tables.build import Tables, build_tables, write_tables
from sslbench.tables.scores import MAIN_PROBES

__all__ = ["ASSUMPTION_COLUMNS", "BOARDS", "MAIN_PROBES", "Tables", "build_tables", "write_tables"]
