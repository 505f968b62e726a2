"""Interaction: whether anything about the label is in neither view, only in both together."""

from sslbench.assumptions.base import AssumptionCard, Verdict
from sslbench.assumptions.cases import GATES, Calibration
from sslbench.assumptions.readings import Readings
from sslbench.assumptions.rules import interaction_rule, p_of_end, ruled
from sslbench.information.conditional import PAD, Z95, read_positive_controls
from sslbench.information.profile import profile
from sslbench.information.readers.cross_fitted import posterior
from sslbench.registry import ASSUMPTIONS

NAME = "stacked readers; BROJA on a code of each view's posterior, bias from permuted labels; bootstrap over rows"


@ASSUMPTIONS.register("interaction")
class NoInteraction:
    """S <= tolerance: no synergy.

    Source: Bertschinger et al. 2014, arXiv:1311.2852; Liang et al. 2023, arXiv:2302.12247.
    """

    card = AssumptionCard(
        title="Nothing about the label is only in the combination of the views",
        statement="S <= tolerance, where I(Y; X1, X2) = R + U1 + U2 + S",
        matters="I(Y; X1 | X2) = U1 + S: redundancy fails through what is unique to a view, or through synergy, and "
        "the "
        "cures differ. Unique parts need methods that keep; synergy needs methods that fuse the views (comm, "
        "supervised "
        "fusion): no code of one stream can hold it.",
        statistic="S, nats, with R, U1 and U2 beside it",
        estimator=NAME,
        rule="violated if the low end of S exceeds the tolerance; holds if its high end is under it (either "
        "Holm-corrected over the task), the sum rules agree with the redundancy readings and a planted interaction is "
        "found; else undecided",
        world="xor (S = 1 bit), and (R .311, S .5), switch (U1 .138, S 0), noisy-channels (R .531, S .211)",
        limits="R by BROJA's definition; others differ. The code of a posterior has at most 8 cells, so R reads a "
        "little "
        "low and S with it. A joint reader that misses synergy reads S low.",
        source="Bertschinger et al. 2014, arXiv:1311.2852",
        families=("contrastive", "self-distillation", "information maximisation", "paired"),
        streams=(1, 2),
    )
    version = 2
    rule = staticmethod(interaction_rule)
    calibration = Calibration(GATES, "synergy")

    def test(self, readings: Readings) -> Verdict:
        """The verdict on one target."""
        sides = readings.prepared("x2", "x1"), readings.prepared("x1", "x2")  # view 1 alone, view 2 alone
        codes = [posterior(p.z2, p.y, p.classes, p.folds, p.network, p.seed + 11, p.wide).numpy() for p in sides]
        first, second = readings.read("x2", "x1").gains, readings.read("x1", "x2").gains
        both = (first[1] + second[1]) / 2
        y = sides[0].y.numpy()
        found = profile(*codes, y, first[0], second[0], both, readings.views.groups, readings.seed)
        (value, low, high), reading = found.synergy, readings.read("x1", "x2")
        # the joint model reads low at this size: what twice the rows would add may be synergy
        low, high = low - PAD, high + PAD + max(0.0, reading.extrapolated - reading.gap)
        tolerance = reading.tolerance
        agree = reading.low - 0.02 <= found.unique_1[2] + high and found.unique_1[1] + low <= reading.high + 0.02
        parts = {k: round(getattr(found, k)[0], 4) for k in ("redundant", "unique_1", "unique_2", "synergy")}
        parts |= {f"{k}_high": round(getattr(found, k)[2], 4) for k in ("unique_1", "unique_2")} | {
            "sums_agree": bool(agree)
        }
        if high < tolerance:
            planted, planted_se = read_positive_controls(sides[1], tolerance)["interaction"]
            parts |= {"plant_interaction": planted, "plant_interaction_se": planted_se}
        parts |= {
            "p_effect": p_of_end(low - tolerance, (value - low) / Z95),
            "p_absence": p_of_end(tolerance - high, (high - value) / Z95),
        }
        return ruled(
            Verdict(
                self.name,
                readings.target,
                "",
                value,
                low,
                high,
                tolerance,
                reading.n,
                NAME,
                tolerance + 1.43 * (high - low) / 2,
                "",
                evidence=parts,
            ),
            self.rule,
        )
