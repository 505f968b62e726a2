"""InfoMin: the views share no more than the label, and the U-curve over their strength."""

from dataclasses import replace

from sslbench.assumptions.base import AssumptionCard, Verdict
from sslbench.assumptions.cases import GATES, Calibration
from sslbench.assumptions.readings import Readings
from sslbench.assumptions.rules import infomin_rule, p_of_end
from sslbench.assumptions.shared import shared_given_label
from sslbench.information.dependence import dependence
from sslbench.information.mutual import mutual
from sslbench.registry import ASSUMPTIONS


@ASSUMPTIONS.register("infomin")
class InfoMin:
    """I(X1; X2 | Y) <= tolerance: no excess shared nuisance. Source: Tian et al. 2020, arXiv:2005.10243."""

    card = AssumptionCard(
        title="The views share no nuisance worth speaking of",
        statement="I(X1; X2 | Y) <= tolerance",
        matters="Good views share the label and nothing else: what else they share, an encoder spends its capacity on. "
        "Where this fails, stronger views may help, until they lose the label (label-invariance): the U-curve.",
        statistic="I(X1; X2 | Y), nats, a lower estimate; beside it, for views of one item, label information of a "
        "view "
        "and shared information at five strengths",
        estimator="held-out InfoNCE within classes with a Gaussian critic on components and random cosines; Gaussian "
        "copula "
        "for the curve",
        rule="violated if the estimate's low end exceeds the tolerance (Holm-corrected over the task); holds if its "
        "high end is under it (Holm-corrected too), the exact independence test does not reject, and a planted "
        "dependence is found; else undecided",
        world="shared-nuisance (violated: 1 - h(r) bits), noisy-channels (holds)",
        limits="A lower estimate: never 'holds' on its word alone. The curve is shown, not judged: five points carry "
        "no "
        "test of an interior maximum.",
        source="Tian et al. 2020, arXiv:2005.10243",
        families=("contrastive", "self-distillation", "clustering", "information maximisation", "entropy"),
        streams=(1, 2),
    )
    rule = staticmethod(infomin_rule)
    calibration = Calibration(GATES, "conditional-independence", lower_estimate=True)

    def test(self, readings: Readings) -> Verdict:
        """The verdict on one target."""
        found = shared_given_label(readings)
        p = p_of_end(found.low - found.tolerance, found.se)
        out = found.verdict(self.name, self.rule, p)
        return replace(out, evidence=out.evidence | curve(readings))


def curve(readings: Readings) -> dict[str, float]:
    """Label information of one view, and information shared by two, nats, at every strength of the views."""
    v, out = readings.views, {}
    for strength, (x1, x2) in sorted(v.strengths.items()):
        out[f"label@{strength:g}"] = round(mutual(x1, readings.y, v.groups, readings.seed, network=False).value, 4)
        out[f"shared@{strength:g}"] = round(dependence(x1, x2, "copula").value, 3)
    return out
