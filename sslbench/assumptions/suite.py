"""Every assumption about data and views, on every target: corrected over the task, contradicted by no feature map."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from sslbench.assumptions.base import HOLDS, NOT_APPLICABLE, VIOLATED, Verdict, ViewData, not_applicable
from sslbench.assumptions.readings import Readings
from sslbench.assumptions.redundancy import beyond_pairs
from sslbench.assumptions.rules import ruled
from sslbench.information.mutual import mutual
from sslbench.registry import ASSUMPTIONS
from sslbench.stats import holm_adjusted

COPIES = 0.01  # share of rows that are copies, from which on they are kept together


def task_assumptions(streams: int = 2) -> list[str]:
    """Names of the assumptions that are tested on a task's data and views; one stream gives two views."""
    known = [n for n in ASSUMPTIONS.names() if ASSUMPTIONS.get(n).card.scope == "task"]
    return sorted([*known, *beyond_pairs(streams)])


def test_views(
    maps: Sequence[ViewData],
    names: Sequence[str] | None = None,
    network: bool = True,
    seed: int = 0,
    progress: Callable[[str], None] = lambda text: None,
) -> list[Verdict]:
    """The verdict on every assumption (or those named) for every target, one row each.

    maps: the same views in one or several feature maps. An assumption of `every_map` is read in the map that shows most
    of the label, and what it claims there in the others too; the others in the first. Holm's corrections are over all
    tests of the task. Raises InputError for arrays that cannot be read.
    """
    names = list(names or task_assumptions(len(maps[0].views)))
    kept = [keep_copies_together(views) for views in maps]
    out = []
    for target in maps[0].targets:
        readings = [Readings(views, target, network, seed) for views, _ in kept]
        told = _label_information(readings) if len(maps) > 1 else [0.0]
        order = sorted(range(len(maps)), key=lambda i: -told[i])
        for name in names:
            found, everywhere = [], ASSUMPTIONS.get(name).card.every_map
            for i in order if everywhere else [0]:
                progress(f"{name} on {target}, {maps[i].map}")
                found.append(_asked(name, readings[i]).noting(kept[i][1]))
                if found[0].verdict not in (HOLDS, VIOLATED) or {HOLDS, VIOLATED} <= {v.verdict for v in found}:
                    break  # nothing to contradict, or contradicted
            verdict = _agreed(found, [maps[i].map for i in order[: len(found)]])
            if len(maps) > 1 and everywhere and verdict.verdict != NOT_APPLICABLE:
                each = ", ".join(f"{maps[i].map} {told[i]:.2f}" for i in order)
                verdict = verdict.noting(
                    f"nats of the label that the views show a linear reader, by feature map: {each}"
                )
            out.append(verdict)
    return corrected(out)


test_views.__test__ = False  # not a pytest test


def _asked(name: str, readings: Readings) -> Verdict:
    """The verdict on one assumption: not applicable, in words, to a task of more or fewer streams than it takes."""
    assumption = ASSUMPTIONS.get(name)
    if why := assumption.card.misfit(name, readings.views.streams):
        return not_applicable(name, readings.target, len(readings.y), why)
    return assumption().test(readings)


def _label_information(readings: list[Readings]) -> list[float]:
    """What all views together tell a linear reader about the label in each feature map, nats."""
    return [mutual(r.views.joint, r.y, r.views.groups, r.seed, network=False).value for r in readings]


def _agreed(verdicts: list[Verdict], maps: list[str]) -> Verdict:
    """The first verdict, unless another map contradicts it (holds against violated): then undecided.

    A map that shows less of the label can miss what the other view holds, so its word counts less.
    """
    first = verdicts[0]
    if len(verdicts) == 1:
        return first
    words = [f"{v.verdict} by {m}" for v, m in zip(verdicts, maps, strict=True)]
    each = [f"{w} ({v.value:.3f} [{v.low:.3f}, {v.high:.3f}])" for w, v in zip(words, verdicts, strict=True)]
    if {HOLDS, VIOLATED} <= {v.verdict for v in verdicts}:
        first = replace(first, evidence=first.evidence | {"contradicted": ", ".join(words)})
        return ruled(first, ASSUMPTIONS.get(first.assumption).rule)
    return first.noting(", ".join(each))


def corrected(verdicts: list[Verdict]) -> list[Verdict]:
    """The verdicts of a task after Holm's correction of both claims, each in a family of its own.

    One family are the task's claims of an effect, the other its claims that there is none, over all assumptions and
    targets: in either the chance of one wrong claim or more is at most 2.5 %. non-shared-relevance stands in them with
    the p-values of the redundancy rows that it follows from, and is rejected only with them.
    """
    tested = [v for v in verdicts if v.verdict != NOT_APPLICABLE]
    adjusted = [holm_adjusted([v.evidence[p] for v in tested]) for p in ("p_effect", "p_absence")]
    found = {
        id(v): ruled(
            replace(v, evidence=v.evidence | {"holm_effect": float(effect), "holm_absence": float(absence)}),
            ASSUMPTIONS.get(v.assumption).rule,
        )
        for v, effect, absence in zip(tested, *adjusted, strict=True)
    }
    return [found.get(id(v), v) for v in verdicts]


def keep_copies_together(views: ViewData) -> tuple[ViewData, str]:
    """The views with exact copies of a row in one group, and a note that says so.

    They stay as they are if rows repeat because the data are discrete (fewer than a quarter are distinct), or hardly.
    """
    if views.groups is not None or len({len(x) for x in views.views}) > 1:
        return views, ""
    both = views.joint
    _, group, counts = np.unique(both, axis=0, return_inverse=True, return_counts=True)
    share = float((counts[group.ravel()] > 1).mean())
    if share < COPIES:
        return views, ""
    if len(counts) < len(both) / 4:
        return views, f"only {len(counts)} distinct rows of {len(both)}: discrete data, whose copies are in every fold"
    return replace(views, groups=group.ravel()), f"{share:.0%} of the rows are exact copies; copies share a fold"
