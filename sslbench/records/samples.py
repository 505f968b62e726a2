"""A few items of a task with their views, as pages show them; kept beside the records in samples/<task>.json."""

import json
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from sslbench.errors import RecordError
from sslbench.files import write_file
from sslbench.strict import StrictModel

FOLDER = "samples"
Picture = Annotated[str, Field(pattern=r"^data:image/(png|jpeg);base64,[A-Za-z0-9+/=]+$")]


class StreamSamples(StrictModel):
    """What some items look like in one stream, in each version: [version][item] in the field that `kind` names."""

    name: str
    kind: Literal["pictures", "lines", "cells"]
    versions: tuple[str, ...]  # item, view 1, view 2; of aligned streams only the view that the stream is
    pictures: tuple[tuple[Picture, ...], ...] = ()
    lines: tuple[tuple[tuple[tuple[float, ...], ...], ...], ...] = ()  # the series of an item, each its values
    cells: tuple[tuple[tuple[str, ...], ...], ...] = ()  # an item's values of `columns`, in words
    columns: tuple[str, ...] = ()
    more_columns: int = 0  # that are not shown


class TaskSamples(StrictModel):
    """Items of a task; `of` is the digest of the parts of the card that they were made under."""

    of: str
    data: str
    labels: tuple[str, ...]  # of each item, all targets
    streams: tuple[StreamSamples, ...]


def read_samples(results: Path, task: str) -> TaskSamples | None:
    """The samples of a task, None where none were made. Raises RecordError for a file that cannot be read."""
    file = results / FOLDER / f"{task}.json"
    if not file.is_file():
        return None
    try:
        return TaskSamples.model_validate_json(file.read_bytes())
    except ValidationError as error:
        raise RecordError(f"{file} cannot be read: {error!s:.200}. Make it again: sslbench dev card {task}") from None


def write_samples(results: Path, task: str, samples: TaskSamples) -> None:
    """Store a task's samples; the same samples give the same bytes."""
    stored = samples.model_dump(mode="json", exclude_defaults=True)
    text = json.dumps(stored, indent=None, ensure_ascii=False, separators=(",", ":"))
    write_file(results / FOLDER / f"{task}.json", (text + "\n").encode())
