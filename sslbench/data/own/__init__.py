"""A person's own data: a table, aligned arrays or files; and the task card that is made of them, or of a folder."""

from sslbench.data.own import arrays, pairs, table

__all__ = ["arrays", "pairs", "table"]
