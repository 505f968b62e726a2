"""AV-MNIST: a handwritten digit and a spoken one of the same class."""

import re
from pathlib import Path

import numpy as np
import torch

from sslbench.data.paired.place import archive_in, folder_of
from sslbench.data.paired.spectrograms import RATE, fitted, log_mel
from sslbench.data.streams import Raw, Stream
from sslbench.errors import DataError
from sslbench.registry import SOURCES
from sslbench.tasks import Source

FSDD = "https://github.com/Jakobovski/free-spoken-digit-dataset/archive/refs/heads/master.zip"
RECORDINGS = "free-spoken-digit-dataset-master/recordings"
WAV = re.compile(r"(\d)_([a-z]+)_(\d+)\.wav")
SIDE = 28  # pixels of a written digit
FOLDS = 3  # of speakers


@SOURCES.register("av-mnist")
def av_mnist_source(source: Source) -> Raw:
    """Every recording of the Free Spoken Digit Dataset with some written digits of its class, each image used once.

    Written digits, by name: `torchvision` (MNIST's train set), or a folder with training/<digit>/<image>. Options:
    sounds, a folder of wav files, downloaded if not given; per_recording, images of one recording (4). Folders are seen
    from the user's cache. Seed 0 pairs. Groups are recordings; official folds hold out whole speakers, in the order of
    their names.
    """
    times = int(source.options.get("per_recording", 4))
    sounds, digit, speaker = spoken(source.options.get("sounds"))
    images, recording = written(source.name, digit, times), np.repeat(np.arange(len(digit)), times)
    pictures = log_mel(sounds)[recording]
    streams = (Stream("written", torch.tensor(images[:, None])), Stream("spoken", torch.tensor(pictures[:, None])))
    digit, speaker = digit[recording], speaker[recording]
    folds = tuple(np.flatnonzero(np.isin(speaker, held)) for held in np.array_split(np.unique(speaker), FOLDS))
    return Raw(streams, {"digit": digit, "speaker": speaker}, recording, folds)


def spoken(given: object) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Recordings (n, SAMPLES), their digits and speakers (n,), in the order of file names; raises DataError."""
    from scipy.io import wavfile

    folder = folder_of(given, "spoken-digits")
    folder = folder if given else archive_in(folder, FSDD, RECORDINGS, "the spoken digits")
    found = [(file, match) for file in sorted(folder.rglob("*.wav")) if (match := WAV.fullmatch(file.name))]
    if not found:
        raise DataError(f"av-mnist: no wav file named <digit>_<speaker>_<number>.wav in {folder}")
    sounds = []
    for file, _ in found:
        try:
            rate, samples = wavfile.read(file)
        except Exception as error:
            raise DataError(f"av-mnist: {file} cannot be read: {error}; copy or download it again") from None
        if rate != RATE or samples.ndim != 1:
            raise DataError(f"av-mnist: {file} must be mono at {RATE} Hz, got {rate} Hz and shape {samples.shape}")
        sounds.append(fitted(samples))
    speakers = np.unique([match[2] for _, match in found], return_inverse=True)[1]
    return np.stack(sounds), np.array([int(match[1]) for _, match in found]), speakers


def written(name: str, digit: np.ndarray, times: int) -> np.ndarray:
    """Images (n x times, SIDE, SIDE) of the given digits (n,), `times` for each in a row, none twice; DataError."""
    pixels = _of_torchvision if name == "torchvision" else _of_folder
    by_digit, read = pixels(name)
    rng, chosen = np.random.default_rng(0), np.empty((len(digit), times), dtype=np.int64)
    for d in range(10):
        rows = np.flatnonzero(digit == d)
        if len(by_digit[d]) < rows.size * times:
            raise DataError(
                f"av-mnist: {rows.size * times} images of the digit {d} are needed, {name} has {len(by_digit[d])}; "
                "lower per_recording"
            )
        chosen[rows] = rng.permutation(by_digit[d])[: rows.size * times].reshape(-1, times)
    return read(chosen.ravel())


def _of_torchvision(_: str):
    """Rows of MNIST's train set by digit, and a function from rows to images."""
    raw = SOURCES.get("torchvision")(Source(kind="torchvision", name="mnist"))
    train = np.setdiff1d(np.arange(raw.rows), raw.folds[0])
    labels, images = raw.targets["class"], raw.streams[0].values
    return [train[labels[train] == d] for d in range(10)], lambda rows: images[rows, 0].numpy()


def _of_folder(name: str):
    """Numbers of the files in training/<digit> by digit, in the order of names, and a function to their images."""
    folder = folder_of(name, "") / "training"
    files: list[Path] = []
    by_digit = []
    for d in range(10):
        here = sorted(f for f in (folder / str(d)).glob("*") if f.suffix.lower() in (".jpg", ".png"))
        by_digit.append(np.arange(len(files), len(files) + len(here)))
        files += here
    if not files:
        raise DataError(f"av-mnist: no image at {folder / '<digit>'}; give the folder that holds training/0 to 9")

    return by_digit, lambda rows: np.stack([_image(files[row]) for row in rows])


def _image(file: Path) -> np.ndarray:
    from PIL import Image

    try:
        pixels = np.asarray(Image.open(file).convert("L"))
    except OSError as error:
        raise DataError(f"av-mnist: {file} cannot be read: {error}; copy it again") from None
    if pixels.shape != (SIDE, SIDE):
        raise DataError(f"av-mnist: {file} has {pixels.shape} pixels; a written digit has {SIDE}x{SIDE}")
    return pixels
