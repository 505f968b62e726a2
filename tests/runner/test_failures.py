"""What one pack does wrong becomes its own record; the rest goes on."""

import os
import signal
import subprocess
import sys
from dataclasses import dataclass, replace

import pytest
import torch

from sslbench.config import QUICK, RunOptions
from sslbench.methods.base import JointEmbedding
from sslbench.methods.card import Card
from sslbench.registry import METHODS
from sslbench.runner import local
from sslbench.runner.local import LocalEngine
from sslbench.runner.plan import MethodPack, make_plan, settled
from sslbench.runner.worker import run_pack


@pytest.fixture
def method_entry():
    """Register a method for one test."""
    entered = []

    def enter(name, cls):
        METHODS.names()
        METHODS._entries[name] = cls
        cls.name = name
        entered.append(name)

    yield enter
    for name in entered:
        del METHODS._entries[name]


@dataclass(frozen=True)
class Exploding(JointEmbedding):
    """Fine for the first run; infinite from step 2 on for the others. Source: a test. Deviation: none."""

    card = Card(title="Exploding", family="contrastive", source="a test")

    def loss(self, z1, z2):
        loss = (z1 - z2).square().mean((1, 2))
        self.calls.append(1)
        bad = torch.arange(len(loss)) > 0
        return torch.where(bad & torch.tensor(len(self.calls) > 2), torch.full_like(loss, float("nan")), loss)


Exploding.calls = []


def pack_of(name, card, seeds=2):
    plan = make_plan(RunOptions(methods=(name,), tasks=(card,), seeds=seeds), [])
    return next(p for p in plan.packs if isinstance(p, MethodPack))


def test_a_loss_that_becomes_nan_is_a_failed_record_with_the_step(method_entry, card):
    Exploding.calls.clear()
    method_entry("exploding", Exploding)
    first, second = run_pack(pack_of("exploding", card), "cpu")
    assert first.status == "ok" and first.scores
    assert (
        second.status == "failed"
        and second.reason == "the loss of exploding became nan or infinite at step 2"
        and not second.scores
    )


@dataclass(frozen=True)
class Broken(JointEmbedding):
    """Raises."""

    card = Card(title="Broken", family="contrastive", source="a test")

    def loss(self, z1, z2):
        raise RuntimeError("no such luck")


def test_a_method_that_raises_fails_with_reason_and_place(method_entry, card):
    method_entry("broken", Broken)
    records = run_pack(pack_of("broken", card), "cpu")
    assert [r.status for r in records] == ["failed"] * 2
    assert "RuntimeError: no such luck" in records[0].reason and "test_failures.py" in records[0].reason


def _serve_or_die(connection, device):
    """A worker that kills itself on "pca", the first time or always."""
    from sslbench.runner.worker import run_pack

    while (pack := connection.recv()) is not None:
        mark = os.environ["SSLBENCH_TEST_MARK"]
        if pack.method == "pca" and (mark == "always" or not os.path.exists(mark)):
            if mark != "always":
                open(mark, "w").close()
            os.kill(os.getpid(), signal.SIGKILL)
        connection.send(run_pack(pack, device))


@pytest.mark.parametrize("once", [True, False])
def test_a_worker_that_is_killed_loses_only_its_pack(monkeypatch, tmp_path, card, once):
    monkeypatch.setattr(local, "_serve", _serve_or_die)
    monkeypatch.setenv("SSLBENCH_TEST_MARK", str(tmp_path / "mark") if once else "always")
    plan = make_plan(RunOptions(methods=("pca", "raw-input"), tasks=(card,), seeds=1), [])
    packs = [p for p in plan.packs if isinstance(p, MethodPack)]
    with LocalEngine(["cpu", "cpu"]) as engine:
        done = {pack.method: records for pack, records in engine.run(packs)}
    assert done["raw-input"][0].status == "ok"
    assert done["pca"][0].status == ("ok" if once else "failed")
    if not once:
        assert "SIGKILL" in done["pca"][0].reason and "2 attempts" in done["pca"][0].reason


def test_quick_keeps_the_schedule_short():
    from sslbench.training.step import schedule

    factors = schedule(40, QUICK.warmup).tolist()
    assert max(factors) == pytest.approx(1) and factors[-1] < 0.01 and factors[0] > 0 and len(factors) == 40


@dataclass(frozen=True)
class Hungry(JointEmbedding):
    """Runs out of memory above a number of runs, or above a batch. Source: a test. Deviation: none."""

    card = Card(title="Hungry", family="contrastive", source="a test")
    most_runs: int = 99
    most_rows: int = 10**6

    def loss(self, z1, z2):
        if len(z1) > self.most_runs or z1.shape[1] > self.most_rows:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 1 GiB")
        return (z1 - z2).square().mean((1, 2))


@pytest.mark.parametrize(
    "settings, status, note",
    [
        ({"most_runs": 1}, "ok", ""),  # one run at a time: no number changes
        ({"most_rows": 64}, "failed", ""),  # the second attempt had fewer runs at once, not a smaller batch
    ],
)
def test_what_runs_out_of_memory_is_tried_once_more_with_less(method_entry, card, settings, status, note):
    method_entry("hungry", Hungry)
    pack = replace(pack_of("hungry", card), settings=settings)
    records = run_pack(pack, "cpu")
    assert [r.status for r in records] == [status] * 2 and {r.note for r in records} == {note}
    if status == "failed":
        assert "out of memory" in records[0].reason


def test_metrics_that_cannot_be_taken_leave_the_scores_and_a_reason_and_are_retried(monkeypatch, card):
    def broken(*_):
        raise ValueError("no spectrum")

    monkeypatch.setattr("sslbench.runner.recording.measure_run", broken)
    (record,) = run_pack(pack_of("pca", card, seeds=1), "cpu")
    assert record.status == "ok" and record.scores and not record.metrics
    assert record.metric_failure == "ValueError: no spectrum" and "no spectrum" in record.failure
    assert record.key in settled([record], retry_failed=False) and not settled([record], retry_failed=True)


def test_half_the_batch_is_the_last_resort_and_is_noted(method_entry, card):
    method_entry("hungry", Hungry)
    pack = replace(pack_of("hungry", card, seeds=1), settings={"most_rows": 64})
    assert pack.task.budget.batch == 128
    (record,) = run_pack(pack, "cpu")
    assert record.status == "ok" and record.note == "batch 64 instead of 128: memory ran out"


def test_a_search_keeps_all_candidates_and_reads_test_for_the_chosen_one_only(card):
    plan = make_plan(RunOptions(methods=("simclr", "scarf"), tasks=(card,), seeds=2, tune=3), [])
    for pack in (p for p in plan.packs if isinstance(p, MethodPack)):  # scarf's own view cannot be stacked
        records = run_pack(pack, "cpu")
        assert [r.track for r in records] == (["candidate"] * 3 + ["tuned"]) * 2
        assert len({r.key for r in records}) == 8
        for fold in (0, 1):
            found, (chosen,) = ([r for r in records if r.fold == fold and r.track == t] for t in ("candidate", "tuned"))
            assert not any(r.scores for r in found) and chosen.scores and chosen.candidates == 3
            best = max(found, key=lambda r: r.selection)
            assert chosen.settings == best.settings and chosen.selection == best.selection
            assert found[0].settings["learning_rate"] == pack.protocol.learning_rate


def test_methods_without_settings_have_one_run_in_the_tuned_track(card):
    plan = make_plan(RunOptions(methods=("pca", "gradient-boosting"), tasks=(card,), seeds=1, tune=3), [])
    for pack in (p for p in plan.packs if isinstance(p, MethodPack)):
        (record,) = run_pack(pack, "cpu")
        assert record.track == "tuned" and record.status == "ok" and record.candidates == 3


def test_peak_memory_is_that_of_the_pack_not_of_the_process():
    """In a process of its own: one that has freed much already may take its memory from there."""
    lines = (
        "import torch",
        "from sslbench.runner.device import forget_peak, peak_mib",
        "cpu, out = torch.device('cpu'), []",
        "for size in (2**20, 2**27, 2**20):",  # 512 MiB in the middle, freed at once
        "    forget_peak(cpu)",
        "    torch.ones(size)",
        "    out.append(peak_mib(cpu))",
        "print(*out)",
    )
    done = subprocess.run([sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=True)
    small, large, after = map(float, done.stdout.split())
    assert large > small + 400
    if "linux" in sys.platform:
        assert after < large
