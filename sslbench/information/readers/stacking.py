"""Stacking out of fold: a convex mixture of models, its weights learnt on the other folds' out-of-fold rows."""

import torch
from torch import Tensor

FLOOR = 1e-6


def stack(
    probability: Tensor, fold: Tensor, folds: int, first: float | None = None, iterations: int = 150
) -> tuple[Tensor, Tensor]:
    """The mixture's probability of the true label, (n,), and its weights, (folds, models).

    Weights maximise the mean log of the mixture by over-relaxed EM (exponent 1.9). `first` is the starting weight of
    the first model; stopping early then stays near it. probability: (models, n), each predictive model's out-of-fold
    probability of the true label.
    """
    probability = probability.clamp_min(FLOOR)
    models = len(probability)
    weight = torch.full((folds, models), 1 / models, dtype=probability.dtype)
    if first:
        weight[:] = (1 - first) / (models - 1)
        weight[:, 0] = first
    others = torch.stack([fold != k for k in range(folds)]).to(probability.dtype)
    others = others / others.sum(1, keepdim=True)
    for _ in range(iterations):
        weight = weight * ((others / (weight @ probability)) @ probability.T) ** 1.9
        weight = weight / weight.sum(1, keepdim=True)
    return (weight[fold] * probability.T).sum(1), weight
