"""Testable statements about a task's data and views: card, statistic, rule and calibration, one file each or a pair."""

from sslbench.registry import ASSUMPTIONS, THRESHOLDS, callable_as


def frame():
    """A frame of the assumptions: name, title, scope, statement, the rule. `sslbench.assumptions()`.

    Scope "representation" are the judged metrics: what is asked of every run, not of the task.
    """
    import pandas as pd

    rows = [
        {"name": name} | {k: getattr(entry.card, k) for k in ("title", "scope", "statement", "rule")}
        for name, entry in sorted((n, r.get(n)) for r in (ASSUMPTIONS, THRESHOLDS) for n in r)
    ]
    return pd.DataFrame(rows)


callable_as(__name__, frame)
