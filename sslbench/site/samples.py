"""Sample items as a page draws them: strips of pictures and line plots, and a small table per item for cells."""

from dataclasses import dataclass

from sslbench.records.samples import StreamSamples, TaskSamples

WIDTH, HEIGHT = 100, 48  # of a line plot, in its own units; the page stretches it


@dataclass(frozen=True)
class Strip:
    """One row of pictures or line plots: a version of every item."""

    title: str
    pictures: tuple[str, ...] = ()
    plots: tuple[tuple[str, ...], ...] = ()  # of each item: the points of its series


@dataclass(frozen=True)
class Sheet:
    """One item of a table: its columns, and a cell of every version with whether the view changed it."""

    label: str
    versions: tuple[str, ...]
    rows: list[tuple[str, list[tuple[str, bool]]]]


def strips(samples: TaskSamples) -> list[Strip]:
    """Rows of all streams that are pictures or lines."""
    out = []
    for stream in samples.streams:
        for v, version in enumerate(stream.versions):
            title = f"{version}: {stream.name}" if len(samples.streams) > 1 else version
            if stream.kind == "pictures":
                out.append(Strip(title, pictures=stream.pictures[v]))
            elif stream.kind == "lines":
                bottom, top = _range(stream)
                plots = tuple(tuple(_points(s, bottom, top) for s in item) for item in stream.lines[v])
                out.append(Strip(title, plots=plots))
    return out


def _range(stream: StreamSamples) -> tuple[float, float]:
    values = [x for version in stream.lines for item in version for series in item for x in series]
    return min(values), max(max(values), min(values) + 1e-9)


def _points(series: tuple[float, ...], bottom: float, top: float) -> str:
    """A series as the points of a polyline in a box of WIDTH x HEIGHT, larger values higher."""
    step = WIDTH / max(1, len(series) - 1)
    scaled = (HEIGHT - 2 - (HEIGHT - 4) * (x - bottom) / (top - bottom) for x in series)
    return " ".join(f"{i * step:.1f},{y:.1f}" for i, y in enumerate(scaled))


def sheets(samples: TaskSamples) -> dict[str, list[Sheet]]:
    """The items of every stream that is a table, by a title that counts the columns not shown."""
    out = {}
    for i, stream in enumerate(samples.streams):
        if stream.kind != "cells":
            continue
        title = f"view {i + 1}: {stream.name}" if len(samples.streams) > 1 else "Rows"
        if stream.more_columns:
            title += f", {len(stream.columns)} of {len(stream.columns) + stream.more_columns} columns"
        out[title] = [
            Sheet(
                label,
                stream.versions,
                [
                    (c, [(v[k][j], v[k][j] != stream.cells[0][k][j]) for v in stream.cells])
                    for j, c in enumerate(stream.columns)
                ],
            )
            for k, label in enumerate(samples.labels)
        ]
    return out
