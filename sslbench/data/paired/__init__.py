"""Aligned streams of public data: groups of columns, six descriptions of digits, images with sound or words."""

from sslbench.data.paired import column_groups, mfeat

__all__ = ["column_groups", "mfeat"]
