"""A board in words: what it ranks, how far along it is, and how far its order can be trusted."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from sslbench.config import PROTOCOL_VERSION
from sslbench.tables import BOARDS, Tables
from sslbench.tables.boards import redundancy_verdict
from sslbench.tables.standard import SUITE, standard_runs, suite_tasks
from sslbench.tasks import find_suite

TITLES = {
    "overall": "Overall",
    "vision": "Vision",
    "tabular": "Tabular",
    "pairs": "Pairs",
    "redundancy-violated": "Redundancy violated",
    "redundancy-holds": "Redundancy holds",
    "redundancy-undecided": "Redundancy undecided",
}
ABOUT = {
    "overall": "Every ranked target.",
    "vision": "Ranked targets of image tasks.",
    "tabular": "Ranked targets of tables.",
    "pairs": "Ranked targets of tasks with two or more aligned streams.",
    "redundancy-violated": "Ranked targets about which one view tells what the other does not.",
    "redundancy-holds": "Ranked targets about which either view tells all that both tell.",
    "redundancy-undecided": "Ranked targets on which redundancy could not be decided.",
}
SAME_ORDER = (
    (0.9, "would put the methods in nearly the same order"),
    (0.7, "would put the methods in much the same order"),
    (0.4, "would keep only the rough order: neighbours change places"),
    (-math.inf, "would give another order: do not choose a method by these ranks"),
)  # from which reliability on
FEW = 4  # ranked targets below which a board says first that it rests on few
OTHERS = {"tasks": "Other tasks like these", "runs": "Other folds and initialisations on the same tasks"}


@dataclass(frozen=True)
class Board:
    """A board with all that its section on the first page says."""

    name: str
    title: str
    about: str
    rows: list[dict]  # of the table `leaderboard`, the best first, then methods without a rank; none where nobody ranks
    targets: list[dict]  # of the table `targets`: those that belong here, ranked or not
    trust: list[str]  # one sentence for each way to split in halves
    above: dict[str, str]  # of every method: on how many ranked targets its gap's interval is above 0
    progress: str  # "" once everything planned is there

    @property
    def ranked(self) -> list[dict]:
        """The targets that count."""
        return [t for t in self.targets if t["ranked"]]

    @property
    def few(self) -> str:
        """That the board rests on few targets, as a sentence; "" where it does not, or ranks nothing."""
        count = len(self.ranked)
        if not 0 < count < FEW:
            return ""
        only = "only one ranked target" if count == 1 else f"only {count} ranked targets"
        return f"This board and its intervals rest on {only}: read it as a start, not as an order of methods."

    @property
    def one_task(self) -> bool:
        """Whether all targets that count are of one task: then nothing is known of others."""
        return len({t["task"] for t in self.ranked}) == 1

    @property
    def why_not(self) -> dict[str, list[dict]]:
        """The targets that do not count, by the first reason."""
        out: dict[str, list[dict]] = {}
        for target in self.targets:
            if not target["ranked"]:
                out.setdefault(target["reason"].split("; ")[0], []).append(target)
        return out

    @property
    def apart(self) -> dict[str, str]:
        """Of every row that is not told from the best one: about how much further evidence would do it."""
        return {r["method"]: words for r in self.rows if r["best"] and (words := _further(r))}

    @property
    def closest(self) -> str:
        """What would tell the next row from the best one, as a sentence; "" where that is not known."""
        counted = {method: words for method, words in self.apart.items() if "further" in words}
        return next((f"about {words} would tell {m} from {self.best[0]}." for m, words in counted.items()), "")

    @property
    def best(self) -> list[str]:
        """The methods that are not distinguishable from the best, the best first."""
        return [r["method"] for r in self.rows if r["best"]]


def boards(tables: Tables) -> list[Board]:
    """The boards to which any target belongs."""
    tasks = set(suite_tasks(tables.cards))
    verdict = _verdicts(tables)
    every = [t for t in tables.targets.to_dict("records") if t["task"] in tasks]
    found = []
    for name in BOARDS:
        targets = [t for t in every if name in ("overall", t["modality"], verdict(t))]
        if targets:
            planned = {t for t in tasks if name in ("overall", tables.cards["tasks"][t]["modality"])}
            found.append(_board(tables, name, targets, planned or {t["task"] for t in targets}))
    return found


def _verdicts(tables: Tables) -> Callable[[dict], str]:
    """The board of a target by the verdict on redundancy."""
    rows = tables.assumptions[tables.assumptions["assumption"].str.startswith("redundancy-").astype(bool)]
    verdicts = rows.groupby(["task", "target"])["verdict"].agg(list).to_dict()
    return lambda t: f"redundancy-{redundancy_verdict(verdicts.get((t['task'], t['target']), []))}"


def _board(tables: Tables, name: str, targets: list[dict], planned: set[str]) -> Board:
    ranked = {(t["task"], t["target"]) for t in targets if t["ranked"]}
    rows = tables.leaderboard[tables.leaderboard["board"] == name] if ranked else tables.leaderboard[:0]
    rows = rows.astype(dict.fromkeys(("rank", "more_targets", "more_runs"), float)).to_dict("records")
    return Board(
        name,
        TITLES[name],
        ABOUT[name],
        rows if any(r["rank"] >= 1 for r in rows) else [],
        targets,
        trust(tables, name) if ranked else [],
        above_control(tables, ranked),
        progress(tables, planned),
    )


def places(shown: list[Board], method: str) -> list[dict]:
    """Where a method stands on every board that has its row."""
    return [
        {"board": b.name, "title": b.title, "row": row, "of": sum(r["rank"] >= 1 for r in b.rows)}
        for b in shown
        for row in b.rows
        if row["method"] == method
    ]


def made_of(tables: Tables) -> str:
    """The suite, the version and the set of runs that the boards are of, in a sentence."""
    tasks = suite_tasks(tables.cards)
    known = find_suite(SUITE)
    within = f"{len(tasks)} of the {len(known)} tasks of the suite {SUITE}"
    suite = within if set(tasks) <= set(known) else f"all {len(tasks)} tasks that were run, which are of no suite"
    cards = [tables.cards["tasks"][t] for t in tasks]
    counts = sorted({len(standard_runs(c)) for c in cards if "splits" in c})
    runs = " or ".join(str(c) for c in counts)
    return (
        f"Boards are of {suite}, version {PROTOCOL_VERSION} of the {tables.protocol} protocol, and {runs} runs of a "
        "method on a task: the folds × initialisations of its card."
    )


def trust(tables: Tables, board: str) -> list[str]:
    """How far the board's order would hold with other tasks and with other runs, each with its number."""
    rows = tables.reliability[tables.reliability["board"] == board].to_dict("records")
    return [_in_words(r) for r in sorted(rows, key=lambda r: list(OTHERS).index(r["over"]))]


def _in_words(row: dict) -> str:
    value = row["reliability"]
    if math.isnan(value):
        need = "ranked targets on two tasks" if row["over"] == "tasks" else "two runs of every method"
        return f"{OTHERS[row['over']]}: not known, as it takes {need}."
    interval = "" if math.isnan(row["low"]) else f" [{row['low']:.2f}, {row['high']:.2f}]"
    words = next(words for least, words in SAME_ORDER if value >= least)
    return f"{OTHERS[row['over']]} {words} (reliability {value:.2f}{interval}).".replace("-", "−")


def above_control(tables: Tables, ranked: set[tuple[str, str]]) -> dict[str, str]:
    """Of every method: on how many of these targets the interval of its gap is above 0."""
    lows: dict[str, list[float]] = {}
    for r in tables.gaps.itertuples():
        if (r.task, r.target) in ranked:
            lows.setdefault(r.method, []).append(r.low)
    return {method: f"{sum(low > 0 for low in mine)} of {len(mine)}" for method, mine in lows.items()}


def _further(row: dict) -> str:
    """How many further targets, or further runs of every method, would tell a row from the best; "" if not known."""
    known = {n: row[f"more_{n}"] for n in ("targets", "runs") if not math.isnan(row[f"more_{n}"])}
    if 0 in known.values():
        return "none, if compared alone"
    return " or ".join(f"{count:.0f} further {name if count != 1 else name[:-1]}" for name, count in known.items())


def progress(tables: Tables, tasks: set[str]) -> str:
    """How many of these tasks have all their runs, while any is missing; "" once all are there.

    All: every method that has a card was run folds × initialisations times, or is known not to apply or to fail.
    """
    methods, planned = set(tables.cards["methods"]), tables.cards["tasks"]
    cells = tables.cells[tables.cells["task"].isin([t for t in tasks if "splits" in planned[t]])]
    wanted = cells["task"].map(lambda t: len(standard_runs(planned[t])))
    done = cells[(cells["status"] != "ok") | (cells["runs_ok"] >= wanted)]
    whole = [t for t, rows in done.groupby("task") if methods <= set(rows["method"])]
    return "" if len(whole) == len(tasks) else f"So far all runs are in for {len(whole)} of {len(tasks)} tasks."
