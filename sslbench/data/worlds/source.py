"""Worlds as task sources: every world by its name, in one of its skins, with its exact truth."""

from dataclasses import replace

import numpy as np
import torch

from sslbench.data.installed import columns_of
from sslbench.data.streams import Columns, Raw, Stream
from sslbench.data.worlds import glyphs
from sslbench.data.worlds.aligned import ALIGNED, aligned_world
from sslbench.data.worlds.factors import FACTORS, Sample, factor_world
from sslbench.data.worlds.gates import GATES, draw_gate
from sslbench.data.worlds.skins import as_images, as_table, as_vectors
from sslbench.data.worlds.truth import exact_information
from sslbench.errors import DataError
from sslbench.registry import SOURCES
from sslbench.tasks import Source

TEST_ROWS = 2000  # the last ones, of a world that has twice as many: rows are independent, so they can be fixed


@SOURCES.register("world")
def world_source(source: Source) -> Raw:
    """A world by its name; a long one whose rows come in no groups also fixes its last 2,000 rows as test rows."""
    raw = _world(source)
    fixed = raw.groups is None and raw.rows >= 2 * TEST_ROWS
    return replace(raw, folds=(np.arange(raw.rows - TEST_ROWS, raw.rows),)) if fixed else raw


def _world(source: Source) -> Raw:
    """A world with known truth: a gate of bits, factors, three aligned streams, glyphs, or real digits paired by class.

    Options: rows, seed; dim (columns of each view), skin of a gate (vectors, table, images), and the world's own.
    """
    special = {
        "glyphs": _glyphs,
        "glyph-twins": _glyph_twins,
        "glyph-captions": _glyph_captions,
        "paired-digits": _paired_digits,
    }
    if source.name not in (*special, *GATES, *FACTORS, *ALIGNED):
        known = ", ".join(sorted([*GATES, *FACTORS, *ALIGNED, *special]))
        raise DataError(f"there is no world {source.name!r}; there are {known}")
    options = dict(source.options)
    rows, seed = int(options.pop("rows")), int(options.pop("seed", 0))
    rng = np.random.default_rng(seed)
    if source.name in special:
        return special[source.name](rows, rng, **options)
    if source.name in ALIGNED:
        return aligned_world(source.name, rows, rng, **options)
    if source.name in GATES:
        return _gate(source.name, rows, rng, **options)
    dim = int(options.pop("dim"))
    draw, truth = factor_world(source.name, tuple(sorted(options.items())))
    sample: Sample = draw(rng, rows, dim)
    streams = (columns_of(sample.x1, "first", "x"), columns_of(sample.x2, "second", "x"))
    return Raw(streams, {"label": sample.y}, truth={"label": truth})


def _gate(name: str, rows: int, rng: np.random.Generator, dim: int = 16, skin: str = "vectors", **options) -> Raw:
    gate = GATES[name](**options)
    first, second, label = draw_gate(gate, rows, rng)
    streams = tuple(_dressed(bits, view, skin, dim, rng) for bits, view in ((first, "first"), (second, "second")))
    return Raw(streams, {"label": label}, truth={"label": gate.truth})


def _dressed(bits: np.ndarray, name: str, skin: str, dim: int, rng: np.random.Generator) -> Stream:
    if skin == "vectors":
        return columns_of(as_vectors(bits, dim, rng), name, "x")
    if skin == "table":
        values, sizes = as_table(bits, dim, rng)
        columns = Columns(tuple(f"x{j}" for j in range(dim)), sizes)
        return Stream(name, torch.tensor(values, dtype=torch.float32), columns)
    if skin == "images":
        return Stream(name, torch.tensor(as_images(bits, dim, rng)))
    raise DataError(f"a gate's skin is vectors, table or images; got {skin!r}")


def _glyphs(rows: int, rng: np.random.Generator, side: int = 16, layout: str = "quarters") -> Raw:
    factors = glyphs.draw_factors(rows, rng)
    if layout == "centred":
        images = torch.tensor(glyphs.render_centred(factors, side, rng))
        return Raw((Stream("glyph", images),), {k: v for k, v in factors.items() if k != "position"})
    if layout != "quarters":
        raise DataError(f"the layout of glyphs is quarters or centred; got {layout!r}")
    return Raw((Stream("glyph", torch.tensor(glyphs.render(factors, side, rng))),), factors)


def _glyph_twins(rows: int, rng: np.random.Generator, side: int = 16) -> Raw:
    """Two drawings of the same shape at the same quarter turn; each has a texture and a colour of its own."""
    left, other = glyphs.draw_factors(rows, rng), glyphs.draw_factors(rows, rng)
    right = other | {k: left[k] for k in ("shape", "angle")}
    streams = [
        Stream(n, torch.tensor(glyphs.render_centred(f, side, rng))) for n, f in (("left", left), ("right", right))
    ]
    return Raw(tuple(streams), {"shape": left["shape"], "angle": left["angle"], "left-texture": left["texture"]})


def _glyph_captions(rows: int, rng: np.random.Generator, side: int = 16, said: float = 0.5) -> Raw:
    factors, mood = glyphs.draw_factors(rows, rng), rng.integers(glyphs.MOODS, size=rows)
    image = Stream("image", torch.tensor(glyphs.render(factors, side, rng)))
    values, names, sizes = glyphs.captions(factors, mood, said, rng)
    caption = Stream("caption", torch.tensor(values, dtype=torch.float32), Columns(names, sizes))
    return Raw((image, caption), glyphs.caption_targets(factors, mood), truth=glyphs.caption_truth(said))


def _paired_digits(rows: int, rng: np.random.Generator, mix: float = 0.0) -> Raw:
    """Two different scans of one digit are the views; the label is whether the digit is above 4.

    With probability `mix` it is whether the first scan has more ink than most of its class (private to view 1).

    The truth takes a scan to show its digit without error, which readers do not reach: read it as an upper end.
    """
    from sklearn.datasets import load_digits

    data = load_digits()
    images = np.round(data.images * (255 / 16)).astype(np.uint8)[:, None]
    ink = data.images.sum((1, 2))
    heavy = np.zeros(len(ink), dtype=np.int64)
    first, second = np.empty(rows, dtype=np.int64), np.empty(rows, dtype=np.int64)
    digit = rng.integers(10, size=rows)
    for d in range(10):
        members = rng.permutation(np.flatnonzero(data.target == d))
        heavy[members] = ink[members] > np.median(ink[members])
        here = np.flatnonzero(digit == d)
        half = len(members) // 2  # no scan serves both views
        first[here] = rng.choice(members[:half], size=len(here))
        second[here] = rng.choice(members[half:], size=len(here))
    shared = (digit > 4).astype(np.int64)
    label = np.where(rng.random(rows) < mix, heavy[first], shared)
    joint = np.zeros((20, 10, 2))
    for d in range(10):
        for h in (0, 1):
            p = (1 - mix) * (d > 4) + mix * h
            joint[2 * d + h, d] = np.array([1 - p, p]) / 20
    streams = (Stream("first", torch.tensor(images[first])), Stream("second", torch.tensor(images[second])))
    groups = np.unique(first, return_inverse=True)[1]
    return Raw(streams, {"label": label}, groups, truth={"label": exact_information(joint)})
