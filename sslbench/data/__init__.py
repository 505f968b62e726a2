"""Task card -> tensors: streams, targets, groups and frozen splits. One file per kind of source."""
