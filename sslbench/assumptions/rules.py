"""The rules of the assumption cards: pure functions of what a verdict shows and a record stores.

A row is a verdict or its record: value, low, high, tolerance, evidence. Its p-values stand in the evidence: "p_effect"
of the claim that there is an effect, "p_absence" of the claim that there is none, one-sided; and, once all of a task is
known, "holm_effect" and "holm_absence", which are those two after Holm's correction over the task.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from scipy.stats import norm

from sslbench.assumptions.base import HOLDS, UNDECIDED, VIOLATED, Verdict
from sslbench.information.intervals import Z95

LEVEL = 0.025  # of either claim, one-sided: the ends of a 95 % interval
EXACT_LEVEL = 0.01  # of the exact permutation test
OVERLOADED = 0.2  # degrees of freedom per row beyond which the linear bound bounds nothing
HOLDS_UNDER, VIOLATED_OVER = 0.05, 0.15  # share of views that meet another class
POWER, NO_POWER = "yes", "no power"
SPANS = "the interval spans the tolerance"


class Ruling(NamedTuple):
    """A verdict, why it is no other, and whether the test could have seen what it did not see."""

    verdict: str
    why: str = ""
    power: str = POWER


def p_of_end(distance: float, se: float) -> float:
    """One-sided p-value of a claim whose interval end is `distance` beyond the tolerance: under 2.5 % if beyond it."""
    return float(norm.sf(distance / max(se, 1e-12) + Z95))


def short(value):
    """A number as verdicts and records keep it, five digits long; anything else as it is."""
    return float(f"{value:.5g}") if isinstance(value, float) else value


def ruled(found: Verdict, rule: Callable) -> Verdict:
    """The verdict with its numbers as they are stored, decided by the rule from those numbers."""
    row = replace(
        found,
        **{k: short(getattr(found, k)) for k in ("value", "low", "high", "tolerance", "detectable")},
        evidence={k: short(v) for k, v in found.evidence.items()},
    )
    ruling = rule(row)
    why = "" if ruling.why and ruling.why in found.note else ruling.why
    return replace(row, verdict=ruling.verdict, power=ruling.power).noting(why)


def effect_is_shown(row) -> bool:
    """Whether the claim of an effect survives, corrected if all of the task is known."""
    return row.evidence.get("holm_effect", row.evidence["p_effect"]) < LEVEL


def absence_is_shown(row) -> bool:
    """Whether the claim that there is no effect survives, corrected if all of the task is known."""
    return row.evidence.get("holm_absence", row.evidence["p_absence"]) < LEVEL


def _uncorrected(claim: str) -> Ruling:
    return Ruling(UNDECIDED, f"{claim} alone, but not after Holm's correction over the task")


def conditional_rule(row) -> Ruling:
    """Of I(Y; A | B) <= tolerance: interval, both positive controls, load of the linear bound, synergy of three."""
    e, low, high, tolerance = row.evidence, row.low, row.high, row.tolerance
    if e.get("contradicted"):
        return Ruling(UNDECIDED, f"feature maps contradict: {e['contradicted']}")
    if low > tolerance:
        return Ruling(VIOLATED) if effect_is_shown(row) else _uncorrected(VIOLATED)
    if triple_was_missed(e):
        return Ruling(UNDECIDED, "a planted synergy of three directions was not found", NO_POWER)
    if high >= tolerance:
        return Ruling(UNDECIDED, SPANS)
    if e["information_joint"] < tolerance:
        return Ruling(UNDECIDED, "nothing of the label was read from both sides together", NO_POWER)
    if e["load"] > OVERLOADED:
        why = "more than 0.2 degrees of freedom per row: the linear bound bounds nothing here"
        return Ruling(UNDECIDED, why, NO_POWER)
    found = {
        "additive": e["plant_additive"] >= tolerance,
        "interaction": e["plant_interaction"] - Z95 * e["plant_interaction_se"] > tolerance,
    }
    missed = " and a planted ".join(k for k, ok in found.items() if not ok)
    if missed:
        why = f"the interval is under the tolerance, but a planted {missed} effect was not found at this n and d"
        return Ruling(UNDECIDED, why, NO_POWER)
    return Ruling(HOLDS) if absence_is_shown(row) else _uncorrected(HOLDS)


def triple_was_missed(evidence: dict) -> bool:
    """Whether a planted synergy of three directions was looked for, and less than half of it was read."""
    return "plant_triple" in evidence and evidence["plant_triple"] < evidence["planted_triple"] / 2


def independence_rule(row) -> Ruling:
    """Of X1 independent of X2 given Y: the exact test; to hold, the interval and a planted dependence too."""
    e = row.evidence
    if e["p"] < EXACT_LEVEL:
        return Ruling(VIOLATED) if effect_is_shown(row) else _uncorrected(VIOLATED)
    if row.high >= row.tolerance:
        return Ruling(UNDECIDED, "no dependence was found, but the interval reaches the tolerance")
    if not e["plant_p"] < 0.05:
        return Ruling(UNDECIDED, "no dependence was found, nor was a planted one of twice the tolerance", NO_POWER)
    return Ruling(HOLDS) if absence_is_shown(row) else _uncorrected(HOLDS)


def infomin_rule(row) -> Ruling:
    """Of I(X1; X2 | Y) <= tolerance: the interval; to hold, the exact test and a planted dependence too."""
    e = row.evidence
    if row.low > row.tolerance:
        return Ruling(VIOLATED) if effect_is_shown(row) else _uncorrected(VIOLATED)
    if e["p"] < EXACT_LEVEL:
        return Ruling(UNDECIDED, "dependence was found, but not shown to exceed the tolerance")
    if row.high >= row.tolerance:
        return Ruling(UNDECIDED, "neither a dependence above the tolerance nor its absence was shown")
    if not e["plant_p"] < 0.05:
        return Ruling(UNDECIDED, "no dependence was found, nor was a planted one of twice the tolerance", NO_POWER)
    return Ruling(HOLDS) if absence_is_shown(row) else _uncorrected(HOLDS)


def interaction_rule(row) -> Ruling:
    """Of S <= tolerance: the interval, if the sum rules agree; to hold, a planted interaction too."""
    e = row.evidence
    if not e["sums_agree"]:
        return Ruling(UNDECIDED, "U1 + S does not agree with the reading of I(Y; X1 | X2)")
    if row.low > row.tolerance:
        return Ruling(VIOLATED) if effect_is_shown(row) else _uncorrected(VIOLATED)
    if row.high >= row.tolerance:
        return Ruling(UNDECIDED, SPANS)
    if e["plant_interaction"] - Z95 * e["plant_interaction_se"] <= row.tolerance:
        return Ruling(UNDECIDED, "no synergy above the tolerance was read, but neither was a planted one", NO_POWER)
    return Ruling(HOLDS) if absence_is_shown(row) else _uncorrected(HOLDS)


def relevance_rule(row) -> Ruling:
    """Of "some of what matters is not shared": by the verdicts on redundancy, which the evidence names by way."""
    ways = [v for k, v in row.evidence.items() if k.startswith("way_")]
    if row.evidence.get("contradicted"):
        return Ruling(UNDECIDED, f"feature maps contradict: {row.evidence['contradicted']}")
    if VIOLATED in ways:
        return Ruling(HOLDS) if effect_is_shown(row) else _uncorrected(HOLDS)
    if set(ways) == {HOLDS}:
        return Ruling(VIOLATED) if absence_is_shown(row) else _uncorrected(VIOLATED)
    return Ruling(UNDECIDED, power=NO_POWER if NO_POWER in ways else POWER)


def overlap_rule(row) -> Ruling:
    """Of "at most 5 % of the views are nearest to a view of another class"."""
    if row.high < HOLDS_UNDER:
        return Ruling(HOLDS) if absence_is_shown(row) else _uncorrected(HOLDS)
    if row.low > VIOLATED_OVER:
        return Ruling(VIOLATED) if effect_is_shown(row) else _uncorrected(VIOLATED)
    return Ruling(UNDECIDED, f"the interval is not clear of {HOLDS_UNDER:g} to {VIOLATED_OVER:g}")
