"""Own data named on the command line -> task cards beside the results, so that a run can be repeated."""

from collections.abc import Callable, Sequence
from pathlib import Path

from sslbench.data.own.card import make_card
from sslbench.data.own.request import Request, is_own, source_of, stem_of
from sslbench.errors import UsageError
from sslbench.files import write_file
from sslbench.tasks import Task, find_task, shipped_tasks


def with_cards(
    names: Sequence[str],
    asked: dict,
    results: str | Path,
    tell: Callable[[str], None] = lambda text: None,
    scratch: Path | None = None,
) -> tuple[str, ...]:
    """The tasks with every `table:`, `folder:`, `pair:` and `streams:` replaced by the path of its card.

    asked: the other fields of Request, for all of them. A card that is there already, for the same data and targets, is
    used as it stands, with what a person has changed in it. `tell` is given the card and its notes. scratch: where new
    cards go instead, for whoever only looks. Raises UsageError
    for options without own data, DataError for data that cannot be used.
    """
    given = {k: v for k, v in asked.items() if v}
    if given and not any(map(is_own, names)):
        options = ", ".join(f"--{k}" for k in given)
        raise UsageError(f"{options} speaks of your own data: name it too, as in --task table:data.csv --target y")
    return tuple(str(_card_of(Request(n, **given), Path(results), tell, scratch)) if is_own(n) else n for n in names)


def _card_of(request: Request, results: Path, tell: Callable[[str], None], scratch: Path | None) -> Path:
    base = stem_of(request)
    base = f"my-{base}" if base in shipped_tasks() else base
    for version in range(1, 1000):
        name = base if version == 1 else f"{base}.v{version}"
        file = results / "tasks" / f"{name}.toml"
        if not file.exists():
            break
        if _asks(find_task(str(file)), request):
            tell(f"the card {file} is there already and is used as it stands; delete it to have it made anew")
            return file
    _, text, notes = make_card(request, name)
    place = scratch / file.name if scratch else file
    write_file(place, text.encode())
    tell(f"{text}")
    for note in notes:
        tell(f"note: {note}")
    tell(f"a run would write {file}" if scratch else f"wrote {file}; to repeat the run: sslbench run --tasks {file}")
    return place


def _asks(task: Task, request: Request) -> bool:
    """Whether a card asks what the request asks: the same data, targets and groups; it may leave more columns out."""
    source, _ = source_of(request)
    ours, theirs = (dict(s.options) for s in (source, task.source))
    drop = [set(str(o.pop("drop", "")).replace(" ", "").split(",")) - {""} for o in (ours, theirs)]
    return (source.kind, source.name, ours) == (task.source.kind, task.source.name, theirs) and drop[0] <= drop[1]
