"""The measurement of convergence: what it stores, that it goes on, and that its verdict can fail."""

import pandas as pd
import pytest

from sslbench.calibration import convergence
from sslbench.calibration.convergence import identity_of, measure_convergence, moves, passed, runs_of
from sslbench.config import REFERENCES
from sslbench.records.convergence import COLUMNS, read_convergence
from sslbench.registry import METHODS
from sslbench.tasks import find_task


def short(steps):
    task = find_task("wine")
    return task.model_copy(update={"budget": task.budget.model_copy(update={"steps": steps})})


def stored(task, moved, order=lambda m: m, noise=0.02):
    """Bits of eight methods, 5 folds x 2 inits: `moved` is added at twice the steps, `noise` apart the inits lie."""
    rows = []
    for m, method in enumerate(REFERENCES):
        for run in runs_of(task, 10):
            apart = noise * (run.init - 0.5) * (-1) ** (run.fold + m)
            for steps, bits in ((task.budget.steps, 0.1 * m), (2 * task.budget.steps, 0.1 * order(m) + moved)):
                sign = -1 if steps > task.budget.steps else 1
                place = (run.fold, run.init, steps)
                rows.append((task.name, identity_of(task, method), method, "class", *place, 1 + bits + sign * apart))
    return pd.DataFrame(rows, columns=list(COLUMNS))


@pytest.mark.parametrize(
    ("moved", "order", "still"),
    [(0.0, lambda m: m, True), (0.1, lambda m: m, False), (0.0, lambda m: 7 - m, False)],
    ids=["still", "moved", "other order"],
)
def test_a_budget_passes_only_where_nothing_moves_and_the_order_stays(moved, order, still):
    task = short(4)
    found = moves(stored(task, moved, order), task, REFERENCES, 2, {})
    assert len(found) == len(REFERENCES) and passed(found) == still
    assert found[0].sd == pytest.approx(0.01 * (80 / 68) ** 0.5)  # every run is 0.01 off


def test_where_labels_gain_much_a_twentieth_of_the_gap_may_move():
    task = short(4)
    rows = stored(task, 0.04)
    assert not passed(moves(rows, task, REFERENCES, 2, {"class": 0.2}))
    assert passed(moves(rows, task, REFERENCES, 2, {"class": 0.9}))


def test_a_method_of_a_newer_version_is_measured_again(monkeypatch):
    task = short(4)
    rows = stored(task, 0.0)
    monkeypatch.setattr(type(METHODS.get("mib").build()), "version", 99)
    assert {m.method for m in moves(rows, task, REFERENCES, 2, {})} == set(REFERENCES) - {"mib"}


def test_rows_of_another_card_do_not_count():
    assert not moves(stored(short(5), 0.0), short(4), REFERENCES, 2, {}) and not passed([])


def test_what_is_stored_is_not_measured_again(tmp_path, monkeypatch):
    task, methods, runs = short(2), ("simclr", "mae"), runs_of(short(2), 2)
    found = measure_convergence(task, methods, 2, runs[:1], tmp_path)
    assert {m.method for m in found} == set(methods)
    asked, real = [], convergence.measure
    monkeypatch.setattr(convergence, "measure", lambda job: asked.append(job) or real(job))
    measure_convergence(task, methods, 2, runs, tmp_path)
    assert [j.runs for j in asked] == [runs[1:]] * 4
    frame = read_convergence(tmp_path / "convergence.csv")
    assert len(frame) == 2 * 2 * 2 and set(frame["steps"]) == {2, 4}


def test_references_are_label_free_and_of_a_family_each():
    cards = [METHODS.get(name).card for name in REFERENCES]
    assert not any(card.uses_labels for card in cards) and len({card.family for card in cards}) == len(REFERENCES)
    assert all(card.streams == (1, None) for card in cards)
