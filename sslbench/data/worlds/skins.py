"""What bits look like to a method: vectors, a table of mixed columns, or images."""

import numpy as np

NOISE = 0.2  # sd of a bit of size 1: decodable without error to five sd


def rotation(dim: int, rng: np.random.Generator) -> np.ndarray:
    """A random orthogonal matrix (dim, dim)."""
    return np.linalg.qr(rng.normal(size=(dim, dim)))[0]


def as_vectors(bits: np.ndarray, dim: int, rng: np.random.Generator) -> np.ndarray:
    """Bits (n, b) -> (n, dim): +-1 with a little noise beside standard normal nuisance.

    A rotation sees to it that no single axis shows them.
    """
    values = rng.normal(size=(len(bits), dim))
    values[:, : bits.shape[1]] = 2 * bits - 1 + NOISE * values[:, : bits.shape[1]]
    return values @ rotation(dim, rng)


def as_table(bits: np.ndarray, dim: int, rng: np.random.Generator) -> tuple[np.ndarray, tuple[int, ...]]:
    """Bits (n, b) -> columns (n, dim) and their sizes (0 number, k categories).

    Every bit hides in two columns, a category of four values whose first two mean 0, and a number on either side of 0;
    the rest is nuisance of both kinds.
    """
    n, count = bits.shape
    if dim < 2 * count:
        raise ValueError(f"a table of {count} bits needs at least {2 * count} columns, got {dim}")
    categories = 2 * bits + rng.integers(2, size=bits.shape)
    numbers = (2 * bits - 1) * (0.2 + rng.exponential(size=bits.shape))
    more = dim - 2 * count
    nuisance_categories = rng.integers(4, size=(n, more // 2))
    nuisance_numbers = rng.normal(size=(n, more - more // 2))
    values = np.concatenate([categories, nuisance_categories, numbers, nuisance_numbers], 1).astype(np.float64)
    sizes = (4,) * (count + more // 2) + (0,) * (dim - count - more // 2)
    order = rng.permutation(dim)
    return values[:, order], tuple(sizes[j] for j in order)


def as_images(bits: np.ndarray, side: int, rng: np.random.Generator) -> np.ndarray:
    """Bits (n, b), b <= 4 -> uint8 images (n, 1, side, side).

    Each quarter shows a bar, upright for 1 and lying for 0, at a random place of the quarter, over noise.
    """
    n, count = bits.shape
    if count > 4 or side < 8 or side % 2:
        raise ValueError(f"images hold at most 4 bits and have an even side of at least 8, got {count} and {side}")
    images = 40 + 20 * rng.normal(size=(n, side, side))
    half = side // 2
    for b in range(count):
        top, left = half * (b // 2), half * (b % 2)
        at = rng.integers(half, size=n)
        for value in (0, 1):
            rows = np.flatnonzero(bits[:, b] == value)
            for place in range(half):
                here = rows[at[rows] == place]
                if value:
                    images[here, top : top + half, left + place] += 150
                else:
                    images[here, top + place, left : left + half] += 150
    return np.clip(np.round(images), 0, 255).astype(np.uint8)[:, None]
