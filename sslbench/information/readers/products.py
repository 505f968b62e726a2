"""Products of two directions of one view that go with a direction of the other, found spectrally: third moments.

Two uses. Without labels: what view 1 shares with products inside view 2 (a view that holds a factor as a value times a
random sign is unreadable for linear models, and from few rows for networks too). With the residual of a label: synergy
of three factors. In both the directions stand out as leading eigenvectors of a U-statistic long before gradient
training finds them.
"""

import torch
from torch import Tensor

from sslbench.information.readers.cells import cell_logits
from sslbench.information.readers.softmax import path_logits, softmax_path

GOALS, DIRECTIONS, SWEEPS = 3, 2, 3  # directions of the one side, for each of them of the other; refinements
CELLS = (2, 4)  # bins per direction of the cell models
RIDGE = 1e-2  # of the label-free prediction
RIDGE_PER_ROW = 10.0  # of the coefficients of a label's products
MOST_ROWS = 1500  # rows whose pairs are looked at; the refinements see all rows


def cubic_directions(goal: Tensor, source: Tensor, residual: Tensor, goals: int = GOALS) -> tuple[Tensor, Tensor]:
    """Directions u of goal and v of source for which the mean of residual (goal u)(source v)(source v') is far from 0.

    goal: (fits, rows, p); source: (fits, rows, q); residual: (fits, rows, classes), 0 on padding, ones where there is
    no label. Returns u: (fits, p, goals), v: (fits, goals, q, 2).
    """
    rows = source.shape[1]
    goals, kept = min(goals, goal.shape[-1]), min(DIRECTIONS, source.shape[-1])
    some = slice(0, MOST_ROWS)
    size = source[:, some].square().sum(-1)
    pairs = (source[:, some] @ source[:, some].mT).square_()
    pairs -= size[:, :, None] * size[:, None, :] / source.shape[-1]  # squares alike in every direction say nothing
    pairs.diagonal(dim1=-2, dim2=-1).zero_()  # a U-statistic: what a row has with itself is noise
    weighted = [goal[:, some] * r[..., None] for r in residual[:, some].unbind(-1)]
    u = torch.linalg.eigh(sum(w.mT @ (pairs @ w) for w in weighted)).eigenvectors[..., -goals:]
    for _ in range(SWEEPS):
        along = goal @ u  # (fits, rows, goals)
        found, new = [], []
        for g in range(goals):
            weighted = (residual * along[..., g, None]).unbind(-1)
            moments = torch.stack([(source * w[..., None]).mT @ source / rows for w in weighted], 1)
            values, vectors = torch.linalg.eigh(moments[:, 0] if len(weighted) == 1 else (moments @ moments).sum(1))
            chosen = values.abs().topk(kept, -1).indices[:, None].expand(-1, source.shape[-1], -1)
            v = vectors.gather(-1, chosen)  # (fits, q, kept)
            found.append(v)
            inner = v.mT[:, None] @ moments @ v[:, None]  # (fits, classes, kept, kept)
            projected = source @ v
            quadratic = torch.einsum("fni,fcij,fnj->fnc", projected, inner, projected)
            new.append((goal * (residual * quadratic).sum(-1, keepdim=True)).sum(1))
        u = torch.linalg.qr(torch.stack(new, -1)).Q
    return u, torch.stack(found, 1)


def _squares(source: Tensor, v: Tensor) -> Tensor:
    """Squares of the projections and the product of each pair: (fits, goals, rows, products)."""
    projected = source[:, None] @ v
    return torch.cat([projected.square(), projected.prod(-1, keepdim=True)], -1)


def _scaler(fitted: Tensor, share: Tensor):
    """Columns to mean 0 and sd 1 on the fitted rows, clipped at 5 sd."""
    mean = (fitted * share).sum(1, keepdim=True)
    sd = ((fitted - mean).square() * share).sum(1, keepdim=True).sqrt() + 1e-6
    return lambda rows: ((rows - mean) / sd).clamp(-5, 5)


def _thirds(rows: int, rotation: int) -> tuple[Tensor, Tensor]:
    """Two thirds of the rows for directions, one for coefficients."""
    part = torch.arange(rows) % 3
    return (part != rotation).nonzero()[:, 0], (part == rotation).nonzero()[:, 0]


def predict_by_products(source: Tensor, goal: Tensor, weight: Tensor, test: Tensor) -> Tensor:
    """The part of goal, for the test rows, that products of two directions of source predict and source does not.

    source: (fits, rows, q); goal: (fits, rows, p); weight: (fits, rows), 0 on padding; test: (fits, test rows, q).
    Returns (fits, test rows, p). Directions come from two thirds of the rows, coefficients from the rest; in three
    rotations where rows are few.
    """
    share = (weight / weight.sum(1, keepdim=True))[..., None]
    mean = (source * share).sum(1, keepdim=True)
    source, test = source - mean, test - mean
    goal = (goal - (goal * share).sum(1, keepdim=True)) * weight[..., None]
    gram = (source * share).mT @ source + RIDGE * torch.eye(source.shape[-1])
    residual = (goal - source @ torch.linalg.solve(gram, (source * share).mT @ goal)) * weight[..., None]
    _, v = cubic_directions(residual, source, weight[..., None])
    flat = lambda rows: _squares(rows, v).transpose(1, 2).flatten(2)  # noqa: E731
    scale = _scaler(flat(source), share)
    fitted, held = scale(flat(source)), scale(flat(test))
    gram = (fitted * share).mT @ fitted + RIDGE * torch.eye(fitted.shape[-1])
    return held @ torch.linalg.solve(gram, (fitted * share).mT @ residual)


def triple_logits(
    x: Tensor, y: Tensor, weight: Tensor, base: Tensor, test: Tensor, test_base: Tensor, blocks: list[slice]
) -> list[Tensor]:
    """Logits of the test rows, (fits, test rows, classes), of three models: of triple products, and of cells.

    The base model's logits plus those of products of one direction of one view with two of the other; and the base
    model's moved by what is seen in cells of the three directions that gain most, in bins of CELLS.

    Arguments as in `interaction_logits`, with two blocks. One split of the training rows: two thirds give directions.
    """
    residual = (y - torch.softmax(base, -1)) * weight[..., None]
    residual = residual[..., : y.shape[-1] if y.shape[-1] > 2 else 1]
    a, b = _thirds(x.shape[1], 2)
    found = [
        (one, two, *cubic_directions(x[:, a, one], x[:, a, two], residual[:, a], goals=2))
        for one, two in (blocks, blocks[::-1])
    ]

    def products(rows: Tensor) -> Tensor:
        parts = [(rows[..., one] @ u).mT[..., None] * _squares(rows[..., two], v) for one, two, u, v in found]
        return torch.cat([p.transpose(1, 2).flatten(2) for p in parts], -1)

    share = (weight[:, b] / weight[:, b].sum(1, keepdim=True))[..., None]
    scale = _scaler(products(x[:, b]), share)
    ridge = torch.tensor([RIDGE_PER_ROW / len(b)])
    coefficient, intercept, _ = softmax_path(
        scale(products(x[:, b])), y[:, b], ridge, weight[:, b], offset=base[:, b], iterations=20
    )
    out = [test_base + path_logits(scale(products(test)), coefficient, intercept)[:, :, 0]]

    def triples(rows: Tensor) -> list[Tensor]:
        return [
            torch.cat([rows[..., one] @ u[..., g : g + 1], rows[..., two] @ v[:, g]], -1)
            for one, two, u, v in found
            for g in range(u.shape[-1])
        ]

    for bins in CELLS:
        tried = [
            cell_logits(s, y[:, b], weight[:, b], base[:, b], t, test_base, bins)
            for s, t in zip(triples(x[:, b]), triples(test), strict=True)
        ]
        best = torch.stack([gain for _, gain in tried]).argmax(0)  # (fits,)
        out.append(torch.stack([logits for logits, _ in tried])[best, torch.arange(len(best))])
    return out
