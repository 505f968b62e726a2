"""Maximum entropy: the representation spreads evenly over its dimensions."""

from sslbench.metrics.card import MetricCard, Threshold
from sslbench.metrics.synthetic import Synthetic, normal_rows, steep
from sslbench.registry import THRESHOLDS


@THRESHOLDS.register("max-entropy")
class MaximumEntropy:
    """H(Z) is that of an isotropic Gaussian of the same variance. Source: arXiv:2303.00633, Eq. 4."""

    card = MetricCard(
        title="The representation has the entropy of an isotropic Gaussian",
        statement="log-det entropy per dimension within 0.25 nats of the largest for its variance",
        matters=(
            "Information maximisation trades invariance against entropy. Entropy that is left out is room not used."
        ),
        statistic="nats per dimension under an isotropic Gaussian of the same total variance, ridge 1e-3",
        rule="holds under 0.25, violated over 0.75",
        world="even-spread (0), decay-.5, decay-3: normal rows of known variances, closed form",
        limits=(
            "The log-det ignores all that is not Gaussian. The representation is judged, not the embedding that the "
            "loss saw."
        ),
        source="arXiv:2303.00633; Zhouyin & Liu 2021, arXiv:2105.03705",
        families=("information maximisation", "entropy"),
        threshold=Threshold("entropy-deficit", 0.25, 0.75),
    )
    synthetic = (
        Synthetic("even-spread", *normal_rows(steep(0.0), "entropy-deficit")),
        Synthetic("decay-.5", *normal_rows(steep(0.5), "entropy-deficit")),
        Synthetic("decay-3", *normal_rows(steep(3.0), "entropy-deficit")),
    )
