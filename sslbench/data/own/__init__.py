"""A person's own data: a table, aligned arrays or files, a folder of images; and the task card that is made of them."""

from sslbench.data.own import arrays, folder, pairs, table

__all__ = ["arrays", "folder", "pairs", "table"]
