"""Premises that methods rely on, each testable: a card, a statistic, a rule. One file per assumption or pair of
them.
"""

from sslbench.registry import ASSUMPTIONS, callable_as


def frame():
    """A frame of the assumptions: name, title, scope, statement, the rule. `sslbench.assumptions()`."""
    import pandas as pd

    rows = [
        {"name": n} | {k: getattr(ASSUMPTIONS.get(n).card, k) for k in ("title", "scope", "statement", "rule")}
        for n in ASSUMPTIONS.names()
    ]
    return pd.DataFrame(rows)


callable_as(__name__, frame)
