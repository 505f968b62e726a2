"""Non-shared relevance: part of what matters about a target is in one view alone."""

from sslbench.assumptions.base import HOLDS, VIOLATED, AssumptionCard, Verdict
from sslbench.assumptions.cases import GATES, Calibration
from sslbench.assumptions.conditional import decide
from sslbench.assumptions.readings import Readings
from sslbench.assumptions.rules import NO_POWER, relevance_rule, ruled
from sslbench.information.conditional import PAD, estimator_name
from sslbench.registry import ASSUMPTIONS


@ASSUMPTIONS.register("non-shared-relevance")
class NonSharedRelevance:
    """max of I(Y; X1 | X2) and I(Y; X2 | X1) over I(Y; X1, X2) > 5 %. Source: Wang et al. 2022, arXiv:2203.07004."""

    card = AssumptionCard(
        title="Some of what matters is not shared",
        statement="max(I(Y; X1 | X2), I(Y; X2 | X1)) > 5 % of I(Y; X1, X2)",
        matters="Methods that keep more than the shared part (reconstruction, rc, lbe, the keep side of the dial) pay "
        "only where this holds. How large a share pays depends on the labels at hand: fewer labels need more.",
        statistic="share of the label information that one view alone holds",
        estimator=estimator_name(True),
        rule="holds if a redundancy premise is violated; violated if both hold; else undecided",
        world="switch (holds: 0.23 of the label), shared-nuisance (violated: 0)",
        limits="Counts synergy as not shared; the card interaction tells them apart. With more than two streams, each "
        "is held against all others side by side.",
        source="Wang et al. 2022, arXiv:2203.07004",
        families=("information-preserving", "reconstruction"),
        every_map=True,
        claim=HOLDS,
    )
    version = 2
    rule = staticmethod(relevance_rule)
    calibration = Calibration(GATES, "unshared-share", unit=1.0, holds=lambda truth, tolerance: truth > tolerance)

    def test(self, readings: Readings) -> Verdict:
        """The verdict on one target."""
        views = readings.views
        ways = [(f"x{k}", views.given(k)) for k in range(1, len(views.views) + 1)]
        sides = [readings.read(x, given) for x, given in ways]
        found = [decide(self.name, readings, x, given) for x, given in ways]
        larger = max(sides, key=lambda r: r.low)
        joint = max(*(r.joint for r in sides), 1e-3)
        share = lambda v: float(min(max(v / joint, -1.0), 1.0))  # noqa: E731
        told = [v.power if v.power == NO_POWER else v.verdict for v in found]
        evidence = {"information_joint": joint} | {f"way_{k}": v for k, v in enumerate(told, 1)}
        # shown if any way is, and absent if all are: the redundancy rows stand in the same corrections with these
        evidence["p_effect"] = min(v.evidence["p_effect"] for v in found)
        evidence["p_absence"] = max(v.evidence["p_absence"] for v in found)
        decided = HOLDS if VIOLATED in told else VIOLATED if set(told) == {HOLDS} else ""
        return ruled(
            Verdict(
                self.name,
                readings.target,
                "",
                share(max(r.gap for r in sides)),
                share(max(v.low for v in found)),
                share(max(v.high for v in found)),
                share(larger.tolerance),
                larger.n,
                estimator_name(readings.network),
                share(larger.tolerance + PAD + 2.8 * larger.se),
                "" if decided else "; ".join(dict.fromkeys(filter(None, (v.note for v in found)))),
                unit="share",
                evidence=evidence,
            ),
            self.rule,
        )
