"""Entropy, information, decompositions and spectra, and the predictive models behind them: tensors in, estimates out.

The public functions are `conditional`, `mutual`, `dependence`, `entropy` and `decompose`.
"""

from sslbench.information.conditional import conditional
from sslbench.information.dependence import dependence, infonce_bound, ladder
from sslbench.information.entropy import entropy
from sslbench.information.estimate import Estimate
from sslbench.information.gaussian import gaussian_conditional
from sslbench.information.mutual import mutual
from sslbench.information.pid import Decomposition, decompose

__all__ = [
    "Decomposition",
    "Estimate",
    "conditional",
    "decompose",
    "dependence",
    "entropy",
    "gaussian_conditional",
    "infonce_bound",
    "ladder",
    "mutual",
]
