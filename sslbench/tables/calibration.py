"""How often each verdict is right where the truth is known: calibration trials -> rates per world and size."""

import math

import pandas as pd
from scipy.stats import beta

from sslbench.records.trials import Trial
from sslbench.tables.columns import TABLES


def rate_high(events: int, trials: int) -> float:
    """Upper end of the one-sided 95 % Clopper-Pearson interval of a rate."""
    return 1.0 if events == trials else float(beta.ppf(0.95, events + 1, trials - events))


def _declared(cards: dict, assumption: str) -> dict:
    """What a card says of its calibration (`sslbench.assumptions.cases.Calibration`); metrics say nothing."""
    return cards.get(assumption, {}).get("calibration", {})


def calibration_table(trials: list[Trial], cards: dict) -> pd.DataFrame:
    """One row per assumption, world and size: how its verdicts compare with the truth.

    How many were right, undecided, wrong; false alarms (a violation claimed where the assumption holds); how often the
    interval covers the truth; mean error; median CPU seconds.

    cards: name -> card, of assumptions and metrics.
    """
    grouped: dict[tuple, list[Trial]] = {}
    for t in trials:
        grouped.setdefault((t.assumption, t.world, t.n, t.dim), []).append(t)
    rows = []
    for (assumption, world, n, dim), found in grouped.items():
        decided = [t for t in found if t.verdict in ("holds", "violated")]
        wrong = sum(t.verdict != t.expected for t in decided)
        declared = _declared(cards, assumption)
        claim = cards.get(assumption, {}).get("claim", "violated")
        alarms = sum(t.verdict == claim != t.expected for t in found)
        covers = [t.low <= t.truth and (declared.get("lower_estimate") or t.truth <= t.high) for t in found]
        exact = all(t.exact for t in found)
        seconds = sorted(t.seconds for t in found)[len(found) // 2]
        rows.append(
            (
                assumption,
                world,
                n,
                dim,
                found[0].truth,
                len(found),
                len(decided) - wrong,
                len(found) - len(decided),
                wrong,
                rate_high(wrong, len(found)),
                alarms,
                sum(covers) / len(found) if exact else math.nan,
                sum(t.value - t.truth for t in found) / len(found),
                seconds,
            )
        )
    return TABLES["calibration"].frame(rows)


def error_rates(table: pd.DataFrame, assumption: str, cards: dict) -> dict:
    """What a card shows: trials, wrong verdicts and their upper bound, false alarms, coverage; the worst world."""
    mine = table[table["assumption"] == (_declared(cards, assumption).get("mirrors") or assumption)]
    if not len(mine):
        return {}
    trials, wrong = int(mine["trials"].sum()), int(mine["wrong"].sum())
    by_world = mine.groupby("world")[["trials", "wrong"]].sum()
    worst = (by_world["wrong"] / by_world["trials"]).sort_values(ascending=False, kind="stable")
    exact = mine[mine["covered"].notna()]
    weight = exact["trials"] / max(exact["trials"].sum(), 1)
    covered = exact.groupby("world").apply(lambda g: (g["covered"] * g["trials"]).sum() / g["trials"].sum())
    return {
        "worlds": int(mine["world"].nunique()),
        "trials": trials,
        "right": int(mine["right"].sum()),
        "undecided": int(mine["undecided"].sum()),
        "wrong": wrong,
        "wrong_high": rate_high(wrong, trials),
        "false_alarms": int(mine["false_alarms"].sum()),
        "worst_world": f"{worst.index[0]} ({worst.iloc[0]:.0%} wrong)" if wrong else "none wrong",
        "covered": float((exact["covered"] * weight).sum()) if len(exact) else math.nan,
        "least_covered": f"{covered.idxmin()} ({covered.min():.0%})" if len(exact) else "",
    }


def in_words(rates: dict) -> str:
    """`error_rates` as a sentence."""
    covers = f"the interval covers the truth in {rates['covered']:.0%}, least in {rates['least_covered']}"
    return (
        f"{rates['trials']} verdicts on {rates['worlds']} worlds with known truth: {rates['right']} right, "
        f"{rates['undecided']} undecided, {rates['wrong']} wrong (95 % bound {rates['wrong_high']:.1%}; worst world: "
        f"{rates['worst_world']}), {rates['false_alarms']} false alarms; "
        f"{'no truth here is exact, so coverage is not given' if math.isnan(rates['covered']) else covers}"
    )
