"""Label budgets: which train rows have their label shown to the probes. Val and test keep theirs."""

import math
import re

import numpy as np

from sslbench.draws import Draw
from sslbench.errors import UsageError

ALL = "all"
EXPECTED = "'all', a share as in '10 %', or a count as in '5 per class'"


def counts_of(budget: str, classes: np.ndarray) -> np.ndarray:
    """How many rows of each class are shown, at least one where there are any; classes: rows per class, (classes,)."""
    share = re.fullmatch(r"(\d+(?:\.\d+)?) ?%", budget)
    count = re.fullmatch(r"(\d+) per class", budget)
    if budget == ALL:
        return classes
    if share and 0 < float(share[1]) <= 100:
        return np.array([math.ceil(n * float(share[1]) / 100) for n in classes])
    if count and int(count[1]) > 0:
        return np.minimum(classes, int(count[1]))
    raise UsageError(f"a label budget is {EXPECTED}; got {budget!r}")


def shown(budget: str, labels: np.ndarray, draw: Draw) -> np.ndarray | None:
    """Places of the train rows whose labels are shown, in order; None is all of them. Classes keep their shares.

    Rows come in one random order per key, so a larger budget shows what a smaller one does, and more. labels: (rows,).
    """
    if budget == ALL:
        return None
    order = draw.of("label budget").permutation(len(labels))[0].cpu().numpy()
    wanted = counts_of(budget, np.bincount(labels))
    return np.sort(np.concatenate([order[labels[order] == c][:n] for c, n in enumerate(wanted)]))
