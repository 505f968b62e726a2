"""What the results answer, a sentence for each question: the first thing that a visitor reads."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sslbench.site.boards import Board
from sslbench.stats import mean_interval
from sslbench.tables import Tables
from sslbench.tables.boards import redundancy_verdict

KINDS = {"vision": "Images", "tabular": "Tables", "pairs": "Pairs of streams"}
ENDS = {"keep": "-keep", "compress": "-compress"}  # of the dial, as ending of a method's name
MINUS = "−"


@dataclass(frozen=True)
class Answer:
    """One sentence, about what, and whether the results show it."""

    about: str
    text: str
    shown: bool


def answers(boards: list[Board], tables: Tables) -> list[Answer]:
    """Which method for which kind of data, whether to keep or to compress, and how often redundancy holds."""
    found = {b.name: b for b in boards}
    which = [which_method(found[k], words, tables) for k, words in KINDS.items() if k in found]
    return [*which, *keep_or_compress(tables), *how_often(tables)]


def which_method(board: Board, kind: str, tables: Tables) -> Answer:
    """The best method without labels on one kind of data, how far it gets, and how many are not told from it."""
    ranked = [r for r in board.rows if r["best"]]
    if not ranked:
        reason = max(board.why_not.values(), key=len)[0]["reason"].split("; ")[0] if board.why_not else "nothing ran"
        return Answer(
            kind, f"not shown: none of {len(board.targets)} targets ranks methods yet, most often as {reason}", False
        )
    best, count = ranked[0], len(board.ranked)
    title = tables.cards["methods"].get(best["method"], {}).get("title", best["method"])
    others = len(ranked) - 1
    alike = f"; {others} more cannot be told from it" if others else "; all others fall behind"
    gap = f"{between(best)} of the gap between the best untrained control and labels"
    return Answer(kind, f"{title} closes {gap}, on {_number(count, 'target')}{alike}", True)


def keep_or_compress(tables: Tables) -> Iterator[Answer]:
    """What keeping gains over compressing on ranked targets, where redundancy is violated and where it holds."""
    rows = tables.assumptions[tables.assumptions["assumption"].str.startswith("redundancy-").astype(bool)]
    verdicts = rows.groupby(["task", "target"])["verdict"].agg(list).to_dict()
    gains = keeping_gains(tables.gaps)
    for kind, words in (("violated", "is violated"), ("holds", "holds")):
        mine = [g for key, g in gains.items() if redundancy_verdict(verdicts.get(key, [])) == kind]
        about = f"Where redundancy {words}"
        if not mine:
            yield Answer(about, "not shown: no ranked target has this verdict and runs at both ends of the dial", False)
            continue
        mean, low, high = mean_interval(mine)
        row = {"gap": mean, "low": low, "high": high}
        yield Answer(
            about,
            f"keeping closes {between(row, True)} more of the gap than compressing, on {_number(len(mine), 'target')}",
            True,
        )


def keeping_gains(gaps: pd.DataFrame) -> dict[tuple[str, str], float]:
    """Of every ranked target the gap closed at the keeping end less that at the other, mean over base losses."""
    ranked = gaps[gaps["ranked"].astype(bool)]
    wide = ranked.pivot_table(index=["task", "target"], columns="method", values="gap")
    bases = [m.removesuffix(ENDS["keep"]) for m in wide if m.endswith(ENDS["keep"])]
    both = [b for b in bases if b + ENDS["compress"] in wide]
    gains = pd.DataFrame({b: wide[b + ENDS["keep"]] - wide[b + ENDS["compress"]] for b in both}, index=wide.index)
    return gains.mean(axis=1).dropna().to_dict()


def how_often(tables: Tables) -> Iterator[Answer]:
    """How often redundancy was decided, and how; worlds apart from real data."""
    rows = tables.assumptions[tables.assumptions["assumption"].str.startswith("redundancy-").astype(bool)]
    rows = rows[rows["verdict"].isin(("violated", "holds", "undecided"))]
    worlds = {t for t, card in tables.cards["tasks"].items() if card["source"]["kind"] == "world"}
    for about, mine in (
        ("Redundancy on real data", ~rows["task"].isin(worlds)),
        ("In worlds", rows["task"].isin(worlds)),
    ):
        counts = Counter(rows[mine]["verdict"])
        if counts:
            parts = ", ".join(f"{counts[k]} {k}" for k in ("violated", "holds", "undecided"))
            yield Answer(about, f"{parts}, of {_number(sum(counts.values()), 'verdict')}", True)


def between(row: dict, signed: bool = False) -> str:
    """A share with its interval, as .42 [.13, .71]; the interval is left out where there is none."""
    value = _share(row["gap"], signed)
    known = np.isfinite(row["low"]) and np.isfinite(row["high"])
    return f"{value} [{_share(row['low'])}, {_share(row['high'])}]" if known else f"{value} (no interval)"


def _share(x: float, signed: bool = False) -> str:
    text = f"{abs(x):.2f}"
    return f"{MINUS}{text}" if x <= -0.005 else f"+{text}" if signed and x >= 0.005 else text


def _number(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
