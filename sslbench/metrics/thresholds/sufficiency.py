"""Sufficiency: the representation loses no more of the label than redundancy allows."""

from sslbench.metrics.card import MetricCard, Threshold
from sslbench.metrics.synthetic import Synthetic, lossy
from sslbench.registry import THRESHOLDS

ALLOWED = 0.1  # bits that a synthetic representation may lose; on a task it is what the redundancy readings leave open


@THRESHOLDS.register("sufficiency")
class Sufficiency:
    """I(Y; X) - I(Y; Z) <= eps. Source: Tsai et al. 2021, arXiv:2006.05576."""

    card = MetricCard(
        title="The representation keeps what the label needs",
        statement="I(Y; X) - I(Y; Z) <= eps, the high end of the task's redundancy readings",
        matters=(
            "Where views are redundant up to eps, a code of what they share loses at most eps of the label. A "
            "method that loses "
            "more has lost shared information too."
        ),
        statistic="bits: the better of the linear and the MLP reader on the raw input, minus the same on Z",
        estimator="paired by seed; interval over seeds; the measure is taken on every run (sslbench.metrics.catalogue)",
        rule=(
            "holds if the interval lies under eps, violated if over it, else undecided; eps in bits, of the task and "
            "target"
        ),
        world="code-input (loses 0), code-noise (loses all: 0.76 bits), 0.1 bits allowed",
        limits=(
            "Readers of the raw input can be worse than readers of Z: then the loss is negative. eps is itself an "
            "estimate, "
            "and of two views, where the item is known whole."
        ),
        source="Tsai et al. 2021, arXiv:2006.05576, Theorem 1",
        families=("contrastive", "information maximisation", "latent prediction"),
        threshold=Threshold("bits-lost", 0.0, 0.0),
    )
    synthetic = (
        Synthetic("code-input", *lossy(True), allowed=ALLOWED),
        Synthetic("code-noise", *lossy(False), allowed=ALLOWED),
    )
