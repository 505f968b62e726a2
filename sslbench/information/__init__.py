"""Entropy, mutual and conditional information, and the readers behind them: tensors in, estimates out.

The public functions are `conditional`, `mutual` and `entropy`.
"""

from sslbench.information.conditional import conditional, mutual
from sslbench.information.entropy import entropy
from sslbench.information.estimate import Estimate

__all__ = ["Estimate", "conditional", "entropy", "mutual"]
