"""Written with spoken digits: pairs of one class, pictures of sound, files made here and files of this machine."""

import numpy as np
import pytest
from PIL import Image
from scipy.io import wavfile

from sslbench.data.dataset import load_dataset
from sslbench.data.paired.spectrograms import DEPTH, FRAMES, HOP, RATE, fitted, log_mel, mel
from sslbench.errors import DataError
from sslbench.registry import SOURCES
from sslbench.tasks import Source, find_task

SPEAKERS = ("anna", "ben", "cleo", "dan", "eve", "finn")


@pytest.fixture
def digits(tmp_path, monkeypatch):
    """60 recordings of a second of noise and 40 images a digit, whose corner says which one it is."""
    monkeypatch.setenv("SSLBENCH_CACHE", str(tmp_path))
    rng = np.random.default_rng(0)
    (tmp_path / "spoken-digits").mkdir()
    for digit in range(10):
        for speaker in SPEAKERS:
            noise = rng.normal(0, 1000, RATE).astype(np.int16)
            wavfile.write(tmp_path / "spoken-digits" / f"{digit}_{speaker}_0.wav", RATE, noise)
        folder = tmp_path / "images" / "training" / str(digit)
        folder.mkdir(parents=True)
        for i in range(12):
            pixels = rng.integers(0, 255, (28, 28), dtype=np.uint8)
            pixels[0, :2] = digit, i
            Image.fromarray(pixels).save(folder / f"{i:02d}.png")
    return tmp_path


def load(**options):
    return SOURCES.get("av-mnist")(Source(kind="av-mnist", name="images", options=options))


def test_each_recording_meets_other_images_of_its_digit(digits):
    raw = load(per_recording=2)
    image, sound = (s.values for s in raw.streams)
    assert image.shape == (120, 1, 28, 28) and sound.shape == (120, 1, 32, FRAMES)
    shown = image[:, 0, 0, :2].numpy()
    assert (shown[:, 0] == raw.targets["digit"]).all() and len(np.unique(shown, axis=0)) == 120
    assert (sound[0] == sound[1]).all() and not (sound[0] == sound[2]).all()
    assert np.bincount(raw.groups).tolist() == [2] * 60 and np.bincount(raw.targets["speaker"]).tolist() == [20] * 6
    assert (load(per_recording=2).streams[0].values == image).all()


def small(name):
    card = find_task(name)
    source = Source(kind="av-mnist", name="images", options={"per_recording": 2})
    return load_dataset(card.model_copy(update={"source": source}))


def test_a_held_out_speaker_is_never_heard_in_training(digits):
    speaker = load(per_recording=2).targets["speaker"]
    splits = small("av-mnist").splits
    assert [sorted(set(speaker[s.test])) for s in splits] == [[0, 1], [2, 3], [4, 5]]
    assert all(not set(speaker[s.test]) & set(speaker[np.r_[s.train, s.val]]) for s in splits)


def test_where_the_speaker_is_asked_for_a_recording_is_heard_in_one_part_only(digits):
    data = small("av-mnist-voices")
    for split in data.splits:
        parts = [set(data.groups[rows]) for rows in (split.train, split.val, split.test)]
        assert len(set.union(*parts)) == sum(map(len, parts))


def test_a_tone_lights_its_mel_band_and_silence_is_black():
    time = np.arange(RATE // 2) / RATE
    for hertz in (300, 1000, 3000):
        picture = log_mel(fitted(1000 * np.sin(2 * np.pi * hertz * time))[None])[0]
        band = 31 - picture[:, 5].argmax()  # low pitch lies at the bottom
        assert band == pytest.approx(mel(np.array(hertz)) / mel(np.array(RATE / 2)) * 33 - 1, abs=0.6)
        assert (picture[:, RATE // 2 // HOP + 1 :] == 0).all()
    loud, quiet = log_mel(np.stack([fitted(s * np.sin(2 * np.pi * 440 * time)) for s in (1000, 10)]))
    assert np.abs(loud.astype(int) - quiet).max() <= 1 and DEPTH == 60, "loudness of the whole does not show"


@pytest.mark.parametrize(
    ("break_it", "options", "message"),
    [
        (lambda d: None, {"per_recording": 3}, "18 images of the digit 0 are needed, images has 12; lower"),
        (lambda d: (d / "spoken-digits" / "3_ben_0.wav").write_bytes(b"RIFF"), {}, "3_ben_0.wav cannot be read"),
        (lambda d: wavfile.write(d / "spoken-digits" / "3_ben_0.wav", 16000, np.zeros(9)), {}, "mono at 8000 Hz, got"),
        (lambda d: (d / "images" / "training" / "0" / "00.png").write_bytes(b"x"), {"per_recording": 2}, "cannot be"),
    ],
)
def test_what_is_wrong_with_the_files_is_said(digits, break_it, options, message):
    break_it(digits)
    with pytest.raises(DataError, match=message):
        load(**options)


def test_recordings_that_cannot_be_downloaded_say_where_to_put_them(tmp_path, monkeypatch):
    monkeypatch.setenv("SSLBENCH_CACHE", str(tmp_path))

    def dead(url, folder, **_):
        raise OSError("no network")

    monkeypatch.setattr("torchvision.datasets.utils.download_and_extract_archive", dead)
    with pytest.raises(DataError, match=r"not at .*spoken-digits and could not be downloaded from https.*no network"):
        load()
    assert not (tmp_path / "spoken-digits").exists()


def test_the_archive_is_downloaded_once_and_moved_to_its_place(digits, monkeypatch):
    (digits / "spoken-digits").rename(digits / "elsewhere")
    calls = []

    def unpacked(url, folder, **_):
        calls.append(url)
        target = digits / "spoken-digits.partial" / "free-spoken-digit-dataset-master"
        assert str(target.parent) == folder
        target.mkdir(parents=True)
        (digits / "elsewhere").rename(target / "recordings")

    monkeypatch.setattr("torchvision.datasets.utils.download_and_extract_archive", unpacked)
    assert load(per_recording=1).rows == load(per_recording=1).rows == 60
    assert len(calls) == 1 and not (digits / "spoken-digits.partial").exists()
