"""One pack -> its records. The same function serves every engine; it never raises for what a pack does wrong."""

import functools
import gc
import time
import traceback
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from sslbench.config import Run
from sslbench.data.dataset import Dataset, load_dataset
from sslbench.errors import SslbenchError
from sslbench.methods.base import DirectClassifier, Method, Pretrained
from sslbench.records import Record
from sslbench.records.identity import digest
from sslbench.registry import METHODS
from sslbench.runner.device import forget_peak, out_of_memory
from sslbench.runner.plan import AssumptionPack, MethodPack, Pack
from sslbench.runner.recording import predictor_records, run_record
from sslbench.runner.verdicts import verdict_records
from sslbench.threads import one_thread
from sslbench.training.checkpoint import encoder_file, save_tensors
from sslbench.training.placement import choose, free_bytes, work_of
from sslbench.training.represent import Represented, represent
from sslbench.training.search import alike, candidates

RESIDENT_SHARE = 0.4  # of the free memory, that one stream of data may take


@functools.cache
def settle() -> None:
    """Make this process a worker, once.

    What is imported by now is never looked through for garbage again, which would take longer than a small pack.
    """
    gc.collect()
    gc.freeze()


@one_thread()
def run_pack(pack: Pack, device: str) -> list[Record]:
    """The records of a pack, one per run or verdict.

    Whatever goes wrong becomes failed records with the reason; what ran out of memory is tried once more with less: one
    run at a time, or half the batch.
    """
    try:
        return _checked(pack, device)
    except Exception as error:
        if not out_of_memory(error):
            return pack.failed(reason_of(error))
    finally:
        gc.collect()
    if device.startswith("cuda"):
        torch.cuda.empty_cache()
    try:
        return _checked(pack.smaller(), device)
    except Exception as error:
        return pack.failed(f"{reason_of(error)}, also at the second attempt with less")


def _checked(pack: Pack, device: str) -> list[Record]:
    where = torch.device(device)
    forget_peak(where)
    made = verdict_records(pack, where) if isinstance(pack, AssumptionPack) else _runs(pack, where)
    for record in made:
        record.line()  # a record that could not be stored fails here, with its pack, not in the coordinator
    return made


def reason_of(error: Exception) -> str:
    """What a record says of an error: a user's own words, or the kind and the place."""
    if isinstance(error, SslbenchError):
        return str(error)
    last = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{last.filename.rpartition('sslbench/')[2]}:{last.lineno}"
    return f"{type(error).__name__}: {error} ({place})"


def _runs(pack: MethodPack, device: torch.device) -> list[Record]:
    method = METHODS.get(pack.origin or pack.method).build(dict(pack.settings))
    began = time.perf_counter()
    dataset = load_dataset(pack.task).to(device, RESIDENT_SHARE * free_bytes(str(device)))
    load = (time.perf_counter() - began) / len(pack.runs)
    if isinstance(method, DirectClassifier):
        return predictor_records(pack, method, dataset, load, device)
    dataset, halved = _halved(pack, dataset)
    if not pack.candidates:
        done = _represented(pack, method, dataset, pack.runs, None, device)
        return [
            run_record(pack, method.settings(), dataset, done, i, run, load, halved, device)
            for i, run in enumerate(pack.runs)
        ]
    return _tuned(pack, method, dataset, load, halved, device)


def _halved(pack: MethodPack, dataset: Dataset) -> tuple[Dataset, str]:
    """The dataset with half the batch, and a note, if the pack ran out of memory with one run at a time."""
    if not pack.half_batch:
        return dataset, ""
    budget = dataset.task.budget
    smaller = budget.model_copy(update={"batch": max(2, budget.batch // 2)})
    note = f"batch {smaller.batch} instead of {budget.batch}: memory ran out"
    return replace(dataset, task=dataset.task.model_copy(update={"budget": smaller})), note


def _represented(
    pack: MethodPack, method: Method, dataset: Dataset, runs: tuple[Run, ...], variants: list[dict] | None, device
) -> Represented:
    """The runs' representations. Settings that cannot be stacked are trained one run at a time."""
    ids = [digest(pack.identities[r].digest, variants and variants[i]) for i, r in enumerate(runs)]
    placement = choose(work_of(method, dataset, pack.protocol), len(runs), str(device), free_bytes(str(device)))
    if pack.at_once:
        placement = replace(placement, at_once=min(placement.at_once, pack.at_once))
    go = functools.partial(
        represent,
        method,
        dataset,
        runs,
        pack.protocol,
        device,
        variants=variants,
        checkpoints=(Path(pack.scratch) / "checkpoints", ids) if pack.scratch else None,
        keep=_keeper(pack, runs) if pack.keep and variants is None else None,
        count_flops=device.type == "cuda",
        measure=True,
    )
    try:
        return go(placement=placement)
    except TypeError:
        if variants is None or placement.at_once == 1:
            raise
        return go(placement=replace(placement, name="in turn", at_once=1))


def _keeper(pack: MethodPack, runs: tuple[Run, ...]):
    def keep(place: int, state: dict[str, Tensor]) -> None:
        save_tensors(encoder_file(Path(pack.scratch), pack.identities[runs[place]]), state)

    return keep


def _tuned(
    pack: MethodPack, method: Method, dataset: Dataset, load: float, halved: str, device: torch.device
) -> list[Record]:
    """Candidates of every run side by side; val chooses; test is read once, for the chosen one."""
    variants = [v for r in pack.runs for v in candidates(method, pack.candidates, r.init, pack.protocol, pack.task)]
    runs = tuple(r for r in pack.runs for _ in range(len(variants) // len(pack.runs)))
    place: dict[int, tuple[Represented, int]] = {}
    for group in alike(variants):
        trained = isinstance(method, Pretrained)
        mine = [variants[g] for g in group] if trained else None
        done = _represented(pack, method, dataset, tuple(runs[g] for g in group), mine, device)
        place |= {g: (done, i) for i, g in enumerate(group)}
    out = []
    for run in pack.runs:
        mine = [g for g in range(len(variants)) if runs[g] == run]
        found = [
            run_record(pack, variants[g], dataset, *place[g], run, load / len(mine), halved, device, "candidate")
            for g in mine
        ]
        fine = [(r.selection, -i) for i, r in enumerate(found) if r.status == "ok"]
        out += found if len(found) > 1 else []
        if not fine:
            out += pack.failed(f"all {len(mine)} candidates failed; the first: {found[0].reason}", only=run)
            continue
        best = mine[-max(fine)[1]]
        out.append(run_record(pack, variants[best], dataset, *place[best], run, load, halved, device, "tuned"))
    return out
