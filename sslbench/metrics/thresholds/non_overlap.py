"""Non-overlap: the neighbourhoods of different inputs stay apart."""

from sslbench.metrics.card import MetricCard, Threshold
from sslbench.metrics.synthetic import Synthetic, spaced
from sslbench.registry import THRESHOLDS


@THRESHOLDS.register("non-overlap")
class NonOverlap:
    """Noisy copies of an input lie nearest to it. Source: arXiv:2303.00633, section 4."""

    card = MetricCard(
        title="Neighbourhoods of different inputs do not overlap",
        statement="P(a noisy copy lies nearer to another input's mean) <= 5 %",
        matters=(
            "Mixture entropies are tight when components are apart; with overlap the bounds of pairwise distances part."
        ),
        statistic="share of 64 noisy copies of 32 inputs that lie nearer to another input's mean than to their own",
        rule="holds under 5 %, violated over 15 %",
        world="spaced-6, -5, -2: inputs so many noise sds apart (0.3 %, 1.2 %, 31 %)",
        limits="32 inputs: more inputs lie closer together. For views instead of noise see the measure overlap-views.",
        source="arXiv:2303.00633",
        families=("information maximisation", "entropy"),
        threshold=Threshold("overlap-noise", 0.05, 0.15),
    )
    synthetic = (
        Synthetic("spaced-6", *spaced(6.0)),
        Synthetic("spaced-5", *spaced(5.0)),
        Synthetic("spaced-2", *spaced(2.0)),
    )
