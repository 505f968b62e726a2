"""The rule for assumptions of the form I(Y; A | B) <= tolerance: interval, linear bound, positive controls."""

from dataclasses import replace

import torch
from scipy.stats import norm
from torch import Tensor

from sslbench.assumptions.base import Verdict
from sslbench.assumptions.readings import Readings
from sslbench.assumptions.rules import conditional_rule, ruled, triple_was_missed
from sslbench.information.conditional import (
    PAD,
    Z95,
    Reading,
    estimator_name,
    read_negative_control,
    read_positive_controls,
    read_triple,
)
from sslbench.information.dropped import dropped_information
from sslbench.information.hidden import hidden_information
from sslbench.information.prepared import Prepared

RULE = (
    "violated if the interval's low end exceeds the tolerance, after Holm's correction over the task's claims of an "
    "effect too; with fewer than 50 rows per column the low end is lowered by what the coded control reads, and where "
    "components of the given view were dropped, which are read as lines and as products only, by what they may hold in "
    "other ways. holds if the high end is under the tolerance, "
    "after Holm's correction over the task's claims of no effect too, and both planted effects were found at this n "
    "and d; where components of the view itself were dropped the high end is raised by what they may hold; with fewer "
    "than 25 rows per column, or more than 200 columns, it is all of H(Y | X2) unless a strong planted synergy of "
    "three directions is found. else undecided; with no power where what was planted was not found, or nothing of the "
    "label was read. Tolerance: 0.01 nats or 5 % of the label information, the larger"
)
FEW_ROWS = 50  # rows per column of both views under which a coded view can be missed (sslbench calibrate, world coded)
FEWEST_ROWS = 25  # and under which strong synergy of three directions can be missed altogether (world parity-3)
WIDE = 200  # columns beyond which strong synergy of three can be missed with more rows too (world parity-3)
LIMITS = (
    "Speaks about what these readers can use, not about all dependence: synergy of more than three directions is "
    "outside readers and plants. 'holds' needs about 50 rows per column of both views. With fewer, "
    "'violated' can also mean that the other view holds the same in a form that the readers cannot learn from so few "
    "rows. Wide views are read through components: the others are read as lines and as products. What they may hold in "
    "other ways is taken to be as much again as products of them were found to add, or what nonlinear models of the "
    "leading ones gain over linear ones, in proportion: a code of them of another kind would read as a violation."
)


def p_values(r: Reading, lowered: float = 0.0, raised: float = 0.0, missed: bool = False) -> dict[str, float]:
    """One-sided p-values of "more than the tolerance" (p_effect) and of "less" (p_absence).

    Each is the larger one over the ends that the interval is the hull of, so that it is under 2.5 % if and only if the
    interval is beyond the tolerance. lowered, raised: nats that the interval's ends were moved by, taken off first;
    missed: whether the high end is all that the given view leaves open.
    """
    sizes = [(r.gap, r.se), (r.extrapolated, r.extrapolated_se)]
    above = [(v - PAD - lowered - r.tolerance) / max(se, 1e-12) for v, se in sizes]
    below = [(r.tolerance - v - PAD - raised) / max(se, 1e-12) for v, se in sizes]
    below.append((r.tolerance - r.linear - raised) / max(r.linear_se, 1e-12))
    return {"p_effect": float(norm.sf(min(above))), "p_absence": 1.0 if missed else float(norm.sf(min(below)))}


def decide(name: str, readings: Readings, first: str, second: str) -> Verdict:
    """The verdict on I(Y; first | second) <= tolerance under this name, made once; views named as in `ViewData`."""
    found = readings.once(("decided", first, second), lambda: _decide(readings, first, second))
    return replace(found, assumption=name)


def _dropped(readings: Readings, prepared: Prepared, name: str, beside: Tensor) -> float:
    """The most that the columns dropped from `name` may tell beside those read, nats; 0 where none were dropped."""
    more = readings.views.dropped_of(name)
    if more is None:
        return 0.0
    p = prepared
    return dropped_information(beside, torch.as_tensor(more).float(), p.y, p.classes, p.folds, p.groups)


def _decide(readings: Readings, first: str, second: str) -> Verdict:
    prepared, r = readings.prepared(first, second), readings.read(first, second)
    tolerance, notes, low, high, lowered, raised = r.tolerance, [], r.low, r.high, 0.0, 0.0
    evidence = {
        "gap": r.gap,
        "se": r.se,
        "extrapolated": r.extrapolated,
        "extrapolated_se": r.extrapolated_se,
        "hull_high": r.hull_high,
        "linear": r.linear,
        "linear_se": r.linear_se,
        "load": r.load,
        "information_single": r.single,
        "information_joint": r.joint,
        "classes": r.classes,
    }
    kept = readings.views.kept
    evidence |= {f"variance_{k}": kept[k] for k in f"{first}+{second}".split("+") if k in kept}
    columns = prepared.x1.shape[1] + prepared.z2.shape[1]
    if r.low > 0 and r.n < FEW_ROWS * columns:
        coded, coded_se = read_negative_control(prepared)
        evidence |= {"coded": coded, "coded_se": coded_se}
        lowered = max(0.0, coded + Z95 * coded_se)
        if r.low > tolerance >= r.low - lowered:
            notes.append(
                f"above the tolerance, but with {r.n / columns:.0f} rows per column a given view that coded the "
                f"same as a product would read {coded:.3f} too"
            )
    if prepared.dropped is not None and r.low - lowered > tolerance:
        hidden = hidden_information(prepared, r)
        evidence |= {f"hidden_{k}": v for k, v in vars(hidden).items()}
        notes.append(
            f"{prepared.every.shape[1]} components of the given view are read as lines and as products; what they "
            f"may hold in other ways, {hidden.most:.3f}, is taken off"
        )
        lowered += hidden.most
    low -= lowered
    if r.low <= tolerance and (r.n < FEWEST_ROWS * columns or columns > WIDE):
        triple, planted = read_triple(prepared, r.left)
        evidence |= {"plant_triple": triple, "planted_triple": planted}
        if triple_was_missed(evidence):
            high = max(high, r.left)
            notes.append(
                f"with {r.n / columns:.0f} rows per column a planted synergy of three directions, {planted:.2f} nats, "
                "was not found: the high end is all that the given view leaves open"
            )
    if high < tolerance:
        both = torch.cat([prepared.given, prepared.x1], 1)
        evidence["dropped_first"] = raised = _dropped(readings, prepared, first, both)
        high += raised
        if high >= tolerance:
            notes.append(f"what was dropped from the view itself may hold {raised:.3f} more")
    if high < tolerance:
        plants = read_positive_controls(prepared, tolerance)
        (additive, _), (interaction, interaction_se) = plants["additive"], plants["interaction"]
        evidence |= {
            "plant_additive": additive,
            "plant_interaction": interaction,
            "plant_interaction_se": interaction_se,
        }
    evidence |= p_values(r, lowered, raised, triple_was_missed(evidence))
    return ruled(
        Verdict(
            "",
            readings.target,
            "",
            r.gap,
            low,
            high,
            tolerance,
            r.n,
            estimator_name(prepared.network),
            tolerance + PAD + 2.8 * r.se,
            "; ".join(notes),
            evidence=evidence,
        ),
        conditional_rule,
    )
