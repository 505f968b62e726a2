"""Conditional Gaussianity: around an input, the representation is normal."""

from sslbench.metrics.card import MetricCard, Threshold
from sslbench.metrics.synthetic import Synthetic, around
from sslbench.registry import THRESHOLDS


@THRESHOLDS.register("conditional-gaussianity")
class ConditionalGaussianity:
    """Z given a neighbourhood of an input is Gaussian. Source: arXiv:2303.00633, section 4."""

    card = MetricCard(
        title="Around an input the representation is normal",
        statement="Z given X + noise is Gaussian, for every X",
        matters=(
            "The information-theoretic reading of VICReg, and every log-det entropy, take Z to be locally normal. "
            "Where it "
            "fails, log-det entropies are those of another distribution."
        ),
        statistic=(
            "share of coordinates that D'Agostino and Pearson's K^2 rejects at 5 %, 64 noisy copies of each of 32 "
            "inputs"
        ),
        rule="holds under 10 %, violated over 20 %; under exact normality it is about 6 % at 64 copies",
        world="affine-of-noise (holds), cubed-noise, rectified (violated)",
        limits=(
            "Noise of many input dimensions makes any smooth map look normal (central limit theorem): read it with "
            "local-affinity. Not rejected is not confirmed."
        ),
        source="arXiv:2303.00633; D'Agostino, Belanger & D'Agostino 1990",
        families=("information maximisation", "entropy"),
        threshold=Threshold("gaussian-rejections", 0.10, 0.20),
    )
    synthetic = (
        Synthetic("affine-of-noise", lambda d: 0.05, around(lambda x: 2 * x + 1), False),
        Synthetic("cubed-noise", lambda d: 1.0, around(lambda x: (x - x.mean(1, True)) ** 3), False),
        Synthetic("rectified", lambda d: 1.0, around(lambda x: (x - x.mean(1, True)).relu()), False),
    )
