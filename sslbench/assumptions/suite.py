"""Every premise about data and views, on every target: corrected over the task, and agreed by every feature map."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from sslbench.assumptions.base import HOLDS, NOT_APPLICABLE, UNDECIDED, VIOLATED, Verdict, Views
from sslbench.assumptions.readings import Readings
from sslbench.registry import ASSUMPTIONS
from sslbench.stats import holm

COPIES = 0.01  # share of rows that are copies, from which on they are kept together
EVERYWHERE = ("redundancy-1", "redundancy-2", "label-invariance", "non-shared-relevance")  # read in every feature map
CLAIM = {"non-shared-relevance": HOLDS}  # the verdict that claims a violation elsewhere; default "violated"


def task_assumptions() -> list[str]:
    """Names of the premises that are tested on a task's data and views."""
    return [n for n in ASSUMPTIONS.names() if ASSUMPTIONS.get(n).card.scope == "task"]


def test_views(
    maps: Sequence[Views],
    names: Sequence[str] | None = None,
    network: bool = True,
    seed: int = 0,
    progress: Callable[[str], None] = lambda text: None,
) -> list[Verdict]:
    """The verdict on every premise (or those named) for every target, one row each.

    maps: the same views in one or several feature maps; those of `EVERYWHERE` are read in all, the others in
    the first. Holm's correction is over
    all tests of the task. Raises InputError for arrays that cannot be read.
    """
    names = list(names or task_assumptions())
    found: dict[tuple[str, str], list[Verdict]] = {}
    for place, views in enumerate(maps):
        views, note = keep_copies_together(views)
        for target in views.targets:
            readings = Readings(views, target, network, seed)
            for name in names if place == 0 else [n for n in names if n in EVERYWHERE]:
                progress(f"{name} on {target}, {views.map}")
                verdict = ASSUMPTIONS.get(name)().test(readings)
                found.setdefault((name, target), []).append(verdict.noting(note))
    return _corrected([_agreed(v, [m.map for m in maps][: len(v)]) for v in found.values()])


test_views.__test__ = False  # not a pytest test


def _agreed(verdicts: list[Verdict], maps: list[str]) -> Verdict:
    """The verdict in the map with the most label information, unless another map contradicts it (holds against
    violated): then undecided.

    A map that shows less of the label can miss what the other view holds, so its word counts less.
    """
    if len(verdicts) == 1 or verdicts[0].verdict == NOT_APPLICABLE:
        return verdicts[0]
    told = [v.evidence.get("information_joint", 0.0) for v in verdicts]
    best = max(range(len(verdicts)), key=told.__getitem__)
    first = verdicts[best]
    each = ", ".join(
        f"{v.verdict} by {m} ({v.value:.3f} [{v.low:.3f}, {v.high:.3f}])" for v, m in zip(verdicts, maps, strict=True)
    )
    words = {v.verdict for v in verdicts}
    if {HOLDS, VIOLATED} <= words:
        return replace(first, verdict=UNDECIDED).noting(f"feature maps contradict: {each}")
    return first.noting(f"map with the most label information: {maps[best]}; {each}")


def _corrected(verdicts: list[Verdict]) -> list[Verdict]:
    """Claims that Holm's correction over all p-values does not bear out become undecided."""
    tested = [v for v in verdicts if v.p is not None]
    rejected = dict(zip(map(id, tested), holm([v.p for v in tested]) if tested else [], strict=True))
    out = []
    for v in verdicts:
        if v.verdict == CLAIM.get(v.assumption, VIOLATED) and not rejected.get(id(v), True):
            v = replace(v, verdict=UNDECIDED).noting("claimed alone, but not after Holm's correction over the task")
        out.append(v)
    return out


def keep_copies_together(views: Views) -> tuple[Views, str]:
    """The views with exact copies of a row in one group, and a note that says so; as they are if rows repeat because
    the data are discrete (fewer than a quarter are distinct), or hardly at all.
    """
    if views.groups is not None or len(views.x1) != len(views.x2):
        return views, ""
    both = np.concatenate([views.x1.reshape(len(views.x1), -1), views.x2.reshape(len(views.x2), -1)], 1)
    _, group, counts = np.unique(both, axis=0, return_inverse=True, return_counts=True)
    share = float((counts[group.ravel()] > 1).mean())
    if share < COPIES:
        return views, ""
    if len(counts) < len(both) / 4:
        return views, f"only {len(counts)} distinct rows of {len(both)}: discrete data, whose copies are in every fold"
    return replace(views, groups=group.ravel()), f"{share:.0%} of the rows are exact copies; copies share a fold"
