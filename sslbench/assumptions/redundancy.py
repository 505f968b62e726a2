"""Multiview redundancy in both directions: what matters about the label is what the two views share."""

import numpy as np
from scipy.stats import norm

from sslbench.assumptions.base import Card, Verdict
from sslbench.information.conditional import PAD, Z95, Reading, prepare, read, read_plants, reader_name
from sslbench.registry import ASSUMPTIONS
from sslbench.stats import holm

RULE = (
    "violated if the interval's low end exceeds the tolerance (Holm-corrected over the task); holds if its high end is "
    "under it and both planted effects were found at this n and d; else undecided. Tolerance: 0.01 nats or 5 % of the "
    "label information, the larger"
)
MATTERS = (
    "Contrastive, joint-embedding and bottleneck methods keep what the views share. Where this fails, compressing to "
    "the shared part loses label information: keep more (reconstruction), or fuse the views."
)
FEW_ROWS = 50  # rows per column under which a coded view was seen to be missed (tests/benchmarks/verdicts.py)
LIMITS = (
    "Speaks about what these readers can use, not about all dependence: synergy that is not a product of two "
    "directions is outside both readers and plants. 'holds' needs about 50 rows per column of both views. With fewer, "
    "'violated' can also mean that the other view holds the same in a form that the readers cannot learn from so few "
    "rows: 9 of 10 such data sets with 1,000 rows of 40 + 40 columns were called violated, none with 8 + 8 columns."
)


def _card(first: int, second: int, world: str) -> Card:
    return Card(
        title=f"View {second} says all that view {first} says about the label",
        statement=f"I(Y; X{first} | X{second}) <= tolerance",
        matters=MATTERS,
        statistic=f"I(Y; X{first} | X{second}), nats",
        estimator=reader_name(True),
        rule=RULE,
        world=world,
        limits=LIMITS,
    )


@ASSUMPTIONS.register("redundancy-1")
class Redundancy1:
    """I(Y; X1 | X2) <= tolerance. Source: Sridharan & Kakade, COLT 2008; Assumption 1 of arXiv:2304.09355."""

    card = _card(1, 2, "switch (violated: 0.138 bits), xor (violated: 1 bit)")


@ASSUMPTIONS.register("redundancy-2")
class Redundancy2:
    """I(Y; X2 | X1) <= tolerance. Source: Sridharan & Kakade, COLT 2008; Assumption 1 of arXiv:2304.09355."""

    card = _card(2, 1, "switch (holds: 0), xor (violated: 1 bit)")


def p_value(r: Reading) -> float:
    """One-sided p-value of "the information is at most the tolerance": the larger one of the two training sizes."""
    scores = [
        (r.gap - PAD - r.tolerance) / max(r.se, 1e-12),
        (r.extrapolated - PAD - r.tolerance) / max(r.extrapolated_se, 1e-12),
    ]
    return float(norm.sf(min(scores)))


def test_redundancy(
    x1, x2, targets: dict[str, np.ndarray], groups=None, network: bool = True, seed: int = 0
) -> list[Verdict]:
    """Verdicts on both directions for every target. x1, x2: (n, dim); targets: name -> (n,) classes; groups: (n,) or
    None.

    Raises InputError for arrays that cannot be read.
    """
    asked, readings = [], []
    for target, y in targets.items():
        for name, first, second in (("redundancy-1", x1, x2), ("redundancy-2", x2, x1)):
            prepared = prepare(first, second, y, groups, None, network, seed)
            asked.append((name, target, prepared))
            readings.append(read(prepared))
    rejected = holm([p_value(r) for r in readings])
    return [_decide(*a, r, bool(out)) for a, r, out in zip(asked, readings, rejected, strict=True)]


test_redundancy.__test__ = False  # not a pytest test


def _decide(name: str, target: str, prepared, r: Reading, rejected: bool) -> Verdict:
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
    verdict, notes = "undecided", []
    if r.low > tolerance:
        verdict = "violated" if rejected else "undecided"
        columns = prepared.x1.shape[1] + prepared.z2.shape[1]
        if rejected and r.n < FEW_ROWS * columns:
            notes.append(
                f"only {r.n / columns:.0f} rows per column: if the other view codes it nonlinearly, it may be missed"
            )
        if not rejected:
            notes.append("above the tolerance alone, but not after Holm's correction over the task")
    elif r.high < tolerance:
        plants = read_plants(prepared, tolerance)
        (additive, _), (interaction, interaction_se) = plants["additive"], plants["interaction"]
        evidence |= {
            "plant_additive": additive,
            "plant_interaction": interaction,
            "plant_interaction_se": interaction_se,
        }
        missed = [
            k
            for k, ok in (
                ("additive", additive >= tolerance),
                ("interaction", interaction - Z95 * interaction_se > tolerance),
            )
            if not ok
        ]
        if r.load > 0.2:
            notes.append("more than 0.2 degrees of freedom per row: the linear bound bounds nothing here")
        elif missed:
            notes.append(
                f"the interval is under the tolerance, but a planted {' and a planted '.join(missed)} effect "
                "was not found at this n and d"
            )
        else:
            verdict = "holds"
    else:
        notes.append("the interval spans the tolerance")
    return Verdict(
        name,
        target,
        verdict,
        r.gap,
        r.low,
        r.high,
        tolerance,
        r.n,
        reader_name(prepared.network),
        tolerance + PAD + 2.8 * r.se,
        "; ".join(notes),
        evidence={k: float(f"{v:.5g}") for k, v in evidence.items()},
    )
