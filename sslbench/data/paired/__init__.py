"""Aligned streams of public data: groups of columns, six descriptions of digits, images with sound or words."""

from sslbench.data.paired import av_mnist, captions, column_groups, mfeat

__all__ = ["av_mnist", "captions", "column_groups", "mfeat"]
