"""A person's data -> the text of a task card, with defaults that its rows and columns suggest."""

import json

from sslbench.data.own.checks import check_sizes, copies_note
from sslbench.data.own.found import Own
from sslbench.data.own.request import Request, read_own, source_of, without_ids
from sslbench.data.splits import check_classes, make_splits
from sslbench.errors import DataError
from sslbench.tasks import Splits, Task, parse_card

FOLDS, INITS = 5, 2
MOST_PLACES = 64  # patches of an image that a patch encoder has
BUDGETS = {"tabular": (800, 4e-3), "pairs": (600, 4e-3), "vision": (1600, 1e-2)}  # steps and rate that core settled on
HEAD = """# Made by sslbench from your data, and yours to edit: it is kept as it stands.
# Paths are seen from the folder that sslbench is started in.
"""


def make_card(request: Request, name: str) -> tuple[Task, str, list[str]]:
    """The task, its card's text, and notes that a person should read. Raises DataError, UsageError."""
    source, modality = source_of(request)
    own = read_own(source)
    notes = list(own.notes)
    if own.ids:
        kept = [c for c in str(source.options.get("drop", "")).split(",") if c.strip()]
        source = source.model_copy(update={"options": source.options | {"drop": ", ".join([*kept, *own.ids])}})
    own, left_out = without_ids(own)
    notes += left_out
    if not own.classes:
        raise DataError(f"{request.data} has no labels, and a task needs something to predict: give --target")
    spec = splits_of(own)
    check_sizes(own, spec.folds)
    splits = make_splits(own.raw, spec, next(iter(own.classes)))
    if copies := copies_note(own, splits):
        notes.append(copies)
    notes += [c.note for c in own.classes.values() if c.note]
    text = _text(own, name, request, source, modality, spec, notes)
    task = parse_card(text, f"the card of {request.data}")
    check_classes(task, {t: c.codes for t, c in own.classes.items()}, splits)
    return task, text, notes


def splits_of(own: Own) -> Splits:
    """Five stratified folds, of whole groups where rows have groups; one where the source fixes the test rows."""
    if own.raw.folds is not None:
        return Splits(kind="fixed")
    return Splits(kind="stratified" if own.raw.groups is None else "grouped", folds=FOLDS)


def inputs_in_words(own: Own) -> str:
    """The streams' shapes: "12 columns (10 numbers, 2 with categories, 31 gaps)", "left: 8 numbers; right: ..."."""
    words = []
    for stream in own.raw.streams:
        if not stream.columns:
            said = "images of " + " x ".join(map(str, stream.values.shape[1:]))
        else:
            numbers, gaps = stream.columns.sizes.count(0), int(stream.values.isnan().sum())
            categories = len(stream.columns.sizes) - numbers
            counts = {"numbers": numbers, "with categories": categories, "gaps": gaps}
            parts = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
            many = len(stream.columns.sizes)
            said = f"{many} column{'s' if many > 1 else ''} ({parts})"
        words.append(said if len(own.raw.streams) == 1 else f"{stream.name} {said}")
    return "; ".join(words)


def encoder_of(own: Own) -> dict:
    """The encoder's name, representation and options: by the streams' kinds and widths."""
    shapes = [tuple(s.values.shape[1:]) for s in own.raw.streams]
    if all(len(shape) == 3 for shape in shapes) and (patch := patch_of(shapes)):
        return {"name": "patch-mlp", "rep_dim": 64, "options": {"patch": patch, "channels": 32, "width": 128}}
    widest = max(sum(max(1, s) for s in stream.columns.sizes) if stream.columns else 64 for stream in own.raw.streams)
    return {"name": "mlp", "rep_dim": 32 if widest <= 32 else 64, "options": {"width": 128}}


def patch_of(shapes: list[tuple[int, ...]]) -> int:
    """The smallest patch, of 2 pixels or more, that divides every image into at most 64; 0 if none does."""
    fits = lambda p, h, w: h % p == 0 and w % p == 0 and (h // p) * (w // p) <= MOST_PLACES  # noqa: E731
    largest = min(min(h, w) for _, h, w in shapes)
    return next((p for p in range(2, largest + 1) if all(fits(p, h, w) for _, h, w in shapes)), 0)


def budget_of(modality: str, rows: int, fixed: bool = False) -> dict:
    """Steps, batch, rate and inits: what core settled on, twice the steps from 20,000 rows on, with batches of 256.

    fixed: whether the source fixes the test rows, so that initialisations alone make the runs.
    """
    steps, rate = BUDGETS[modality]
    many = rows >= 20_000
    return {"steps": steps * (1 + many), "batch": 256 if many else 64, "rate": rate, "inits": INITS + fixed}


def views_of(own: Own, modality: str) -> dict:
    """The views' generator and strength."""
    if modality == "pairs":
        return {"generator": "streams"}
    if modality == "tabular":
        return {"generator": "swap", "strength": 0.1}
    return {"generator": "photo" if own.raw.streams[0].values.shape[1] == 3 else "image", "strength": 1.0}


def _text(own: Own, name: str, request: Request, source, modality: str, spec: Splits, notes: list[str]) -> str:
    described = f"{own.raw.rows} rows; {inputs_in_words(own)}." + "".join(f" Note: {n}." for n in notes)
    top = {
        "name": name,
        "title": f"Own data: {', '.join(p.rstrip('/').rpartition('/')[2] for p in request.paths)}"[:100],
        "modality": modality,
        "description": described,
        "licence": "not stated",
        "citation": "own data",
    }
    parts = [
        HEAD + _lines(top),
        "[source]\n" + _lines({"kind": source.kind, "name": source.name, "options": source.options}),
    ]
    parts.append("[views]\n" + _lines(views_of(own, modality)))
    for target, classes in own.classes.items():
        parts.append("[[targets]]\n" + _lines({"name": target, "title": f"{own.columns[target]}, {classes.in_words}"}))
    parts.append("[splits]\n" + _lines({"kind": spec.kind, "folds": spec.folds}))
    parts.append("[encoder]\n" + _lines(encoder_of(own)))
    parts.append("[budget]\n" + _lines(budget_of(modality, own.raw.rows, spec.kind == "fixed")))
    return "\n".join(parts)


def _lines(table: dict) -> str:
    return "".join(f"{key} = {_toml(value)}\n" for key, value in table.items() if value != {})


def _toml(value) -> str:
    """A value as TOML: JSON's strings, numbers and booleans are TOML's, but for the control character 127."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{k} = {_toml(v)}" for k, v in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
