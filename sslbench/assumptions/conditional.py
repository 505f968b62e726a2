"""The rule for assumptions of the form I(Y; A | B) <= tolerance: interval, linear bound, positive controls."""

from dataclasses import replace

from scipy.stats import norm

from sslbench.assumptions.base import HOLDS, UNDECIDED, VIOLATED, Verdict
from sslbench.assumptions.readings import Readings
from sslbench.information.conditional import (
    PAD,
    Z95,
    Reading,
    estimator_name,
    read_negative_control,
    read_positive_controls,
    read_triple,
)

RULE = (
    "violated if the interval's low end exceeds the tolerance (Holm-corrected over the task); with fewer than 50 rows "
    "per column the low end is lowered by what the coded control reads. holds if its high end is under it and both "
    "planted effects were found at this n and d; with fewer than 25 rows per column, or more than 200 columns, the "
    "high end is all of H(Y | X2) unless a strong planted synergy of three directions is found. else undecided. "
    "Tolerance: 0.01 nats or 5 % of the label information, the larger"
)
FEW_ROWS = 50  # rows per column of both views under which a coded view can be missed (sslbench calibrate, world coded)
FEWEST_ROWS = 25  # and under which strong synergy of three directions can be missed altogether (world parity-3)
WIDE = 200  # columns beyond which strong synergy of three can be missed with more rows too (world parity-3)
OVERLOADED = 0.2  # degrees of freedom per row beyond which the linear bound bounds nothing
LIMITS = (
    "Speaks about what these readers can use, not about all dependence: synergy of more than three directions is "
    "outside readers and plants. 'holds' needs about 50 rows per column of both views. With fewer, "
    "'violated' can also mean that the other view holds the same in a form that the readers cannot learn from so few "
    "rows."
)


def p_value(r: Reading) -> float:
    """One-sided p-value of "the information is at most the tolerance": the larger one of the two training sizes."""
    scores = [
        (r.gap - PAD - r.tolerance) / max(r.se, 1e-12),
        (r.extrapolated - PAD - r.tolerance) / max(r.extrapolated_se, 1e-12),
    ]
    return float(norm.sf(min(scores)))


def decide(name: str, readings: Readings, first: str, second: str) -> Verdict:
    """The verdict on I(Y; first | second) <= tolerance under this name, made once; views named as in `ViewData`."""
    found = readings.once(("decided", first, second), lambda: _decide(name, readings, first, second))
    return replace(found, assumption=name)


def _decide(name: str, readings: Readings, first: str, second: str) -> Verdict:
    prepared, r = readings.prepared(first, second), readings.read(first, second)
    tolerance = r.tolerance
    evidence = {
        "gap": r.gap,
        "se": r.se,
        "extrapolated": r.extrapolated,
        "extrapolated_se": r.extrapolated_se,
        "hull_high": r.hull_high,
        "linear": r.linear,
        "load": r.load,
        "information_single": r.single,
        "information_joint": r.joint,
        "classes": r.classes,
    }
    verdict, notes, low, high = UNDECIDED, [], r.low, r.high
    columns = prepared.x1.shape[1] + prepared.z2.shape[1]
    if r.low > 0 and r.n < FEW_ROWS * columns:
        coded, coded_se = read_negative_control(prepared)
        evidence |= {"coded": coded, "coded_se": coded_se}
        low -= max(0.0, coded + Z95 * coded_se)
    if r.low <= tolerance and (r.n < FEWEST_ROWS * columns or columns > WIDE):
        triple, planted = read_triple(prepared, r.left)
        evidence |= {"plant_triple": triple, "planted_triple": planted}
        if triple < planted / 2:
            high = max(high, r.left)
            notes.append(
                f"with {r.n / columns:.0f} rows per column a planted synergy of three directions, {planted:.2f} nats, "
                "was not found: the high end is all that the given view leaves open"
            )
    if low > tolerance:
        verdict = VIOLATED
    elif r.low > tolerance:
        notes.append(
            f"above the tolerance, but with {r.n / columns:.0f} rows per column a given view that coded the "
            f"same as a product would read {evidence['coded']:.3f} too"
        )
    elif high < tolerance:
        plants = read_positive_controls(prepared, tolerance)
        (additive, _), (interaction, interaction_se) = plants["additive"], plants["interaction"]
        evidence |= {
            "plant_additive": additive,
            "plant_interaction": interaction,
            "plant_interaction_se": interaction_se,
        }
        found = {"additive": additive >= tolerance, "interaction": interaction - Z95 * interaction_se > tolerance}
        missed = [k for k, ok in found.items() if not ok]
        if r.load > OVERLOADED:
            notes.append("more than 0.2 degrees of freedom per row: the linear bound bounds nothing here")
        elif missed:
            notes.append(
                f"the interval is under the tolerance, but a planted {' and a planted '.join(missed)} effect "
                "was not found at this n and d"
            )
        else:
            verdict = HOLDS
    else:
        notes.append("the interval spans the tolerance")
    return Verdict(
        name,
        readings.target,
        verdict,
        r.gap,
        low,
        high,
        tolerance,
        r.n,
        estimator_name(prepared.network),
        tolerance + PAD + 2.8 * r.se,
        "; ".join(notes),
        p=p_value(r),
        evidence={k: float(f"{v:.5g}") for k, v in evidence.items()},
    )
