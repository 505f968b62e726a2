"""Worlds of three aligned streams: bits whose joint distribution, and so the truth of every target, is enumerated."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sslbench.data.installed import columns_of
from sslbench.data.streams import Raw
from sslbench.data.worlds.skins import as_vectors
from sslbench.data.worlds.truth import exact_stream_information

STREAMS = ("first", "second", "third")


@dataclass(frozen=True)
class Outcomes:
    """Every outcome with its probability: the code of each stream (outcomes, bits) and the class of each target."""

    codes: tuple[np.ndarray, ...]
    targets: dict[str, np.ndarray]
    probability: np.ndarray

    @property
    def truth(self) -> dict[str, dict[str, float]]:
        """Of each target: what all streams tell, and what each stream tells once all others are known. Bits."""
        return {t: exact_stream_information(self.codes, y, self.probability) for t, y in self.targets.items()}


def _fair(bits: int) -> np.ndarray:
    """Every outcome of fair bits, (2^bits, bits)."""
    return (np.arange(2**bits)[:, None] >> np.arange(bits)) & 1


def parity_streams(flip: float = 0.0) -> Outcomes:
    """y = a xor b xor c, one bit in each stream: two streams tell nothing, three tell all.

    `flip`: the probability that y is turned.
    """
    bits = _fair(4)[:, :3]  # the fourth says whether the label is turned
    turned = _fair(4)[:, 3]
    probability = np.where(turned, flip, 1 - flip) / 8
    return Outcomes(tuple(bits[:, [k]] for k in range(3)), {"label": bits.sum(1) % 2 ^ turned}, probability)


def xor_streams() -> Outcomes:
    """The third stream's bit is the exclusive or of the others': two streams share nothing, three share one bit.

    Each stream's own bit is a target: a method that compares pairs has no reason to keep it.
    """
    first, second = _fair(2).T
    bits = (first, second, first ^ second)
    targets = {f"bit-{k + 1}": b for k, b in enumerate(bits)}
    return Outcomes(tuple(b[:, None] for b in bits), targets, np.full(4, 1 / 4))


def shared_private_streams() -> Outcomes:
    """One bit in all three streams and one in each alone; every bit is a target, and so is shared and private together.

    The last, `both`, has four classes: the shared bit and the first stream's own.
    """
    shared, *private = _fair(4).T
    targets = {"shared": shared} | {f"private-{k + 1}": p for k, p in enumerate(private)}
    targets["both"] = 2 * shared + private[0]
    return Outcomes(tuple(np.stack([shared, p], 1) for p in private), targets, np.full(16, 1 / 16))


ALIGNED: dict[str, Callable[..., Outcomes]] = {
    "parity-streams": parity_streams,
    "shared-private-streams": shared_private_streams,
    "xor-streams": xor_streams,
}


def aligned_world(name: str, rows: int, rng: np.random.Generator, dim: int = 8, **options) -> Raw:
    """A world of aligned streams as vectors of `dim` columns each: its bits beside nuisance, under a rotation."""
    world = ALIGNED[name](**options)
    drawn = rng.choice(len(world.probability), size=rows, p=world.probability)
    streams = tuple(
        columns_of(as_vectors(codes[drawn], dim, rng), stream, "x")
        for codes, stream in zip(world.codes, STREAMS, strict=True)
    )
    return Raw(streams, {t: y[drawn] for t, y in world.targets.items()}, truth=world.truth)
