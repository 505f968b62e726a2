"""Rendered glyphs: shape, texture, colour, angle and position of one drawing are five independent targets.

With a caption that names some of them, what image and text share is known exactly.
"""

import numpy as np

from sslbench.data.worlds.truth import exact_information

SHAPES, TEXTURES, COLOURS, ANGLES, POSITIONS, MOODS = 4, 3, 4, 4, 4, 4
RGB = np.array([[225, 70, 60], [70, 190, 80], [75, 110, 230], [225, 200, 60]], dtype=float)
NAMES = {"shape": SHAPES, "texture": TEXTURES, "colour": COLOURS, "angle": ANGLES, "position": POSITIONS}


def _inside(shape: np.ndarray, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Whether points (n, side, side) of the glyph's own frame lie inside its shape: bar, arrow, half disc, corner.

    None of them looks alike after a quarter turn.
    """
    bar = (np.abs(u) < 0.95) & (np.abs(v) < 0.38) & ~((u > 0.35) & (v > 0))
    arrow = (u > -0.9) & (u < 0.9) & (np.abs(v) < 0.9 * (0.9 - u) / 1.8)
    half = (u**2 + v**2 < 0.85) & (u > -0.15)
    corner = (np.maximum(np.abs(u), np.abs(v)) < 0.85) & ((u < -0.25) | (v < -0.25))
    return np.select([shape[:, None, None] == k for k in range(SHAPES)], [bar, arrow, half, corner])


def draw_factors(rows: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """The five factors of every glyph, independent and uniform."""
    return {name: rng.integers(size, size=rows) for name, size in NAMES.items()}


def render(factors: dict[str, np.ndarray], side: int, rng: np.random.Generator) -> np.ndarray:
    """uint8 images (n, 3, side, side), over a ground of grey noise.

    Position is a quarter of the image, angle a quarter turn, both with a little jitter.
    """
    n = len(factors["shape"])
    centre = (np.arange(side) + 0.5) / side
    cx = 0.3 + 0.4 * (factors["position"] % 2) + rng.uniform(-0.04, 0.04, n)
    cy = 0.3 + 0.4 * (factors["position"] // 2) + rng.uniform(-0.04, 0.04, n)
    turn = np.pi / 2 * factors["angle"] + rng.uniform(-0.15, 0.15, n)
    x = (centre[None, None, :] - cx[:, None, None]) / 0.27
    y = (centre[None, :, None] - cy[:, None, None]) / 0.27
    u, v = _turned(x, y, turn)
    ink = _ink(factors, u, v, 5.5 * u, 5.5 * v)
    colour = _colour(factors["colour"], rng)
    return _painted(ink, colour, 70 + 10 * rng.normal(size=(n, 1, side, side)))


def render_centred(factors: dict[str, np.ndarray], side: int, rng: np.random.Generator) -> np.ndarray:
    """uint8 images (n, 3, side, side), each filled by its glyph; the factor `position` is not drawn.

    Place, size and turn jitter, and the pattern starts anywhere, so that no pixel alone tells the texture.
    """
    n = len(factors["shape"])
    centre = (np.arange(side) + 0.5) / side
    cx, cy = 0.5 + rng.uniform(-0.06, 0.06, (2, n))
    turn = np.pi / 2 * factors["angle"] + rng.uniform(-0.25, 0.25, n)
    radius = 0.42 * rng.uniform(0.85, 1.0, n)[:, None, None]
    x = (centre[None, None, :] - cx[:, None, None]) / radius
    y = (centre[None, :, None] - cy[:, None, None]) / radius
    u, v = _turned(x, y, turn)
    start = rng.uniform(0, 2 * np.pi, (2, n, 1, 1))
    ink = _ink(factors, u, v, 7 * u + start[0], 7 * v + start[1])
    colour = _colour(factors["colour"], rng)
    return _painted(ink, colour, 70 + 10 * rng.normal(size=(n, 1, side, side)))


def _turned(x: np.ndarray, y: np.ndarray, turn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    cos, sin = np.cos(turn)[:, None, None], np.sin(turn)[:, None, None]
    return cos * x + sin * y, -sin * x + cos * y


def _ink(
    factors: dict[str, np.ndarray], u: np.ndarray, v: np.ndarray, along: np.ndarray, across: np.ndarray
) -> np.ndarray:
    """How much of its colour each point takes: full, striped by the phase `along`, or chequered, inside the shape."""
    texture = factors["texture"][:, None, None]
    wave = np.where(texture == 1, np.sin(along) > 0, (np.sin(along) > 0) ^ (np.sin(across) > 0))
    return np.where((texture == 0) | wave, 1.0, 0.35) * _inside(factors["shape"], u, v)


def _colour(colour: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return RGB[colour][:, :, None, None] + rng.normal(scale=6, size=(len(colour), 3, 1, 1))


def _painted(ink: np.ndarray, colour: np.ndarray, ground: np.ndarray) -> np.ndarray:
    return np.clip(np.round(ground * (1 - ink[:, None]) + colour * ink[:, None]), 0, 255).astype(np.uint8)


def captions(
    factors: dict[str, np.ndarray], mood: np.ndarray, said: float, rng: np.random.Generator
) -> tuple[np.ndarray, tuple[str, ...], tuple[int, ...]]:
    """Captions as columns of words: the shape's, the colour's, the mood's and an article.

    The shape's word is one of two synonyms; the colour's comes with probability `said`, or else "some"; no image shows
    the mood. Returns values, column names, sizes.
    """
    n = len(mood)
    shape = 2 * factors["shape"] + rng.integers(2, size=n)
    colour = np.where(rng.random(n) < said, factors["colour"], COLOURS)
    values = np.stack([shape, colour, mood, rng.integers(3, size=n)], 1).astype(np.float64)
    return values, ("shape", "colour", "mood", "article"), (2 * SHAPES, COLOURS + 1, MOODS, 3)


def caption_targets(factors: dict[str, np.ndarray], mood: np.ndarray) -> dict[str, np.ndarray]:
    """What image and caption say together: shared, only in the image, only in the caption, in their combination."""
    return {
        "shape": factors["shape"],
        "colour": factors["colour"],
        "texture": factors["texture"],
        "mood": mood,
        "match": (factors["angle"] + mood) % 2,
    }


def caption_truth(said: float) -> dict[str, dict[str, float]]:
    """Exact information in bits about each target of `caption_targets`; image 1, caption 2."""
    both = np.zeros((SHAPES, SHAPES, SHAPES))
    np.einsum("iii->i", both)[:] = 1 / SHAPES
    colour = np.zeros((COLOURS, COLOURS + 1, COLOURS))
    for c in range(COLOURS):
        colour[c, c, c], colour[c, COLOURS, c] = said / COLOURS, (1 - said) / COLOURS
    alone = np.zeros((TEXTURES, 1, TEXTURES))
    alone[np.arange(TEXTURES), 0, np.arange(TEXTURES)] = 1 / TEXTURES
    mood = np.zeros((1, MOODS, MOODS))
    mood[0, np.arange(MOODS), np.arange(MOODS)] = 1 / MOODS
    match = np.zeros((ANGLES, MOODS, 2))
    for a in range(ANGLES):
        for m in range(MOODS):
            match[a, m, (a + m) % 2] = 1 / (ANGLES * MOODS)
    joints = {"shape": both, "colour": colour, "texture": alone, "mood": mood, "match": match}
    return {name: exact_information(joint) for name, joint in joints.items()}
