"""Packs go task by task, and tables and site are rebuilt once the first task is complete."""

import contextlib

from sslbench.config import QUICK, STANDARD
from sslbench.records import Identity, RunRecord
from sslbench.runner import run as runner
from sslbench.runner.costs import known_costs
from sslbench.runner.plan import AssumptionPack, MethodPack, Plan, in_order
from sslbench.tasks import find_task

COSTS = {"wine": (1, 5), "fair": (9, 20), "digits": (30, 60), "textures": (20, 90)}


def packs():
    """Two methods and the verdicts of four tasks, in no useful order."""
    out = []
    for task, costs in ((find_task(name), costs) for name, costs in COSTS.items()):
        out.append(AssumptionPack(task, frozenset({("overlap", "class")}), {}, STANDARD, 50))
        out += [MethodPack(m, {}, task, (), {}, STANDARD, cost) for m, cost in zip("ab", costs, strict=True)]
    return out[::-1]


def test_the_cheapest_task_comes_first_and_the_last_two_go_longest_first():
    order = [(p.task.name, p.cost) for p in in_order(packs())]
    assert order[:6] == [("wine", 5), ("wine", 1), ("wine", 50), ("fair", 20), ("fair", 9), ("fair", 50)]
    assert [cost for _, cost in order[6:]] == [90, 60, 50, 50, 30, 20]


class Engine(contextlib.nullcontext):
    """Finishes every pack at once."""

    def run(self, packs, started):
        yield from ((p, []) for p in packs)


class Listener(runner.Reporter):
    def __init__(self):
        self.said, self.finished_packs = [], []

    def note(self, text):
        self.said.append((len(self.finished_packs), text))

    def finished(self, pack, records):
        self.finished_packs.append(pack)


def test_the_first_leaderboard_is_that_of_the_first_task_and_a_rebuild_that_fails_ends_no_run(tmp_path):
    plan = Plan(packs=in_order(packs()), tasks=[find_task(name) for name in COSTS])
    listener = Listener()
    with runner.Writer(tmp_path) as writer:

        def refresh():
            raise OSError("the site's folder is gone")

        runner._work(plan, Engine(), writer, listener, refresh, runner.Outcome())
    ((after, words),) = listener.said  # the second is due ten minutes later
    assert after == 2 and words.endswith("the runs go on: the site's folder is gone")
    assert len(listener.finished_packs) == len(plan.packs)


def test_costs_are_those_measured_here_else_those_of_the_shipped_results():
    standard, quick = (known_costs([], protocol) for protocol in (STANDARD, QUICK))
    key = next(k for k in standard if k[0] == "simclr")
    assert 0 < quick[key] < standard[key]
    common = {"method": "simclr", "task": "t", "fold": 0, "init": 0, "protocol": "standard", "status": "ok"}
    identity = Identity(digest="d", task=key[1], data="x", split="s", protocol="p")
    measured = RunRecord(**common, identity=identity, seconds={"pretrain": 1.5, "probe": 0.25})
    assert known_costs([measured], STANDARD)[key] == 1.75
