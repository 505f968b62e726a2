"""The Python face: the command line's words as functions. NumPy arrays, pandas frames or tensors in; frames out."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
    seeds: int = 3,
    device: str = "auto",
    workers: int = 0,
    quick: bool = False,
    results: str | Path = "results",
    out: str | Path | None = None,
) -> "pd.DataFrame":
    """Run what is missing and return the scores of these methods and tasks, one row per cell and score.

    No methods means all, no tasks the whole suite. Finished runs in `results` are kept and not repeated; the site goes
    to `out`, by default `results`/leaderboard. Failed cells are warned about. In a script, call it under `if __name__
    == "__main__":`, since workers are spawned processes. Raises UsageError for unknown names, StorageError for a folder
    that cannot be written.
    """
    import warnings

    from sslbench.config import RunOptions
    from sslbench.harness.run import run as run_plan
    from sslbench.site.build import rebuild
    from sslbench.tables import build_tables
    from sslbench.tasks import find_suite, find_task

    options = RunOptions(
        suite=suite,
        methods=tuple(methods),
        tasks=tuple(tasks),
        seeds=seeds,
        device=device,
        workers=workers,
        quick=quick,
        results=str(results),
        out=str(out or Path(results) / "leaderboard"),
    )
    outcome = run_plan(options, lambda: rebuild(Path(options.results), Path(options.out)))
    for record in outcome.failed:
        warnings.warn(f"{record.task}: {record.reason}", stacklevel=2)
    scores = build_tables(Path(results), options.protocol.name).scores
    names = [find_task(t).name for t in tasks or find_suite(suite)]
    chosen = scores["task"].isin(names) & (scores["method"].isin(methods) if methods else True)
    return scores[chosen].reset_index(drop=True)


def assess(x1, x2, y, groups=None, seed: int = 0) -> "pd.DataFrame":
    """Which multiview premises hold on your own two views: one row per target and assumption.

    x1, x2: (n, dim), row i is one item; y: (n,) classes, or a dict or frame of several targets; groups: (n,), rows of
    one group belong together (several views of one item, one subject). Columns: target, assumption, verdict, value,
    low, high, tolerance, unit, n, estimator, detectable, note. Information in nats. Raises InputError for arrays that
    cannot be read.
    """
    import numpy as np
    import pandas as pd

    from sslbench.assumptions.redundancy import test_redundancy
    from sslbench.tables import ASSUMPTION_COLUMNS

    if isinstance(y, pd.DataFrame):
        targets = {str(c): y[c].to_numpy() for c in y.columns}
    else:
        targets = {k: np.asarray(v) for k, v in y.items()} if isinstance(y, dict) else {"y": np.asarray(y)}
    columns = [c for c in ASSUMPTION_COLUMNS if c != "task"]
    return pd.DataFrame([asdict(v) for v in test_redundancy(x1, x2, targets, groups, seed=seed)])[columns]
