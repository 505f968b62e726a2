"""The gap closed: 0 = as the best untrained control, 1 = as the reference with labels."""

import numpy as np
import pandas as pd

from sslbench.config import SUPERVISED
from sslbench.stats import runs_interval
from sslbench.tables.columns import TABLES
from sslbench.tables.standard import Targets
from sslbench.tables.targets import Evidence

Gaps = dict[tuple[str, str, str], np.ndarray]  # (task, target, method) -> (standard runs,)


def gaps_by_run(targets: Targets, scale: Targets, found: dict[tuple[str, str], Evidence]) -> Gaps:
    """The gap that every complete method closes, as one number per standard run whose mean is the gap.

    gap = mean(score - control) / mean(labels - control), in bits, all in the same runs. Run by run it is linearised at
    that ratio, so that the spread over runs holds what both means contribute: the control is 0 and the reference with
    labels is 1 in every run. `scale`: where controls and the reference with labels are, the default track.
    """
    out: Gaps = {}
    for key, target in targets.items():
        if key not in scale or not (control := found[key].control) or not scale[key].complete(SUPERVISED):
            continue
        floor = np.array(scale[key].scores(control))
        room = np.array(scale[key].scores(SUPERVISED)) - floor
        if room.mean() <= 0:  # there is no gap to close
            continue
        for method in sorted(target.bits):
            if target.complete(method):
                over = np.array(target.scores(method)) - floor
                gap = over.mean() / room.mean()
                out[*key, method] = gap + (over - gap * room) / room.mean()
    return out


def gaps_table(gaps: Gaps, targets: Targets, ranked: set[tuple[str, str]]) -> pd.DataFrame:
    """One row per target and complete method: the gap with its interval over folds x inits, and the bits."""
    rows = []
    for (task, target, method), values in gaps.items():
        here = targets[task, target]
        interval = runs_interval(values, [r.fold for r in here.runs])
        bits = float(np.mean(here.scores(method)))
        rows.append((task, target, method, *interval, len(values), bits, (task, target) in ranked))
    return TABLES["gaps"].frame(rows)
