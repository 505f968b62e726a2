"""The decomposition of what two views say about a label, from data: shared, unique to each view, and synergy."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from sslbench.information.intervals import Z95
from sslbench.information.pid import parts

CELLS, ROWS_PER_CELL = 8, 60  # of the code of a view's posterior
DRAWS, SWEEPS = 60, 60  # bootstrap draws; projections of each
NULLS = 20  # permutations that give the bias of R


@dataclass(frozen=True)
class Profile:
    """R, U1, U2, S in nats with 95 % intervals as (value, low, high).

    They satisfy R + U1 = I(Y; X1), R + U2 = I(Y; X2), and sum to I(Y; X1, X2), all as the predictive models read them.
    """

    redundant: tuple[float, float, float]
    unique_1: tuple[float, float, float]
    unique_2: tuple[float, float, float]
    synergy: tuple[float, float, float]
    cells: tuple[int, int]


def posterior_code(posterior: np.ndarray, rows: int, seed: int = 0) -> np.ndarray:
    """Class probabilities (n, classes) -> cells (n,) by k-means on their logs.

    A cell is what a view says about the label, as a letter.
    """
    from sklearn.cluster import KMeans

    cells = int(np.clip(rows // ROWS_PER_CELL, 2, CELLS))
    logs = np.log(np.clip(posterior, 1e-3, 1))
    distinct = len(np.unique(np.round(logs, 6), axis=0))
    if distinct <= cells:
        return np.unique(np.round(logs, 6), axis=0, return_inverse=True)[1].ravel()
    return KMeans(cells, n_init=2, random_state=seed, max_iter=50).fit(logs).labels_


def _tables(a: np.ndarray, b: np.ndarray, y: np.ndarray, weight: np.ndarray) -> Tensor:
    """Weighted counts (draws, cells of a, cells of b, classes) from weights (draws, n)."""
    shape = (a.max() + 1, b.max() + 1, y.max() + 1)
    flat = np.ravel_multi_index((a, b, y), shape)
    out = np.stack([np.bincount(flat, w, minlength=int(np.prod(shape))) for w in weight])
    return torch.as_tensor(out.reshape(len(weight), *shape))


def profile(
    p1: np.ndarray, p2: np.ndarray, y: np.ndarray, one: Tensor, two: Tensor, both: Tensor, groups, seed: int = 0
) -> Profile:
    """The decomposition from each view's out-of-fold posterior (n, classes) and the rows' information readings, nats.

    BROJA's R depends on p(x1, y) and p(x2, y) only, so a code of each view's own posterior is enough for it; the rest
    follows from the models' I(Y; X1), I(Y; X2) and I(Y; X1, X2): one, two, both are per row (n,), prior loss less
    the model's loss. R's bias is that under permuted labels; intervals by bootstrap over rows, or over groups.
    """
    rng = np.random.default_rng(seed)
    n = len(y)
    a, b = posterior_code(p1, n, seed), posterior_code(p2, n, seed)
    unit = np.arange(n) if groups is None else np.unique(groups, return_inverse=True)[1]
    draws = rng.multinomial(unit.max() + 1, np.full(unit.max() + 1, 1 / (unit.max() + 1)), size=DRAWS)
    weight = np.concatenate([np.ones((1, n)), draws[:, unit]]).astype(float)
    redundant = parts(_tables(a, b, y, weight), SWEEPS)["redundant"].numpy()
    nulls = []
    for _ in range(NULLS):
        shuffled = rng.permutation(y)
        nulls.append(_tables(a, b, shuffled, np.ones((1, n))))
    bias = float(parts(torch.cat(nulls), SWEEPS)["redundant"].mean())
    share = weight / weight.sum(1, keepdims=True)
    i1, i2, i12 = (share @ v.double().numpy() for v in (one, two, both))
    i1, i2 = np.maximum(i1, 0), np.maximum(i2, 0)
    i12 = np.maximum(i12, np.maximum(i1, i2))
    least, most = np.maximum(0, i1 + i2 - i12), np.minimum(i1, i2)
    r = np.clip(redundant - bias, least, np.maximum(most, least))
    values = {"redundant": r, "unique_1": i1 - r, "unique_2": i2 - r, "synergy": i12 - i1 - i2 + r}
    spread = lambda v: Z95 * v[1:].std(ddof=1)  # noqa: E731
    found = {k: (float(v[0]), float(v[0] - spread(v)), float(v[0] + spread(v))) for k, v in values.items()}
    return Profile(**found, cells=(int(a.max()) + 1, int(b.max()) + 1))
