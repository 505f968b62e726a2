"""The trials of one data set: what every verdict says, and what it should."""

import time

import numpy as np

from sslbench.calibration.cases import CODE, calibration_of
from sslbench.calibration.worlds import TrialSpec, case_views
from sslbench.metrics.protocol import ROWS
from sslbench.records.trials import Trial
from sslbench.registry import ASSUMPTIONS, THRESHOLDS
from sslbench.stats import judge, mean_interval
from sslbench.versions import ESTIMATORS, METRICS

SEEDS = 3  # samples of a synthetic representation that a verdict is made of, as of a method's seeds


def estimator_version(assumption: str) -> str:
    """The version of an assumption's rule, of what measures a representation, and of the estimators behind them."""
    entry = (THRESHOLDS if assumption in THRESHOLDS else ASSUMPTIONS).get(assumption)
    return f"{entry.version}.{METRICS}.{ESTIMATORS}"


def _metric_trial(spec: TrialSpec, name: str) -> Trial:
    """The verdict on a synthetic representation of known metric, from SEEDS samples as from the seeds of a method."""
    began, n = time.process_time(), min(spec.n, ROWS)
    metric = THRESHOLDS.get(name)
    (code,) = (s for s in metric.synthetic if s.name == spec.case.name)
    rule = metric.card.threshold
    holds, violated = (rule.holds, rule.violated) if code.allowed is None else (code.allowed, code.allowed)
    values = [
        code.sample(np.random.default_rng([spec.repetition, seed, n, spec.dim]), n, spec.dim) for seed in range(SEEDS)
    ]
    mean, low, high = mean_interval(values)
    truth = code.truth(spec.dim)
    good = truth > holds if rule.high_is_good else truth < holds
    short = lambda x: float(f"{x:.5g}")  # noqa: E731
    return Trial(
        name,
        code.name,
        n,
        spec.dim,
        spec.repetition,
        short(truth),
        "holds" if good else "violated",
        judge(low, high, holds, violated, rule.high_is_good),
        *map(short, (mean, low, high, holds)),
        round(time.process_time() - began, 2),
        code.exact,
        estimator_version(name),
    )


def run_spec(spec: TrialSpec) -> list[Trial]:
    """The trials of one data set."""
    from sslbench.threads import one_thread

    with one_thread():
        if spec.case.source == CODE:
            return [_metric_trial(spec, name) for name in spec.assumptions]
        return _verdict_trials(spec)


def _verdict_trials(spec: TrialSpec) -> list[Trial]:
    from sslbench.assumptions.readings import Readings

    views, truth = case_views(spec)
    readings = Readings(views, "label", True, spec.repetition)
    out = []
    for name in spec.assumptions:
        began = time.process_time()
        v = ASSUMPTIONS.get(name)().test(readings)
        declared = calibration_of(name)
        known = truth[declared.truth] * declared.unit
        short = lambda x: float(f"{x:.5g}")  # noqa: E731
        out.append(
            Trial(
                name,
                spec.case.name,
                spec.n,
                views.x1.shape[1],
                spec.repetition,
                short(known),
                "holds" if declared.holds(known, v.tolerance) else "violated",
                v.verdict,
                *map(short, (v.value, v.low, v.high, v.tolerance)),
                round(time.process_time() - began, 2),
                spec.case.exact,
                estimator_version(name),
            )
        )
    return out
