"""The Python API: the command line's words as functions. NumPy arrays, pandas frames or tensors in; frames out."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


def suites() -> "pd.DataFrame":
    """A frame of the suites: name and task names."""
    import pandas as pd

    from sslbench import tasks

    return pd.DataFrame([{"name": n, "tasks": ", ".join(t)} for n, t in tasks.suites().items()])


def run(
    methods: Sequence[str] = (),
    tasks: Sequence[str] = (),
    suite: str = "core",
    seeds: int | None = None,
    device: str = "auto",
    workers: int = 0,
    quick: bool = False,
    results: str | Path = "results",
    out: str | Path | None = None,
    tune: int = 0,
    precision: str = "float32",
    engine: str = "local",
    address: str = "",
    keep_encoders: bool = False,
    encoder: str = "",
    target: str | Sequence[str] = "",
    group: str = "",
    views: str = "",
    drop: str | Sequence[str] = "",
    bins: int = 0,
) -> "pd.DataFrame":
    """Run what is missing and return the scores of these methods and tasks, one row per cell and score.

    No methods means all, no tasks the whole suite. Your own data are tasks too: "table:data.csv", "folder:photos/",
    "pair:a.npy,b.npy", "streams:a.npy,b.npy,c.npy", with `target` (columns or files of labels), `group`, `views`,
    `drop` and `bins` as on the command line; their cards go to `results`/tasks.

    `seeds`: the first so many runs of every cell, by default all its folds x inits, or 1 if `quick`. Finished runs in
    `results` are kept and not repeated; the site goes to `out`, by default `results`/leaderboard. With `tune` = N each
    run is the best on val of N settings; `encoder` takes the place of the cards' encoders. Failed cells are warned
    about. In a script, call it under `if __name__ == "__main__":`, since workers are spawned processes. Raises
    UsageError for unknown names, DataError for own data that cannot be used, StorageError for a folder that cannot be
    written or that another run holds.
    """
    import warnings

    from sslbench.config import RunOptions
    from sslbench.runner.own_cards import with_cards
    from sslbench.runner.run import run as run_plan
    from sslbench.site.build import rebuild
    from sslbench.tables import build_tables
    from sslbench.tasks import find_suite, find_task

    listed = lambda names: names if isinstance(names, str) else ", ".join(names)  # noqa: E731
    own = {"target": listed(target), "group": group, "views": views, "drop": listed(drop), "bins": bins}
    told: list[str] = []
    tasks = with_cards(tasks, own, results, told.append)
    for text in told:
        if text.startswith("note: "):
            warnings.warn(text.removeprefix("note: "), stacklevel=2)
    options = RunOptions(
        suite=suite,
        methods=tuple(methods),
        tasks=tasks,
        seeds=seeds,
        device=device,
        workers=workers,
        quick=quick,
        results=str(results),
        out=str(out or Path(results) / "leaderboard"),
        tune=tune,
        precision=precision,
        engine=engine,
        address=address,
        keep_encoders=keep_encoders,
        encoder=encoder,
    )
    outcome = run_plan(options, lambda: rebuild(Path(options.results), Path(options.out)))
    for record in outcome.failed:
        warnings.warn(f"{record.task}: {record.failure}", stacklevel=2)
    tables = build_tables(Path(results), options.protocol.name)
    if tables.left_out:
        warnings.warn(str(tables.left_out), stacklevel=2)
    scores = tables.scores
    names = [find_task(t + (f"@{encoder}" if encoder else "")).name for t in tasks or find_suite(suite)]
    chosen = scores["task"].isin(names) & (scores["method"].isin(methods) if methods else True)
    chosen &= scores["track"] == ("tuned" if tune else "default")
    return scores[chosen].reset_index(drop=True)


def encode(
    method: str,
    task: str,
    fold: int = 0,
    init: int = 0,
    results: str | Path = "results",
    stream: str | None = None,
    protocol: str = "standard",
    track: str = "default",
    device: str = "cpu",
    seed: int | None = None,
) -> "dict[str, np.ndarray]":
    """The representation of a stored run per split: "train", "val" and "test" -> (n, rep_dim), float32.

    fold, init: which run; `seed` is an older name of init. A pair's streams stand side by side (or are fused, where the
    method fuses them), unless `stream` names one. From the encoders that `run(keep_encoders=True)` kept; without them
    the run is trained again, which gives the same, and its score is compared with the record. Raises UsageError if
    there is no such run or if it is out of date, RecordError if it does not repeat.
    """
    import numpy as np
    import torch

    from sslbench.config import Run
    from sslbench.errors import UsageError
    from sslbench.runner.encode import encode as encode_run

    run = Run(fold, init if seed is None else seed)
    dataset, found = encode_run(method, task, run, Path(results), protocol, track, torch.device(device))
    if stream is not None and stream not in found:
        raise UsageError(f"{task} has no stream {stream!r}; it has {', '.join(found)}")
    wanted = [stream] if stream else ["fused"] if "fused" in found else list(found)
    h = np.concatenate([found[name] for name in wanted], 1)
    split = dataset.split(fold)
    return {"train": h[split.train], "val": h[split.val], "test": h[split.test]}


def assess(
    *views, y=None, groups=None, unlabelled=None, assumptions: Sequence[str] = (), seed: int = 0, html: str | Path = ""
) -> "pd.DataFrame":
    """Which multiview assumptions hold on your own two or more views: one row per target and assumption.

    `assess(x1, x2, y)`, or with y by name `assess(x1, x2, x3, y=y)`. x1, x2, ...: (n, dim) arrays, tensors or frames,
    row i is one item; y: (n,) classes, or numbers, which are binned, or a dict or frame of several
    targets; groups: (n,), rows of one group belong together (several views of one item, one subject); unlabelled:
    further pairs (x1, x2), which help where a view codes what the other shows; assumptions: names, none means all that
    can be asked of so many views. Columns: target, assumption, verdict, value, low, high, tolerance, unit, n,
    estimator, detectable, power, note. Information in nats. The nearest tasks of the board are in the frame's
    `attrs["nearest"]`, by target; `html`: a file to write a report with figures to. Raises InputError for
    what cannot be read.
    """
    import numpy as np
    import pandas as pd

    from sslbench.diagnosis.own_data import assess_arrays
    from sslbench.errors import InputError
    from sslbench.files import write_file
    from sslbench.registry import ASSUMPTIONS
    from sslbench.site.report import own_report
    from sslbench.tables import ASSUMPTION_COLUMNS

    given = list(views)
    if y is None and len(given) == 3:
        y = given.pop()
    if y is None:
        raise InputError(f"what is to be predicted? assess(x1, x2, y), or assess(x1, x2, x3, y=y), got {len(given)}")
    if isinstance(y, pd.DataFrame):
        targets = {str(c): y[c].to_numpy() for c in y.columns}
    else:
        targets = {k: np.asarray(v) for k, v in y.items()} if isinstance(y, dict) else {"y": np.asarray(y)}
    names = [ASSUMPTIONS.get(n).name for n in assumptions] or None
    columns = [c for c in ASSUMPTION_COLUMNS if c != "task"]
    found = assess_arrays(given, targets, groups, unlabelled, names, seed)
    if html:
        write_file(Path(html), own_report(found))
    frame = pd.DataFrame([{c: getattr(v, c) for c in columns} for v in found.known], columns=columns)
    frame.attrs["nearest"] = {target: [n.in_words for n in near] for target, near in found.near.items()}
    return frame


def sweep(
    task: str,
    kinds: Sequence[str] = (),
    strengths: Sequence[float] = (),
    rows: int = 5000,
    results: str | Path = "results",
) -> "pd.DataFrame":
    """What views of a task's items keep of each label and share, over view kind and strength: one row per point.

    task: one stream, images or a table; kinds: view generators, none means all that fit; strengths: none means each
    generator's own grid and the card's. Points already in `results` are not measured again. Columns task, target, view,
    strength, verdict (of label-invariance), value, low, high, tolerance, unit, power, item, survival with its interval,
    flip_rate, shared with its interval, supported, n. Raises UsageError, DataError, InputError, StorageError.
    """
    from sslbench.diagnosis.sweep import sweep as measure
    from sslbench.tables.sweep import sweep_table
    from sslbench.tasks import find_task

    return sweep_table(measure(find_task(task), Path(results), kinds, strengths, rows))
