"""Cross-view features: what view 2 predicts of view 1, learnt without labels and added to view 2.

They decode what view 2 holds in a form that its own models miss; without them a weak model of view 2 looks like
excess information in view 1. Two learners propose them, a small network and a spectral one for products
(`products.py`); only directions whose prediction is confirmed on rows that it was not trained on are kept.
"""

import math

import torch
from torch import Tensor

from sslbench.draws import Draw
from sslbench.information.folds import Folds, index_table
from sslbench.information.readers.products import predict_by_products

WIDTH, STEPS, BATCH, RATE, DECAY, KEEP = 32, 200, 512, 2e-2, 1e-3, 4
CONFIRMED = 4.0  # standard errors by which a predicted direction must correlate with view 1 out of fold
SPECTRAL_ROWS = 4000  # unlabelled rows that the spectral learner looks at


def _fit(source: Tensor, goal: Tensor, train: Tensor, sizes: Tensor, seed: int, steps: int):
    """Networks source -> goal, one per fit, of product units (Ux+a)(Vx+b) beside ReLU units, with a linear read-out."""
    fits, p, q = len(train), source.shape[1], goal.shape[1]
    draw = Draw([seed], source.device)
    normal = lambda name, i, o, gain: draw.of(name).normal((1, fits, i, o))[0] * (gain / math.sqrt(i))  # noqa: E731
    zeros = lambda o: torch.zeros(fits, 1, o, device=source.device)  # noqa: E731
    w = [
        normal("u", p, WIDTH, 1.0),
        zeros(WIDTH),
        normal("v", p, WIDTH, 1.0),
        zeros(WIDTH),
        normal("product", WIDTH, q, 0.32),
        zeros(q),
        normal("relu", p, WIDTH, math.sqrt(2)),
        zeros(WIDTH),
        normal("out", WIDTH, q, 0.32),
    ]
    for t in w:
        t.requires_grad_()

    def forward(x: Tensor) -> Tensor:
        product = torch.baddbmm(w[1], x, w[0]) * torch.baddbmm(w[3], x, w[2])
        return torch.baddbmm(w[5], product, w[4]) + torch.relu(torch.baddbmm(w[7], x, w[6])) @ w[8]

    optimiser = torch.optim.AdamW(w, lr=RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps)
    for step in range(steps):
        rows = train.gather(1, draw.of("rows").at(step).integers((1, fits, BATCH), high=sizes[:, None])[0])
        loss = (forward(source[rows]) - goal[rows]).square().sum(-1).mean(1).sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()

    def predict(x: Tensor) -> Tensor:
        with torch.no_grad():
            return forward(x)

    return predict


def cross_view_features(
    x1: Tensor, x2: Tensor, folds: Folds, seed: int, unlabelled: tuple[Tensor, Tensor] | None = None
) -> Tensor:
    """The leading confirmed directions of the predicted x1, as functions of x2: (n, at most 8), scaled.

    Trained on unlabelled pairs (x1, x2) where given, and confirmed on the labelled rows' pairs; else out of fold on the
    labelled rows' pairs. Labels are not used.
    """
    if unlabelled is not None:
        u1, u2 = unlabelled
        everything = torch.arange(len(u1))[None]
        network = _fit(u2, u1, everything, torch.tensor([len(u1)]), seed, STEPS)(x2[None])[0]
        some = slice(SPECTRAL_ROWS)
        spectral = predict_by_products(u2[some][None], u1[some][None], torch.ones(1, len(u1[some])), x2[None])[0]
    else:
        train, weight = index_table(folds.full)
        test, _ = index_table(folds.tests)
        network, spectral = torch.zeros_like(x1), torch.zeros_like(x1)
        # padding repeats a fold's own rows: the same values
        network[test.reshape(-1)] = _fit(x2, x1, train, weight.sum(1), seed, STEPS)(x2[test]).flatten(0, 1)
        spectral[test.reshape(-1)] = predict_by_products(x2[train], x1[train], weight, x2[test]).flatten(0, 1)
    return torch.cat([_confirmed(network, x1), _confirmed(spectral, x1)], 1)


def _confirmed(predicted: Tensor, x1: Tensor) -> Tensor:
    """Leading directions of a held-out prediction of x1 (n, dim) that correlate with x1, scaled: (n, kept)."""
    centred = predicted - predicted.mean(0)
    axes = torch.linalg.svd(centred, full_matrices=False).Vh[:KEEP].T  # (dim, at most 4)
    scores, truth = centred @ axes, (x1 - x1.mean(0)) @ axes
    correlation = (scores * truth).mean(0) / (scores.std(0) * truth.std(0) + 1e-9)
    kept = correlation * math.sqrt(len(x1)) > CONFIRMED
    return scores[:, kept] / (scores[:, kept].square().mean(0).sqrt() + 1e-3)


def standardise(x: Tensor, unlabelled: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
    """Columns with mean 0 and sd 1 over labelled and unlabelled rows; constant columns are dropped."""
    rows = x if unlabelled is None else torch.cat([x, unlabelled])
    mean, sd = rows.mean(0), rows.std(0)
    kept = sd > 1e-6 * mean.abs().clamp_min(1.0)
    apply = lambda v: (v[:, kept] - mean[kept]) / sd[kept]  # noqa: E731
    return apply(x), None if unlabelled is None else apply(unlabelled)
