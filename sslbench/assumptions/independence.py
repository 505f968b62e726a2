"""Conditional independence: given the label, the two views have nothing in common."""

from sslbench.assumptions.base import AssumptionCard, Verdict
from sslbench.assumptions.cases import GATES, Calibration
from sslbench.assumptions.readings import Readings
from sslbench.assumptions.rules import independence_rule
from sslbench.assumptions.shared import shared_given_label
from sslbench.registry import ASSUMPTIONS


@ASSUMPTIONS.register("conditional-independence")
class ConditionalIndependence:
    """X1 and X2 are independent given Y.

    Source: Arora et al. 2019, arXiv:1902.09229; Lee et al. 2021, arXiv:2008.01064.
    """

    card = AssumptionCard(
        title="The views share nothing but the label",
        statement="X1 is independent of X2 given Y",
        matters="The theory of contrastive and of predictive pretext tasks assumes it: positives as good as drawn anew "
        "from the class. Augmented views of one item always fail it; then what else they share is learnt too.",
        statistic="I(X1; X2 | Y), nats, a lower estimate; the decision is that of the permutation test",
        estimator="exact within-class permutation test (whitened components and random cosines); held-out InfoNCE "
        "with a Gaussian critic on the same features",
        rule="violated if the exact test rejects at 1 % (Holm-corrected over the task); holds if it does not, the "
        "estimate's high end is under the tolerance (Holm-corrected too), and a planted dependence of twice the "
        "tolerance is found; else undecided. Tolerance: 0.01 nats or 5 % of the label information, the larger",
        world="noisy-channels (holds), shared-nuisance (violated: 0.531 bits), copy (holds)",
        limits="The test is exact at any n, but finds only dependence that components and random cosines show. Not the "
        "same as redundancy: noisy-channels is independent and not redundant, shared-nuisance the reverse.",
        source="Arora et al. 2019, arXiv:1902.09229; Lee et al. 2021, arXiv:2008.01064",
        families=("contrastive", "reconstruction", "latent prediction"),
        streams=(1, 2),
    )
    rule = staticmethod(independence_rule)
    calibration = Calibration(
        GATES, "conditional-independence", holds=lambda truth, tolerance: truth < 1e-9, lower_estimate=True
    )

    def test(self, readings: Readings) -> Verdict:
        """The verdict on one target."""
        found = shared_given_label(readings)
        return found.verdict(self.name, self.rule, found.p)
