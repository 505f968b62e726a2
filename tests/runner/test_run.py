"""Whole runs: what is finished is kept, what is killed is done again, and the tables end up the same."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pandas as pd
import pytest

from sslbench.config import RunOptions
from sslbench.records import read_records
from sslbench.runner import plan
from sslbench.runner.run import Reporter, run
from sslbench.site.build import rebuild

METHODS = ("pca", "raw-input", "simclr", "scarf", "vicreg")


def go(results, card, **more):
    options = RunOptions(
        **(
            {
                "methods": METHODS,
                "tasks": (card,),
                "seeds": 2,
                "workers": 2,
                "results": str(results),
                "out": str(results / "site"),
            }
            | more
        )
    )
    return run(options, lambda: rebuild(Path(options.results), Path(options.out)))


def facts(results):
    """Every stored number that must not depend on how it was run."""
    out = {}
    for r in read_records(results)[0]:
        fields = r.model_dump(
            exclude={
                "seconds",
                "peak_mib",
                "created",
                "environment",
                "samples_per_second",
                "phases",
                "utilisation",
                "placement",
            }
        )
        out[r.key] = json.dumps(fields, sort_keys=True)
    return out


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    from sslbench.resources import shipped

    folder = tmp_path_factory.mktemp("undisturbed")
    text = (shipped("tasks") / "tabular" / "wine.toml").read_text()
    card = folder / "small-wine.toml"
    card.write_text(
        text.replace('name = "wine"\ntitle', 'name = "small-wine"\ntitle').replace("steps = 400", "steps = 6")
    )
    outcome = go(folder / "results", str(card))
    assert outcome.finished == 5 * 2 + 8 and not outcome.failed
    return folder / "results", str(card)


def test_a_second_run_repeats_nothing(undisturbed):
    results, card = undisturbed
    before = {
        f: f.read_bytes() for f in results.rglob("*") if f.is_file() and f.suffix != ".lock" and f.name != ".lock"
    }
    again = go(results, card)
    assert again.finished == 0 and again.stored == 18
    assert {f: f.read_bytes() for f in before} == before


def test_order_and_workers_do_not_change_a_number(undisturbed, tmp_path):
    results, card = undisturbed
    go(tmp_path, card, workers=1, methods=METHODS[::-1])
    assert facts(tmp_path) == facts(results)


def test_one_seed_at_a_time_gives_the_same_as_all_at_once(undisturbed, tmp_path):
    results, card = undisturbed
    go(tmp_path, card, seeds=1)
    assert go(tmp_path, card).finished == 5
    assert facts(tmp_path) == facts(results)
    for name in ("scores", "assumptions"):
        assert (tmp_path / "tables" / f"{name}.csv").read_bytes() == (results / "tables" / f"{name}.csv").read_bytes()


def line_of(command, card, folder, engine):
    """The command line of the undisturbed run."""
    options = {"methods": ",".join(METHODS), "tasks": card, "seeds": 2, "workers": 2, "engine": engine}
    options |= {"results": folder / "r", "out": folder / "site"}
    return [*command, "run", *(part for k, v in options.items() for part in (f"--{k}", str(v)))]


def check_nothing_lost_nothing_repeated(folder, results, kept):
    """Every fact is there, those from before unchanged, and each one once."""
    assert facts(folder / "r") == facts(results) and kept.items() <= facts(results).items()
    lines = [f.read_text().splitlines() for f in (folder / "r").rglob("*.jsonl")]
    assert sum(map(len, lines)) == len(facts(results)), "a run was recorded twice"
    for name in ("scores", "assumptions"):
        ours, theirs = (f / "tables" / f"{name}.csv" for f in (folder / "r", results))
        assert ours.read_bytes() == theirs.read_bytes()


@pytest.mark.parametrize("engine", ["local", pytest.param("ray", marks=pytest.mark.slow)])
def test_a_killed_run_goes_on_where_it_was(undisturbed, tmp_path, command, engine):
    """kill -9 of the whole process group after some records; then the same command: nothing lost, nothing repeated,
    same tables.
    """
    if engine == "ray":
        pytest.importorskip("ray")
    results, card = undisturbed
    line = line_of(command, card, tmp_path, engine)
    process = subprocess.Popen(line, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not list((tmp_path / "r").glob("records/*.jsonl")) and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    kept = facts(tmp_path / "r")
    assert kept, "nothing was recorded before the kill"
    done = subprocess.run(line, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    check_nothing_lost_nothing_repeated(tmp_path, results, kept)


@pytest.mark.parametrize("engine", ["local", pytest.param("ray", marks=pytest.mark.slow)])
def test_a_full_disk_loses_nothing_and_repeats_nothing(undisturbed, tmp_path, command, engine):
    """A file system with room for half of the records runs full; once it is larger, the same command ends as if
    undisturbed.
    """
    if engine == "ray":
        pytest.importorskip("ray")
    results, card = undisturbed
    disk = tmp_path / "disk"
    disk.mkdir()
    pages = [-(-f.stat().st_size // 4096) for f in results.rglob("*.jsonl")]
    cards = next(results.rglob("cards.json"))  # written before the first record
    room = sum(pages) // 2 + -(-cards.stat().st_size // 4096)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={4 * room}k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("no right to mount a file system")
    try:
        line = line_of(command, card, disk, engine)
        full = subprocess.run(line, capture_output=True, text=True)
        assert full.returncode == 1 and "the disk is full" in full.stderr and "Traceback" not in full.stderr
        kept = facts(disk / "r")
        assert 0 < len(kept) < len(facts(results))
        subprocess.run(["mount", "-o", "remount,size=20m", str(disk)], check=True)
        done = subprocess.run(line, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        check_nothing_lost_nothing_repeated(disk, results, kept)
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def test_ctrl_c_ends_cleanly_and_keeps_what_is_finished(undisturbed, tmp_path, monkeypatch):
    _, card = undisturbed
    monkeypatch.setattr(plan, "task_assumptions", lambda streams: [])

    class Impatient(Reporter):
        def finished(self, pack, records):
            raise KeyboardInterrupt

    options = RunOptions(
        methods=METHODS, tasks=(card,), seeds=2, workers=2, results=str(tmp_path), out=str(tmp_path / "site")
    )
    outcome = run(options, lambda: rebuild(tmp_path, tmp_path / "site"), Impatient())
    assert outcome.interrupted and len(read_records(tmp_path)[0]) >= 1 and (tmp_path / "site" / "index.html").is_file()
    assert go(tmp_path, card).stored >= 1


def test_what_makes_no_sense_and_what_cannot_load_is_recorded(undisturbed, tmp_path, monkeypatch):
    _, card = undisturbed
    monkeypatch.setattr(plan, "task_assumptions", lambda streams: [])
    bad = tmp_path / "bad.toml"
    bad.write_text(
        Path(card)
        .read_text()
        .replace('name = "small-wine"', 'name = "bad-wine"')
        .replace('name = "wine"', 'name = "whine"')
    )
    outcome = go(tmp_path / "r", card, tasks=(card, str(bad)), methods=("clip", "pca"), seeds=1)
    records = {(r.task, getattr(r, "method", r.key[1])): r for r in read_records(tmp_path / "r")[0]}
    assert (
        records["small-wine", "clip"].status == "not_applicable"
        and "two aligned streams" in records["small-wine", "clip"].reason
    )
    assert records["bad-wine", "pca"].status == "failed" and "no 'whine'" in records["bad-wine", "pca"].reason
    assert records["small-wine", "pca"].status == "ok" and len(outcome.failed) == 2
    cells = pd.read_csv(tmp_path / "r" / "tables" / "cells.csv").set_index(["task", "method"])
    assert cells.loc[("small-wine", "clip"), "status"] == "not_applicable"
