"""Losses of two views on any number of them: the mean over all pairs, which for two views is the loss itself."""

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any

from torch import Tensor


def over_pairs(loss: Callable[[Any, Any], Tensor], views: Sequence) -> Tensor:
    """Mean of loss(a, b) over all pairs of views, (runs,); views: what the loss reads of each view, two or more."""
    terms = [loss(a, b) for a, b in combinations(views, 2)]
    return sum(terms[1:], terms[0]) / len(terms)


def both_ways(loss: Callable[[Any, Any], Tensor], ones: Sequence, others: Sequence) -> Tensor:
    """loss(ones[i], others[j]) + loss(ones[j], others[i]), mean over all pairs of views i < j, (runs,)."""
    pairs = list(combinations(range(len(ones)), 2))
    terms = [loss(ones[i], others[j]) + loss(ones[j], others[i]) for i, j in pairs]
    return sum(terms[1:], terms[0]) / len(terms)
