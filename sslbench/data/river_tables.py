"""Tables that the package river ships: image segments, and a space shuttle's sensors."""

import numpy as np
import pandas as pd

from sslbench.data.installed import choose, package_file
from sslbench.data.streams import Raw
from sslbench.data.tables import labels_of, table_stream
from sslbench.registry import SOURCES
from sslbench.tasks import Source


@SOURCES.register("river")
def river_source(source: Source) -> Raw:
    """Tables of river: segments (one table), segment-sides (edges and colour), shuttle."""
    return choose(source, {"segments": _segments, "segment-sides": _segment_sides, "shuttle": _shuttle})


EDGES = ("short-line-density-5", "short-line-density-2", "vedge-mean", "vegde-sd", "hedge-mean", "hedge-sd")
PLACE = ("region-centroid-col", "region-centroid-row")


def _regions() -> tuple[pd.DataFrame, dict[str, np.ndarray]]:
    data = pd.read_csv(package_file("river", "datasets/segment.csv.zip"))
    data = data.drop_duplicates().reset_index(drop=True)
    return data.drop(columns="category"), {"class": labels_of(data["category"])}


def _segments() -> Raw:
    columns, targets = _regions()
    return Raw((table_stream(columns),), targets)


def _segment_sides() -> Raw:
    columns, targets = _regions()
    edges = [*PLACE, *EDGES]
    return Raw((table_stream(columns[edges], "edges"), table_stream(columns.drop(columns=edges), "colour")), targets)


def _shuttle(rows: int = 10000) -> Raw:
    data = pd.read_csv(package_file("river", "datasets/shuttle.csv.gz")).drop_duplicates()
    data = data.sample(min(rows, len(data)), random_state=0)
    return Raw((table_stream(data.drop(columns="anomaly")),), {"anomaly": data["anomaly"].to_numpy().astype(np.int64)})
