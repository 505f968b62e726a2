"""What the pages show of premises and measures: grids of verdicts, counts by method, tables of measures."""

from sslbench.metrics.catalogue import METRICS
from sslbench.tables import Tables

SHOWN = (
    "effective-rank",
    "lidar",
    "alpha",
    "entropy-deficit",
    "uniformity-gap",
    "alignment",
    "shared-information",
    "superfluous",
    "view-strength",
    "gaussian-rejections",
    "affinity-residual",
    "overlap-noise",
    "overlap-views",
)  # on the pages of tasks and methods; the tables hold all


def verdict_grid(tables: Tables) -> dict:
    """Tasks and targets x premises about them: the table's row, or None where it was not tested."""
    names = sorted(set(tables.assumptions["assumption"]))
    found = {(v["task"], v["target"], v["assumption"]): v for v in tables.assumptions.to_dict("records")}
    keys = dict.fromkeys((t, g) for t, g, _ in found)
    rows = [{"task": t, "target": g, "cells": [found.get((t, g, n)) for n in names]} for t, g in keys]
    return {"names": names, "rows": rows}


def representation_names(tables: Tables) -> list[str]:
    """Premises about representations that were judged."""
    return sorted(set(tables.metric_verdicts["assumption"]))


def premise_counts(tables: Tables) -> list[dict]:
    """Of every method: on how many tasks and targets each premise holds, is violated, is undecided."""
    names, rows = representation_names(tables), []
    grouped = tables.metric_verdicts.groupby(["method", "assumption"])["verdict"]
    counts = {key: values.value_counts().to_dict() for key, values in grouped}
    for method in dict.fromkeys(tables.metric_verdicts["method"]):
        cells = []
        for name in names:
            found = counts.get((method, name))
            kinds = ("holds", "violated", "undecided")
            cells.append(found and {k: found.get(k, 0) for k in kinds} | {"all": sum(found.values())})
        family = tables.cards["methods"].get(method, {}).get("family", "")
        rows.append({"method": method, "family": family, "cells": cells})
    return rows


def measured_rows(tables: Tables, key: str, name: str) -> dict:
    """The measures of one task (key "task") by method, or of one method by task, and which of them there are."""
    other = "method" if key == "task" else "task"
    mine = tables.metrics[(tables.metrics[key] == name) & (tables.metrics["target"] == "")]
    rows: dict[str, dict] = {}
    for r in mine.to_dict("records"):
        if r["metric"] in SHOWN:
            rows.setdefault(r[other], {})[r["metric"]] = r
    names = [m for m in SHOWN if m in METRICS and any(m in cells for cells in rows.values())]
    return {"measured": [{"key": k, "cells": c} for k, c in rows.items()], "measure_names": names}
