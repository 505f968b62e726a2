"""The table of image segments that the package river ships, in two parts."""

import numpy as np
import pandas as pd

from sslbench.data.installed import choose, package_file
from sslbench.data.streams import Raw
from sslbench.data.tables import labels_of, table_stream
from sslbench.registry import SOURCES
from sslbench.tasks import Source


@SOURCES.register("river")
def river_source(source: Source) -> Raw:
    """Tables of river: segment-sides, regions of photographs by place and edges, and by colour."""
    return choose(source, {"segment-sides": _segment_sides})


EDGES = ("short-line-density-5", "short-line-density-2", "vedge-mean", "vegde-sd", "hedge-mean", "hedge-sd")
PLACE = ("region-centroid-col", "region-centroid-row")


def _regions() -> tuple[pd.DataFrame, dict[str, np.ndarray]]:
    data = pd.read_csv(package_file("river", "datasets/segment.csv.zip", extra="data"))
    data = data.drop_duplicates().reset_index(drop=True)
    return data.drop(columns="category"), {"class": labels_of(data["category"])}


def _segment_sides() -> Raw:
    columns, targets = _regions()
    edges = [*PLACE, *EDGES]
    return Raw((table_stream(columns[edges], "edges"), table_stream(columns.drop(columns=edges), "colour")), targets)
