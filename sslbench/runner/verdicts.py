"""The assumption tests of a task, as records."""

import time

import torch

from sslbench.assumptions.suite import test_views
from sslbench.data.dataset import load_dataset
from sslbench.diagnosis.task_views import task_views
from sslbench.records import AssumptionRecord, Record
from sslbench.runner.device import environment, peak_mib
from sslbench.runner.plan import AssumptionPack
from sslbench.runner.recording import now

STORED = (
    "assumption",
    "target",
    "verdict",
    "value",
    "low",
    "high",
    "tolerance",
    "detectable",
    "power",
    "unit",
    "n",
    "evidence",
    "estimator",
)


def verdict_records(pack: AssumptionPack, device: torch.device) -> list[Record]:
    """The records of all assumptions on all targets of a task."""
    began = time.perf_counter()
    maps, note = task_views(load_dataset(pack.task), pack.protocol)
    verdicts = test_views(maps, network=pack.protocol.assumption_network)
    seconds = (time.perf_counter() - began) / len(verdicts)
    out = []
    for v in verdicts:
        fields = {k: getattr(v, k) for k in STORED}
        out.append(
            AssumptionRecord(
                **{k: float(f"{x:.5g}") if isinstance(x, float) else x for k, x in fields.items()},
                note="; ".join(filter(None, [v.note, note]))[:900],
                task=pack.task.name,
                status="ok",
                protocol=pack.protocol.name,
                identity=pack.identities[v.assumption, v.target],
                seconds={"read": round(seconds, 3)},
                peak_mib=peak_mib(device),
                environment=environment(device),
                created=now(),
            )
        )
    return [r for r in out if (r.assumption, r.target) in pack.wanted]
