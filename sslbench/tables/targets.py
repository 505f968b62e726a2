"""Which targets can tell methods apart: headroom, F-test, convergence, and the reason where one is not ranked."""

import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from sslbench.config import CONTROLS_UNTRAINED, MIN_FIXED_RUNS, MIN_RUNS, REFERENCES, SUPERVISED
from sslbench.stats import Effects, effects
from sslbench.tables.columns import TABLES
from sslbench.tables.standard import TargetRuns, Targets
from sslbench.tasks import too_few_test_rows

LEAST_HEADROOM = 5.0  # residual SDs between the best untrained control and the reference with labels
MOST_P = 0.01  # of the F-test over methods


@dataclass(frozen=True)
class Evidence:
    """What the standard runs of controls and reference methods say of one target."""

    control: str
    control_bits: float
    supervised_bits: float
    references: tuple[str, ...]
    effects: Effects
    test_rows: int
    reasons: tuple[str, ...]  # why it is not ranked, apart from convergence

    @property
    def headroom(self) -> float:
        """Bits that the reference with labels is above the best untrained control."""
        return self.supervised_bits - self.control_bits

    @property
    def headroom_sds(self) -> float:
        """The headroom in residual SDs."""
        return self.headroom / self.effects.residual_sd if self.effects.residual_sd > 0 else math.nan


def evidence(target: TargetRuns) -> Evidence:
    """The evidence of one target, from methods with all standard runs: other methods' records change nothing."""
    controls = {c: float(np.mean(target.scores(c))) for c in CONTROLS_UNTRAINED if target.complete(c)}
    control = max(controls, key=controls.get, default="")
    labels = float(np.mean(target.scores(SUPERVISED))) if target.complete(SUPERVISED) else math.nan
    references = tuple(m for m in REFERENCES if target.complete(m))
    found = Effects(*[math.nan] * 4)
    if len(references) > 1:
        folds = len({r.fold for r in target.runs})
        scores = np.array([target.scores(m) for m in references])  # the runs are ordered by init, then fold
        found = effects(scores.reshape(len(references), -1, folds).swapaxes(1, 2))
    out = Evidence(control, controls.get(control, math.nan), labels, references, found, sum(target.rows.values()), ())
    return replace(out, reasons=tuple(_reasons(target, out)))


def _reasons(target: TargetRuns, e: Evidence):
    wanted = (*CONTROLS_UNTRAINED, SUPERVISED, *REFERENCES)
    if missing := [m for m in wanted if not target.complete(m)]:
        have = ", ".join(f"{m} {len(target.bits.get(m, ()))}" for m in missing[:3])
        more = f", and {len(missing) - 3} more controls or references lack some" if len(missing) > 3 else ""
        yield f"of {len(target.runs)} runs there are: {have}{more}"
    least = MIN_FIXED_RUNS if target.fixed else MIN_RUNS
    if len(target.runs) < least:
        yield f"{len(target.runs)} runs per cell, at least {least} are needed"
    if few := too_few_test_rows(e.test_rows, target.fixed):
        yield few
    if not math.isnan(e.headroom_sds) and e.headroom_sds < LEAST_HEADROOM:
        yield (
            f"{SUPERVISED} is {e.headroom:.3f} bits above {e.control}, {e.headroom_sds:.1f} residual SDs; "
            f"at least {LEAST_HEADROOM:g} are needed"
        )
    if not math.isnan(e.effects.p) and e.effects.p >= MOST_P:
        yield f"the reference methods do not differ: F = {e.effects.f:.1f}, p = {e.effects.p:.2g}"
    elif missing == [] and (math.isnan(e.effects.p) or math.isnan(e.headroom_sds)):
        yield "the runs have no spread to test against"


def targets_table(targets: Targets, found: dict[tuple[str, str], Evidence], convergence: pd.DataFrame) -> pd.DataFrame:
    """One row per target with the evidence for it; ranked if nothing speaks against it, with the reasons otherwise."""
    passed = (
        convergence.groupby(["task", "target"])[["passed", "largest", "of_gap", "spearman", "least_spearman"]]
        .first()
        .to_dict("index")
    )
    rows = []
    for key, target in targets.items():
        e, budget = found[key], passed.get(key)
        converged = "not measured" if budget is None else "yes" if budget["passed"] else "no"
        reasons = list(e.reasons)
        if budget is None:
            reasons.append("whether the budget has converged was not measured for this card and protocol")
        elif not budget["passed"]:
            reasons.append(
                f"not converged: doubling the steps moves a reference method by {budget['largest']:.2f} residual SDs, "
                f"{budget['of_gap']:.2f} of the headroom, "
                f"and the order of methods correlates {budget['spearman']:.2f} with that before "
                f"({budget['least_spearman']:.2f} passes)"
            )
        rows.append(
            (
                *(*key, target.modality, e.control, e.control_bits, e.supervised_bits, e.effects.residual_sd),
                *(e.headroom, e.headroom_sds, e.effects.f, e.effects.p, e.effects.reliability, len(e.references)),
                *(len(target.runs), e.test_rows, converged, not reasons, "; ".join(reasons)),
            )
        )
    return TABLES["targets"].frame(rows)
