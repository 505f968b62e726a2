"""Means of per-row values and their standard errors."""

import math

import numpy as np
import torch
from torch import Tensor

Z95 = 1.959964


def mean_and_error(values: Tensor, groups: np.ndarray | None) -> tuple[float, float]:
    """Mean and its standard error, robust to dependence within groups (sandwich over clusters)."""
    n = len(values)
    if groups is None:
        return float(values.mean()), float(values.std() / math.sqrt(n))
    _, group = np.unique(groups, return_inverse=True)
    sums = torch.zeros(group.max() + 1, dtype=values.dtype).index_add_(
        0, torch.as_tensor(group), values - values.mean()
    )
    count = len(sums)
    return float(values.mean()), float(math.sqrt(float(sums.square().sum()) * count / (count - 1)) / n)
