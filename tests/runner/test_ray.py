"""The Ray engine on a real local cluster of two workers: the same facts, and the same answer to what dies."""

import json
import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest

ray = pytest.importorskip("ray")

from sslbench.config import RunOptions  # noqa: E402
from sslbench.errors import UsageError  # noqa: E402
from sslbench.records import read_records  # noqa: E402
from sslbench.runner.plan import MethodPack, make_plan  # noqa: E402
from sslbench.runner.ray import RayEngine, bundles  # noqa: E402
from sslbench.runner.run import run  # noqa: E402
from sslbench.site.build import rebuild  # noqa: E402

TIMES = {"seconds", "peak_mib", "created", "environment", "samples_per_second", "phases"}


def facts(results):
    """Every record less what only tells how long it took."""
    return {r.key: json.dumps(r.model_dump(exclude=TIMES), sort_keys=True) for r in read_records(results)[0]}


def go(folder, card, engine):
    options = RunOptions(
        methods=("pca", "simclr", "vicreg"),
        tasks=(card,),
        seeds=2,
        workers=2,
        engine=engine,
        results=str(folder),
        out=str(folder / "site"),
    )
    return run(options, lambda: rebuild(Path(options.results), Path(options.out)))


def test_ray_and_local_give_the_same_records_and_tables(tmp_path, card):
    for engine in ("local", "ray"):
        outcome = go(tmp_path / engine, card, engine)
        assert outcome.finished == 14 and not outcome.failed
    assert facts(tmp_path / "ray") == facts(tmp_path / "local")
    for name in ("scores", "gains", "assumptions", "leaderboard"):
        ours, theirs = ((tmp_path / e / "tables" / f"{name}.csv").read_bytes() for e in ("ray", "local"))
        assert ours == theirs
    again = go(tmp_path / "ray", card, "ray")
    assert again.finished == 0 and again.stored == 14


def _bundle_that_may_die(packs, device):
    """Kills its worker on "pca" the first time, and on "raw-input" always."""
    from sslbench.runner.worker import run_pack

    for pack in packs:
        mark = Path(pack.scratch)
        if pack.method == "raw-input" or (pack.method == "pca" and not mark.exists()):
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
    return [run_pack(replace(pack, scratch=""), device) for pack in packs]


def test_a_worker_that_is_killed_loses_only_its_pack(tmp_path, card):
    names = ("pca", "raw-input", "random-encoder")
    plan = make_plan(RunOptions(methods=names, tasks=(card,), seeds=1), [])
    packs = [replace(p, scratch=str(tmp_path / "mark")) for p in plan.packs if isinstance(p, MethodPack)]
    before = signal.getsignal(signal.SIGTERM)
    with RayEngine(2, "cpu", function=_bundle_that_may_die) as engine:
        assert signal.getsignal(signal.SIGTERM) is before
        done = {pack.method: records for pack, records in engine.run(packs)}
    assert {m: done[m][0].status for m in names} == {"pca": "ok", "raw-input": "failed", "random-encoder": "ok"}
    assert "WorkerCrashedError" in done["raw-input"][0].reason and "2 attempts" in done["raw-input"][0].reason


def test_small_packs_travel_together_and_none_is_lost(card):
    plan = make_plan(RunOptions(tasks=(card,), seeds=1), [])
    packs = [replace(p, cost=3.0) for p in plan.packs]
    groups = bundles(packs)
    assert sorted(id(p) for group in groups for p in group) == sorted(map(id, packs))
    assert all(len(g) == 4 for g in groups[:-1])
    assert len(bundles(packs, most=len(packs))) == len(packs)  # a short grid is spread, not bundled


def test_an_address_without_a_cluster_is_a_usage_error():
    with pytest.raises(UsageError, match=r"no Ray cluster at 127\.0\.0\.1:1"), RayEngine(1, "cpu", "127.0.0.1:1"):
        pass
