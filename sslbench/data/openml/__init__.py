"""OpenML: classification tasks on their official folds, and suites of tasks, by way of the openml client's cache."""

from sslbench.data.openml import source, suite

__all__ = ["source", "suite"]
