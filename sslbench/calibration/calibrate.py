"""Calibration: verdicts on worlds whose truth is known, again and again. Where is a verdict wrong, and how often?"""

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from pathlib import Path

from sslbench.assumptions.cases import Case
from sslbench.calibration.cases import CODE, declared_cases
from sslbench.calibration.verdicts import estimator_version, run_spec
from sslbench.calibration.worlds import TrialSpec
from sslbench.errors import UsageError
from sslbench.metrics.protocol import ROWS
from sslbench.records.trials import Trial, append_trials, read_trials

SIZES = tuple((n, d) for n in (1000, 5000, 20000) for d in (10, 50, 256))


def trial_specs(
    assumptions: tuple[str, ...], worlds: tuple[str, ...], sizes, repetitions: int, seen: set
) -> list[TrialSpec]:
    """The trials that are missing, one repetition of everything after the other, so that a part is a fair sample."""
    declared = declared_cases()
    every: dict[Case, list[str]] = {}
    for name in assumptions or declared:
        if name not in declared:
            raise UsageError(f"no calibration for {name!r}; there is one for {', '.join(declared)}")
        for case in declared[name]:
            if not worlds or case.name in worlds:
                every.setdefault(case, []).append(name)
    if not every:
        raise UsageError(
            f"no such world: {', '.join(worlds)}; there are "
            f"{', '.join(sorted({c.name for cases in declared.values() for c in cases}))}"
        )
    out = []
    for repetition in range(repetitions):
        for n, dim in sorted(sizes, key=lambda s: s[0] * s[1]):
            for case, names in every.items():
                width = 64 if case.source == "paired-digits" else dim
                if width != dim and dim != min(d for m, d in sizes if m == n):
                    continue  # its width is its own: once per n
                if case.source == CODE and n != min(m for m, d in sizes if d == dim):
                    continue  # of a representation at most ROWS rows are measured
                rows = min(n, ROWS) if case.source == CODE else n
                missing = tuple(
                    a for a in names if (a, case.name, rows, width, repetition, estimator_version(a)) not in seen
                )
                if missing:
                    out.append(TrialSpec(case, missing, n, width, repetition))
    return out


def run_specs(work: list[TrialSpec], workers: int) -> Iterator[list[Trial]]:
    """The trials of the data sets as they finish, `workers` at a time, each in a process of its own."""
    if workers == 1:
        yield from map(run_spec, work)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        waiting, left = set(), iter(work)
        try:
            while True:
                while len(waiting) < 2 * workers and (spec := next(left, None)):
                    waiting.add(pool.submit(run_spec, spec))
                if not waiting:
                    return
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
        finally:
            for future in waiting:
                future.cancel()


def calibrate(
    results: Path,
    assumptions: tuple[str, ...] = (),
    worlds: tuple[str, ...] = (),
    sizes=SIZES,
    repetitions: int = 20,
    workers: int = 2,
    progress: Callable[[int, int, list[Trial]], None] = lambda done, total, made: None,
) -> list[Trial]:
    """Make the missing trials, keep them in results/calibration.csv, and return all of the present estimator's.

    Trials of an earlier estimator are dropped from the file: they speak about other code. Killed at any moment, the
    same call goes on. Raises UsageError, StorageError.
    """
    file = results / "calibration.csv"
    stored, declared = read_trials(file), declared_cases()
    kept = [t for t in stored if t.assumption in declared and t.code == estimator_version(t.assumption)]
    work = trial_specs(assumptions, worlds, sizes, repetitions, {t.key for t in kept})
    if len(kept) < len(stored) and work:
        file.unlink()
        append_trials(file, kept)
    total = len(work)
    for done, made in enumerate(run_specs(work, workers), 1):
        append_trials(file, made)
        kept += made
        progress(done, total, made)
    return kept
