"""Task cards: what they hold, how they are found; `sslbench.tasks(...)` lists them. Nothing here imports torch."""

from sslbench.registry import callable_as
from sslbench.tasks.card import (
    Budget,
    EncoderSpec,
    Source,
    Splits,
    Target,
    Task,
    ViewSpec,
    parse_card,
    too_few_test_rows,
)
from sslbench.tasks.find import OWN_PREFIXES, find_suite, find_task, shipped_tasks, suites

__all__ = [
    "OWN_PREFIXES",
    "Budget",
    "EncoderSpec",
    "Source",
    "Splits",
    "Target",
    "Task",
    "ViewSpec",
    "find_suite",
    "find_task",
    "frame",
    "parse_card",
    "shipped_tasks",
    "suites",
    "too_few_test_rows",
]


def frame(suite: str | None = None):
    """A frame of the tasks (of one suite, or all shipped): name, title, modality, targets, views, source, encoder.

    Example: `sslbench.tasks(suite="core")`. Raises UnknownName for a suite that does not exist.
    """
    import pandas as pd

    names = find_suite(suite) if suite else sorted(shipped_tasks())
    rows = []
    for task in map(find_task, names):
        rows.append(
            {
                "name": task.name,
                "title": task.title,
                "modality": task.modality,
                "targets": ", ".join(t.name for t in task.targets),
                "views": task.views.generator,
                "source": f"{task.source.kind}:{task.source.name}",
                "encoder": task.encoder.name,
            }
        )
    return pd.DataFrame(rows)


callable_as(__name__, frame)
