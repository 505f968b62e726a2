"""What two views share beyond the label: the test and the estimate behind two assumptions, with a positive control."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sslbench.assumptions.base import Verdict
from sslbench.assumptions.readings import Readings
from sslbench.assumptions.rules import p_of_end, ruled
from sslbench.information.independence import Independence, test_independence

DRAWS, CONTROL_DRAWS = 999, 199
NAME = "within-class permutation test; held-out InfoNCE with a Gaussian critic"


@dataclass(frozen=True)
class Shared:
    """What the views share given the label.

    The test's p-value, the estimate in nats, whether the positive control was found.
    """

    target: str
    n: int
    p: float
    value: float
    low: float
    high: float
    se: float
    tolerance: float
    control: float  # the test's p-value on the positive control; nan where none was needed

    def verdict(self, name: str, rule: Callable, p_effect: float) -> Verdict:
        """The verdict that the rule gives on this evidence; p_effect: of the claim that something is shared."""
        p_absence = p_of_end(self.tolerance - self.high, self.se)
        evidence = {"p": self.p} | ({} if np.isnan(self.control) else {"plant_p": self.control})
        return ruled(
            Verdict(
                name,
                self.target,
                "",
                self.value,
                self.low,
                self.high,
                self.tolerance,
                self.n,
                NAME,
                2 * self.tolerance,
                "",
                evidence=evidence | {"p_effect": p_effect, "p_absence": p_absence},
            ),
            rule,
        )


def dependent_control(x2: np.ndarray, x1: np.ndarray, y: np.ndarray, nats: float, seed: int) -> np.ndarray:
    """View 2 remade so that it shares `nats` with view 1.

    Its rows are traded within classes, so that nothing is shared, and then one random direction of it is correlated
    with one of view 1.
    """
    rng = np.random.default_rng(seed)
    order = np.arange(len(y))
    for c in np.unique(y):
        rows = np.flatnonzero(y == c)
        order[rows] = rng.permutation(rows)
    moved = np.array(x2[order], dtype=float)
    moved = (moved - moved.mean(0)) / np.maximum(moved.std(0), 1e-9)
    scaled = (x1 - x1.mean(0)) / np.maximum(x1.std(0), 1e-9)
    directions = [rng.normal(size=v.shape[1]) for v in (scaled, moved)]
    source = scaled @ directions[0]
    axis = directions[1] / np.linalg.norm(directions[1])
    own = moved @ axis
    source = (source - source.mean()) / source.std() * own.std()
    rho = np.sqrt(1 - np.exp(-2 * nats))
    return moved + np.outer(rho * source + np.sqrt(1 - rho**2) * (own - own.mean()) - own, axis)


def shared_given_label(readings: Readings) -> Shared:
    """Test and estimate of I(X1; X2 | Y) for one target; kept with the readings."""
    return readings.once(("shared",), lambda: _shared_given_label(readings))


def _shared_given_label(readings: Readings) -> Shared:
    v, y = readings.views, readings.prepared("x1", "x2").y.numpy()
    found: Independence = test_independence(v.x1, v.x2, y, v.groups, DRAWS, readings.seed)
    tolerance, control = readings.read("x1", "x2").tolerance, float("nan")
    if found.p >= 0.01 and found.high < tolerance:
        x2 = dependent_control(v.x2, v.x1, y, 2 * tolerance, readings.seed + 7)
        control = test_independence(v.x1, x2, y, v.groups, CONTROL_DRAWS, readings.seed).p
    return Shared(readings.target, len(y), found.p, found.value, found.low, found.high, found.se, tolerance, control)
