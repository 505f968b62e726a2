"""A dataset -> the measured facts that its task's card shows."""

import numpy as np

from sslbench.data.dataset import Dataset
from sslbench.data.streams import Stream
from sslbench.records.facts import StreamFacts, TargetFacts, TaskFacts, asked_of_data


def facts_of(dataset: Dataset) -> TaskFacts:
    """Rows, shapes, classes, chance and digest of a task's data."""
    tested = sum(len(split.test) for split in dataset.splits)
    return TaskFacts(
        of=asked_of_data(dataset.task.model_dump(mode="json")),
        data=dataset.digest,
        rows=dataset.rows,
        test_rows=tested,
        groups=0 if dataset.groups is None else len(np.unique(dataset.groups)),
        streams=tuple(map(_stream, dataset.streams)),
        targets={name: _target(labels) for name, labels in dataset.targets.items()},
    )


def _stream(stream: Stream) -> StreamFacts:
    shape = tuple(stream.values.shape[1:])
    if stream.columns is None:
        return StreamFacts(name=stream.name, kind="image", shape=shape)
    gaps = round(float(stream.values.isnan().double().mean()), 6)
    categories = sum(size > 0 for size in stream.columns.sizes)
    return StreamFacts(name=stream.name, kind="columns", shape=shape, categories=categories, gaps=gaps)


def _target(labels: np.ndarray) -> TargetFacts:
    counts = np.bincount(labels)
    share = counts / counts.sum()
    entropy = float(-(share[share > 0] * np.log2(share[share > 0])).sum())
    return TargetFacts(
        classes=len(counts), chance=round(float(share.max()), 6), entropy=round(entropy, 6), rarest=int(counts.min())
    )
