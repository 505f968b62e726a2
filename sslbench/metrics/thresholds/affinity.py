"""Local affinity: the encoder is nearly affine in a small step."""

from sslbench.metrics.card import MetricCard, Threshold
from sslbench.metrics.synthetic import Synthetic, bend
from sslbench.registry import THRESHOLDS


@THRESHOLDS.register("local-affinity")
class LocalAffinity:
    """f(x + d) - f(x) is linear in d for small d. Source: arXiv:2303.00633, the continuous piecewise affine reading."""

    card = MetricCard(
        title="The encoder is affine near every input",
        statement="|f(x+d) + f(x-d) - 2 f(x)| is small against |f(x+d) - f(x-d)|",
        matters=(
            "Push-forward entropies and conditional Gaussianity follow from it: a normal neighbourhood stays normal."
        ),
        statistic="mean ratio of bend and slope, steps of 0.1 sd of the input",
        rule="holds under 0.1, violated over 0.3",
        world="unbent (0), bend-.5 (0.04), bend-6 (0.48): quadratics, closed form",
        limits=(
            "One step size. A piecewise affine network bends where a step crosses a boundary, however small the pieces."
        ),
        source="arXiv:2303.00633",
        families=("information maximisation", "entropy"),
        threshold=Threshold("affinity-residual", 0.1, 0.3),
    )
    synthetic = (Synthetic("unbent", *bend(0.0)), Synthetic("bend-.5", *bend(0.5)), Synthetic("bend-6", *bend(6.0)))
