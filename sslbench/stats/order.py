"""How well the order of methods repeats itself where nothing changes."""

import numpy as np
from scipy.stats import rankdata

DRAWS = 2000


def order_of_repeats(means: np.ndarray, noise: float, level: float = 0.05) -> float:
    """The Spearman correlation that two measurements of the same methods exceed with probability 1 - level.

    means: (methods >= 3,), taken as the truth; noise: standard error of each in one measurement. By simulation from
    normal errors, the same for the same numbers. Methods that lie closer than their noise change places by chance, so
    a correlation of 1 is not to be had of them; measured means lie further apart than true ones, so it errs upwards.
    """
    rng = np.random.default_rng(0)
    first, second = (rankdata(means + noise * rng.normal(size=(DRAWS, len(means))), axis=1) for _ in range(2))
    first, second = (x - x.mean(1, keepdims=True) for x in (first, second))
    found = (first * second).sum(1) / np.sqrt((first**2).sum(1) * (second**2).sum(1))
    return float(np.quantile(found, level))
