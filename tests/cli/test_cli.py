"""The command line as a user meets it: exit codes, streams, help, errors."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sslbench.cli.cards import card_of
from sslbench.cli.main import main
from sslbench.records import Writer
from sslbench.tasks import find_task

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"


@pytest.fixture
def sslbench(monkeypatch, tmp_path, capfd):
    """The command line's entry point, called in this process: starting Python and torch anew costs seconds."""

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["sslbench", *arguments])
        capfd.readouterr()
        try:
            main()
            code = 0
        except SystemExit as ended:
            code = ended.code or 0
        return subprocess.CompletedProcess(arguments, code, *capfd.readouterr())

    monkeypatch.chdir(tmp_path)
    polite = signal.getsignal(signal.SIGTERM)
    yield call
    signal.signal(signal.SIGTERM, polite)


def test_a_small_run_from_an_empty_folder(no_premises, sslbench, tmp_path):
    done = sslbench("run", "--methods", "pca,random-encoder", "--tasks", "wine", "--quick")
    assert done.returncode == 0, done.stderr
    assert "pca" in done.stdout and "tables: results/tables" in done.stderr
    assert (tmp_path / "leaderboard" / "index.html").is_file() and (
        tmp_path / "results" / "tables" / "scores.csv"
    ).is_file()
    again = sslbench("run", "--methods", "pca,random-encoder", "--tasks", "wine", "--quick")
    assert "2 stored already" in again.stderr
    assert "rank" in sslbench("table").stdout
    assert "every score is as recorded; 0 have no predictions" in sslbench("table", "--recompute").stdout
    (tmp_path / "leaderboard" / "index.html").unlink()
    assert sslbench("site").returncode == 0 and (tmp_path / "leaderboard" / "index.html").is_file()
    why = sslbench("why", "pca", "wine", "--quick")
    assert "fold 0, init 0: ok; current" in why.stdout
    assert "holds no standard run of pca" in sslbench("why", "pca", "wine").stdout


def test_a_dry_run_writes_nothing(sslbench, tmp_path):
    done = sslbench("run", "--tasks", "wine,digits", "--dry-run")
    card = find_task("digits")
    runs = card.splits.folds * card.budget.inits
    assert done.returncode == 0 and f"simclr on digits\t{runs}\t" in done.stdout
    assert "core-hours, " in done.stderr and "workers" in done.stderr
    assert not list(tmp_path.iterdir())
    assert "simclr on wine\t1\t" in sslbench("run", "--tasks", "wine", "--dry-run", "--quick").stdout
    assert "simclr on wine\t2\t" in sslbench("run", "--tasks", "wine", "--dry-run", "--quick", "--seeds", "2").stdout


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["run", "--methods", "vicregg", "--tasks", "wine"], ["unknown method 'vicregg'", "'vicreg'"]),
        (["run", "--tasks", "digit"], ["unknown task 'digit'", "'digits'"]),
        (["run", "--all", "--suite", "cor"], ["unknown suite 'cor'", "'core'"]),
        (["run"], ["--all"]),
        (["run", "--all", "--tasks", "wine"], ["leave out"]),
        (["run", "--tasks", "wine", "--device", "tpu"], ["tpu"]),
        (["run", "--tasks", "wine", "--seeds", "0"], ["seeds"]),
        (["show", "vicregg"], ["'vicreg'"]),
        (["list", "nothing"], ["nothing"]),
        (["site"], ["no results folder", "sslbench run"]),
        (["why", "vicreg", "digitz"], ["'digits'"]),
    ],
)
def test_a_wrong_call_exits_with_2_and_says_what_would_be_right(sslbench, arguments, words):
    done = sslbench(*arguments)
    assert done.returncode == 2 and not done.stdout, done
    assert all(word in done.stderr for word in words), done.stderr
    assert "Traceback" not in done.stderr


def test_cuda_without_a_device_is_said(sslbench):
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a device")
    done = sslbench("run", "--tasks", "wine", "--device", "cuda")
    assert done.returncode == 2 and "no CUDA device" in done.stderr


def test_a_foreign_record_stops_the_run_before_it_writes(sslbench, tmp_path):
    file = tmp_path / "results" / "records" / "x.jsonl"
    file.parent.mkdir(parents=True)
    file.write_text('{"schema": "sslbench.record/9"}\n')
    done = sslbench("run", "--methods", "pca", "--tasks", "wine", "--quick")
    assert done.returncode == 1 and "x.jsonl:1" in done.stderr and "Traceback" not in done.stderr
    assert [f.name for f in file.parent.iterdir()] == ["x.jsonl"]


def test_a_results_folder_that_is_a_file_is_said(sslbench, tmp_path):
    (tmp_path / "results").write_text("")
    done = sslbench("run", "--methods", "pca", "--tasks", "wine", "--quick")
    assert done.returncode == 1 and "--results" in done.stderr and "Traceback" not in done.stderr


def test_failed_cells_make_exit_code_1(sslbench, tmp_path):
    text = (ROOT / "tasks" / "tabular" / "wine.toml").read_text()
    (tmp_path / "bad.toml").write_text(text.replace('name = "wine"\n\n[views]', 'name = "whine"\n\n[views]'))
    done = sslbench("run", "--methods", "pca", "--tasks", "bad.toml", "--quick")
    assert done.returncode == 1 and "1 failed" in done.stderr


def _some_run_is_stored(folder):
    return any('"status":"ok"' in f.read_text() for f in folder.glob("results/records/*.jsonl"))


SIX = "simclr,byol,vicreg,dino,swav,mae"  # the first is stored while the others still run


@pytest.mark.parametrize("engine, sent", [("local", signal.SIGINT), ("ray", signal.SIGTERM)])
def test_ctrl_c_and_sigterm_end_within_seconds_and_keep_what_is_finished(command, tmp_path, engine, sent):
    if engine == "ray":
        pytest.importorskip("ray")
    process = subprocess.Popen(
        [*command, "run", "--methods", SIX, "--tasks", "wine", "--seeds", "3", "--engine", engine],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 120
    # cells that make no sense are recorded before any worker starts: wait for a run
    while not _some_run_is_stored(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(sent)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130 and "what is finished is kept" in errors and "Traceback" not in errors
    assert list(tmp_path.glob("results/records/*.jsonl"))


@pytest.mark.parametrize("after", [0.1, 1.0])
def test_ctrl_c_while_workers_start_leaves_no_traceback(command, tmp_path, after):
    """Sent to the whole process group, as a terminal does; workers take seconds to import what they need."""
    process = subprocess.Popen(
        [*command, "run", "--methods", "vicreg", "--tasks", "wine,digits", "--workers", "2"],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while "verdicts to do" not in (line := process.stderr.readline()):
        assert line, "it ended before it planned"
    time.sleep(after)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130 and "Traceback" not in errors, errors


def test_a_run_whose_folder_is_held_says_so_before_anything_is_loaded(tmp_path):
    """Neither torch nor a record is read: the folder holds one that would be refused."""
    with Writer(tmp_path):
        (tmp_path / "records").mkdir()
        (tmp_path / "records" / "x.jsonl").write_text("{}\n")
        code = (
            "import sys; from sslbench.cli.main import app; from sslbench.errors import StorageError\n"
            "try: app(['run', '--tasks', 'wine', '--results', sys.argv[1]])\n"
            "except StorageError as error: print(error, 'torch' in sys.modules)"
        )
        done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True)
    assert "in use by another sslbench run" in done.stdout and done.stdout.endswith("False\n"), done


@pytest.mark.parametrize("kind", ["methods", "tasks", "suites", "views", "probes", "assumptions"])
def test_lists_are_tab_separated_where_stdout_is_no_terminal(sslbench, kind):
    lines = sslbench("list", kind).stdout.splitlines()
    assert lines[0].startswith("name\t") and len(lines) > 1 and all("\t" in line for line in lines)


@pytest.mark.parametrize(
    "name, words",
    [
        (
            "vicreg",
            ["2105.04906", "Eqs. 1-6", "mean of the two branches", "invariance weight = 25.0".replace(" ", "_", 1)],
        ),
        ("digits", ["Handwritten", "patch-mlp"]),
        ("redundancy-1", ["I(Y; X1 | X2)", "planted"]),
        ("core", ["mnist-5000"]),
        ("resample", ["SCARF"]),
        ("linear", ["Softmax"]),
        ("openml:31", ["official"]),
    ],
)
def test_cards_are_readable(sslbench, name, words):
    out = " ".join(sslbench("show", name).stdout.split())
    assert all(word in out for word in words), out


def test_help_names_every_option_and_an_example(sslbench, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("TERM", "dumb")
    help = sslbench("run", "--help").stdout
    for option in (
        "--all",
        "--suite",
        "--methods",
        "--tasks",
        "--seeds",
        "--device",
        "--workers",
        "--quick",
        "--dry-run",
        "--results",
        "--out",
        "--tune",
        "--precision",
        "--engine",
        "--address",
        "--keep-encoders",
    ):
        assert option in help
    for command in ("run", "list", "show", "table", "site", "assess", "calibrate", "bench", "why"):
        assert "Example" in sslbench(command, "--help").stdout, command


def test_the_readme_names_every_command():
    from sslbench.cli.main import app

    text = README.read_text()
    for command in app.registered_commands:
        name = command.name or command.callback.__name__
        assert re.search(rf"sslbench {name}\b", text), name


def test_the_readme_names_every_method_and_core_task():
    from sslbench.registry import METHODS
    from sslbench.tasks import find_suite

    text = README.read_text()
    assert not [n for n in [*METHODS, *find_suite("core")] if n not in text]


def test_help_does_not_load_torch_or_pandas():
    code = "import sys\nsys.argv = ['sslbench', '--help']\nfrom sslbench.cli.main import main\n"
    code += "try:\n    main()\nexcept SystemExit:\n    pass\n"
    code += "sys.exit(bool({'torch', 'pandas', 'pydantic'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


@pytest.mark.parametrize("name", ["vicreg", "linear", "fine-tune", "resample", "rankme", "no-collapse", "redundancy-3"])
def test_every_kind_of_name_is_shown(name):
    kind, fields = card_of(name)
    assert kind in ("method", "probe", "view", "metric", "assumption") and all(map(str, fields.values()))
