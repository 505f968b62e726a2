"""What holds for whatever comes: draws, splits, task cards and records, on examples that hypothesis makes up."""

import json

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sslbench.data.splits import make_splits
from sslbench.data.streams import Raw, Stream
from sslbench.draws import Draw
from sslbench.records import Identity, RunRecord, Score, parse_line
from sslbench.tasks import Splits, Task, parse_card, shipped_tasks

SEEDS = st.lists(st.integers(0, 2**31 - 1), min_size=1, max_size=4)
SIZES = st.lists(st.integers(1, 7), min_size=1, max_size=3)
PURPOSES = st.text(max_size=12)
WORDS = st.text(max_size=30)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
few = settings(deadline=None, max_examples=60)


@few
@given(SEEDS, PURPOSES, st.integers(0, 10**6), SIZES)
def test_draws_lie_inside_0_and_1_and_depend_on_the_key_alone(seeds, purpose, step, sizes):
    shape = (len(seeds), *sizes)
    drawn = Draw(seeds).of(purpose).at(step).uniform(shape)
    assert drawn.shape == shape and bool(((drawn > 0) & (drawn < 1)).all())
    for i, seed in enumerate(seeds):
        alone = Draw([seed]).of(purpose).at(step).uniform((1, *sizes))
        assert torch.equal(alone[0], drawn[i])


@few
@given(SEEDS, PURPOSES, st.integers(0, 10**6), SIZES, st.integers(1, 2**23))
def test_integers_stay_in_their_range(seeds, purpose, step, sizes, high):
    drawn = Draw(seeds).of(purpose).at(step).integers((len(seeds), *sizes), high)
    assert int(drawn.min()) >= 0 and int(drawn.max()) < high


@few
@given(SEEDS, PURPOSES, st.integers(1, 200))
def test_a_permutation_has_every_number_once(seeds, purpose, size):
    drawn = Draw(seeds).of(purpose).permutation(size)
    assert torch.equal(drawn.sort(-1).values, torch.arange(size).expand(len(seeds), size))


@few
@given(st.integers(0, 2**31 - 1), PURPOSES, PURPOSES)
def test_two_purposes_draw_apart(seed, first, second):
    draws = [Draw([seed]).of(p).bits((1, 64)) for p in (first, second)]
    assert torch.equal(*draws) == (first == second)


@st.composite
def sources(draw):
    """(raw, splits): a labelled source of 60 to 150 rows, with groups of 2 to 4 rows if the splits are grouped."""
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    classes, kind = draw(st.integers(2, 4)), draw(st.sampled_from(["stratified", "grouped"]))
    groups = np.repeat(np.arange(30), draw(st.integers(2, 4))) if kind == "grouped" else None
    rows = len(groups) if kind == "grouped" else draw(st.integers(60, 150))
    labels = rng.permutation(np.arange(rows) % classes)
    stream = Stream("table", torch.zeros(rows, 1))
    raw = Raw((stream,), {"y": labels}, groups=None if groups is None else rng.permutation(groups))
    return raw, Splits(kind=kind, folds=draw(st.integers(2, 5)), validation=draw(st.sampled_from([0.2, 0.25, 0.5])))


@few
@given(sources())
def test_splits_are_disjoint_test_every_row_once_and_keep_groups_whole(source):
    raw, splits = source
    found = make_splits(raw, splits, "y")
    assert sorted(np.concatenate([s.test for s in found])) == list(range(raw.rows))
    assert len({len(s.train) for s in found}) == 1
    for split in found:
        parts = [split.train, split.val, split.test]
        together = np.concatenate(parts)
        assert all(map(len, parts)) and len(set(together)) == len(together)
        if raw.groups is not None:
            groups = [set(raw.groups[part]) for part in parts]
            assert sum(map(len, groups)) == len(set.union(*groups))


@few
@given(st.sampled_from(sorted(shipped_tasks())), WORDS, st.integers(1, 10**6), st.floats(0, 8), st.integers(3, 20))
def test_task_cards_round_trip(name, title, steps, strength, folds):
    fields = shipped_tasks()[name].model_dump(mode="json")
    fields["title"], fields["budget"]["steps"], fields["views"]["strength"] = title, steps, strength
    if fields["splits"]["kind"] != "fixed":
        fields["splits"]["folds"] = folds
    task = Task.model_validate(fields)
    assert Task.model_validate_json(task.model_dump_json()) == task
    assert parse_card(_toml(task.model_dump(mode="json", exclude_none=True)), "here") == task


def _toml(fields: dict) -> str:
    """A card as TOML, its nested tables inline; every other value is written as in JSON."""
    return "\n".join(f"{json.dumps(key)} = {_inline(value)}" for key, value in fields.items())


def _inline(value) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)} = {_inline(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


SCORES = st.builds(
    Score,
    target=WORDS,
    readout=st.sampled_from(["joint", "first", "second"]),
    probe=st.sampled_from(["linear", "knn"]),
    metric=WORDS,
    value=FINITE,
    se=st.none() | FINITE,
    n=st.integers(0, 10**6),
)


@few
@given(
    WORDS, WORDS, *[st.integers(0, 99)] * 2, st.lists(SCORES, max_size=3), st.dictionaries(WORDS, FINITE, max_size=3)
)
def test_records_round_trip(method, reason, fold, init, scores, seconds):
    identity = Identity(digest="d", task="t", data="x", split="s", protocol="p")
    record = RunRecord(
        method=method,
        task="digits",
        fold=fold,
        init=init,
        status="failed",
        reason=reason,
        protocol="quick",
        identity=identity,
        scores=tuple(scores),
        seconds=seconds,
    )
    line = record.line()
    assert line.count("\n") == 1 and parse_line(line, "here") == record
