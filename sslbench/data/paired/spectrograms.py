"""Short recordings as grey pictures: the energy of mel bands over time, in decibels under the recording's loudest."""

import numpy as np

RATE = 8000  # samples a second
SAMPLES = 6400  # of a recording that are read, 0.8 s: longer ones are cut, shorter ones end in silence
WINDOW, HOP, POINTS = 400, 200, 512  # samples: 50 ms every 25 ms, padded for the transform
FRAMES = SAMPLES // HOP
DEPTH = 60.0  # decibels from white to black
CHUNK = 512  # recordings transformed at a time


def mel(hertz: np.ndarray) -> np.ndarray:
    """Pitch of a frequency in mel; Source: O'Shaughnessy 1987, 2595 log10(1 + f / 700)."""
    return 2595 * np.log10(1 + hertz / 700)


def mel_bands(bands: int) -> np.ndarray:
    """Triangles that overlap by half and are evenly spaced in mel from 0 Hz to half the rate, (bands, frequencies)."""
    pitch = mel(np.fft.rfftfreq(POINTS, 1 / RATE))
    edges = np.linspace(0, mel(np.array(RATE / 2)), bands + 2)
    width = edges[1]
    return np.clip(1 - np.abs(pitch[None] - edges[1:-1, None]) / width, 0, None)


def fitted(sound: np.ndarray) -> np.ndarray:
    """The first SAMPLES of a recording, with silence behind a shorter one, as (SAMPLES,) of float32."""
    out = np.zeros(SAMPLES, dtype=np.float32)
    out[: len(sound)] = sound[:SAMPLES]
    return out


def log_mel(sounds: np.ndarray, bands: int = 32) -> np.ndarray:
    """Pictures (n, bands, FRAMES) of uint8, low pitch at the bottom, of recordings (n, SAMPLES)."""
    from scipy.signal import get_window

    window, weights = get_window("hann", WINDOW).astype(np.float32), mel_bands(bands).astype(np.float32)
    out = np.empty((len(sounds), bands, FRAMES), dtype=np.uint8)
    for start in range(0, len(sounds), CHUNK):
        part = np.pad(sounds[start : start + CHUNK], ((0, 0), (0, WINDOW - HOP)))
        frames = np.lib.stride_tricks.sliding_window_view(part, WINDOW, 1)[:, ::HOP]  # (n, FRAMES, WINDOW)
        power = np.abs(np.fft.rfft(frames * window, POINTS)) ** 2 @ weights.T  # (n, FRAMES, bands)
        decibels = 10 * np.log10(power / np.maximum(power.max((1, 2), keepdims=True), 1e-12) + 1e-12)
        picture = np.clip(255 * (1 + decibels / DEPTH), 0, 255)
        out[start : start + CHUNK] = np.round(picture).astype(np.uint8).transpose(0, 2, 1)[:, ::-1]
    return out
