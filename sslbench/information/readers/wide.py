"""Scores of a view's every column, out of fold: what hundreds of columns tell of the label as lines and as products.

The other models read a few components of a wide view. These two read all of it and give their answer to the others as
further columns, so that what lies in a component that was dropped is known to both sides of a comparison.
"""

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from sslbench.information.folds import Folds

RIDGES = (1e-2, 5e-2, 0.2, 0.6, 2.0)  # of the lines, columns with sd 1; the best is chosen inside the training rows
MOST_DIRECTIONS, SPARE, SWEEPS = 8, 8, 5  # of the products: directions kept, and of the subspace that finds them
CLIP = 5.0  # sd


class _Sums:
    """Sums over some rows that both models are made of; sums of two sets of rows add up."""

    def __init__(self, x: Tensor, y: Tensor):
        self.rows, self.x, self.y = len(x), x.sum(0), y.sum(0)
        self.xx, self.xy = x.mT @ x, x.mT @ y
        self.yxx = torch.stack([(x * c[:, None]).mT @ x for c in y.unbind(1)])  # (columns of y, dim, dim)

    def plus(self, other: "_Sums") -> "_Sums":
        out = object.__new__(_Sums)
        for name, value in vars(self).items():
            setattr(out, name, value + getattr(other, name))
        return out


def _lines(s: _Sums) -> tuple[Tensor, Tensor]:
    """Ridge regressions of the classes at every strength: coefficients (strengths, dim, columns), mean of x."""
    mean, share = s.x / s.rows, s.y / s.rows
    gram = (s.xx / s.rows - torch.outer(mean, mean)).double()
    goal = (s.xy / s.rows - torch.outer(mean, share)).double()
    eye = torch.eye(len(gram), dtype=torch.double)
    factors = torch.linalg.cholesky(torch.stack([gram + r * eye for r in RIDGES]))
    return torch.cholesky_solve(goal.expand(len(RIDGES), -1, -1), factors).float(), mean


def _products(s: _Sums) -> tuple[Tensor, Tensor]:
    """Leading directions of how classes move the second moment, (dim, kept), and that movement along them."""
    moments = (s.yxx - (s.y / s.rows)[:, None, None] * s.xx) / s.rows  # (columns, dim, dim)
    kept = min(max(2, 2 * len(moments)), MOST_DIRECTIONS, moments.shape[-1])
    found = torch.randn(
        moments.shape[-1], min(kept + SPARE, moments.shape[-1]), generator=torch.Generator().manual_seed(0)
    )
    for _ in range(SWEEPS):
        found = torch.linalg.qr((moments @ (moments @ found)).sum(0)).Q
    inner = (found.mT @ (moments @ (moments @ found))).sum(0)
    v = found @ torch.linalg.eigh(inner).eigenvectors[:, -kept:]
    return v, v.mT @ moments @ v


def _scores(model, x: Tensor) -> tuple[Tensor, Tensor]:
    """Of rows x: the lines at every strength, (strengths, rows, columns), and the products, (rows, columns)."""
    (coefficient, mean), (v, inner) = model
    along = x @ v
    return (x - mean) @ coefficient, torch.einsum("ni,cij,nj->nc", along, inner, along)


def wide_scores(
    x: Tensor, labels: Tensor, classes: int, folds: Folds, sizes: list, products: bool = True
) -> list[Tensor]:
    """Scores of every row in every fold's fit, (folds, n, columns) for each training size, with sd 1.

    x: (n, dim), with sd 1; labels: (folds, n). Of a fit's test rows they come from all of its training rows, of a
    training row from those in other folds; 0 for rows that the fit does not see. Columns: one of each model for two
    classes, else one for every class; the lines' alone without `products`.
    """
    fold = torch.as_tensor(folds.fold)
    same, kept = bool((labels == labels[:1]).all()), {}
    out = []
    for size in sizes:
        scores = []
        for k in range(folds.count):
            y = one_hot(labels[k], classes).to(x)[:, : classes if classes > 2 else 1]
            train = torch.as_tensor(size[k])
            parts = {j: train[fold[train] == j] for j in range(folds.count) if j != k}
            parts = {j: rows for j, rows in parts.items() if len(rows)}
            whole = size is folds.full and same  # a part is then alike in every fold that trains on it
            sums = {}
            for j, rows in parts.items():
                sums[j] = kept[j] if whole and j in kept else _Sums(x[rows], y[rows])
                if whole:
                    kept[j] = sums[j]
            scores.append(_of_fit(x, y, parts, sums, torch.as_tensor(folds.tests[k]), train, products))
        out.append(torch.stack(scores))
    return out


def _of_fit(x: Tensor, y: Tensor, parts: dict, sums: dict, test: Tensor, train: Tensor, products: bool) -> Tensor:
    """The scores of one fit, (n, columns)."""
    lines = torch.zeros(len(RIDGES), len(x), y.shape[1])
    squares = torch.zeros(len(x), y.shape[1])
    for held in (*parts, None):
        used = [s for j, s in sums.items() if j != held]
        if not used:
            continue
        total = used[0]
        for more in used[1:]:
            total = total.plus(more)
        rows = test if held is None else parts[held]
        lines[:, rows], squares[rows] = _scores((_lines(total), _products(total)), x[rows])
    goal = y[train] - y[train].mean(0)
    best = (lines[:, train] - goal).square().mean((1, 2)).argmin()
    columns = torch.cat([lines[best], squares], 1) if products else lines[best]
    mean, sd = columns[train].mean(0), columns[train].std(0) + 1e-6
    seen = torch.cat([train, test])
    out = torch.zeros_like(columns)
    out[seen] = ((columns[seen] - mean) / sd).clamp(-CLIP, CLIP)
    return out
