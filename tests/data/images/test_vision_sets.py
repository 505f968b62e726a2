"""Every set of torchvision from files of its form; and one downloaded from a server on this machine that has faults.

What this cannot show: that the addresses and checksums of torchvision still hold.
"""

import importlib.util
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import torchvision.datasets as sets

from sslbench.data.images import download
from sslbench.data.images.vision_sets import SETS
from sslbench.errors import DataError
from sslbench.registry import SOURCES
from sslbench.tasks import Source, shipped_tasks

SPEC = importlib.util.spec_from_file_location("vision_forms", Path(__file__).with_name("forms.py"))
forms = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(forms)

WANT = {  # shape of an image, classes in order, test rows
    "mnist": ((1, 28, 28), [0, 1, 0, 1, 0, 1], 2),
    "fashion-mnist": ((1, 28, 28), [0, 1, 0, 1, 0, 1], 2),
    "cifar10": ((3, 32, 32), [0, 1, 0, 1, 0, 1], 2),
    "cifar100": ((3, 32, 32), [0, 1, 0, 1], 2),
    "svhn": ((3, 32, 32), [0, 1, 1, 0, 1, 1], 3),
    "stl10": ((3, 96, 96), [0, 1, 1, 0, 1], 2),
    "flowers102": ((3, 96, 96), [0, 1, 1, 0, 1, 0], 2),
    "dtd": ((3, 96, 96), [0, 1, 0, 1, 0, 1], 2),
    "eurosat": ((3, 64, 64), [0, 0, 1], 0),
    "imagenette": ((3, 128, 128), [0, 1, 0, 1], 2),
}


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SSLBENCH_CACHE", str(tmp_path))
    monkeypatch.setattr(download, "PAUSE", 0.0)


def read(name, **options):
    return SOURCES.get("torchvision")(Source(kind="torchvision", name=name, options=options))


def make(name, root, monkeypatch):
    getattr(forms, {"fashion-mnist": "fashion", "cifar10": "cifar"}.get(name, name))(root, monkeypatch)


@pytest.mark.parametrize("name", SETS)
def test_a_set_is_read_with_its_own_test_rows(name, tmp_path, monkeypatch):
    make(name, tmp_path / "torchvision" / name, monkeypatch)
    raw, (shape, classes, test) = read(name), WANT[name]
    assert tuple(raw.streams[0].values.shape) == (len(classes), *shape)
    assert raw.targets["class"].tolist() == classes
    tested = raw.folds[0].tolist() if test else raw.folds
    assert tested == (list(range(len(classes) - test, len(classes))) if test else None)
    if name == "cifar100":
        assert raw.targets["superclass"].tolist() == [1, 0, 1, 0]
    cards = [t for t in shipped_tasks().values() if (t.source.kind, t.source.name) == ("torchvision", name)]
    for card in cards:
        assert {t.name for t in card.targets} <= set(raw.targets)
        assert (card.splits.kind == "fixed") == bool(test)
        assert len(read(name, **card.source.options).streams) == (1 if card.modality == "vision" else 2)
    assert cards, "a set without a card"


def test_pixels_are_those_of_the_file(tmp_path, monkeypatch):
    make("cifar10", tmp_path / "torchvision" / "cifar10", monkeypatch)
    first = sets.CIFAR10(tmp_path / "torchvision" / "cifar10", train=True)[1][0]
    assert np.array_equal(read("cifar10").streams[0].values[1].permute(1, 2, 0).numpy(), np.asarray(first))


@pytest.fixture
def server(tmp_path, monkeypatch):
    """CIFAR-10 as an archive on a server of this machine, and the answers that it gives, in order; then 200."""
    made = tmp_path / "made"
    forms.cifar(made, monkeypatch)
    archive = tmp_path / "cifar.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(made / sets.CIFAR10.base_folder, sets.CIFAR10.base_folder)
    answers, asked = [], []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            kind, body = answers.pop(0) if answers else "whole", archive.read_bytes()
            if kind == "503":
                return self.send_error(503)
            self.send_response(200), self.send_header("Content-Length", str(len(body))), self.end_headers()
            self.wfile.write(body[: len(body) // 2] if kind == "half" else body)

        def log_message(self, *_): ...

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=http.serve_forever, daemon=True).start()
    monkeypatch.setattr(sets.CIFAR10, "url", f"http://127.0.0.1:{http.server_port}/cifar.tar.gz")
    monkeypatch.setattr(sets.CIFAR10, "tgz_md5", forms.md5(archive))
    yield answers, asked
    http.shutdown(), http.server_close()


def test_a_download_is_tried_again_after_a_fault_and_made_once(server, tmp_path, capfd):
    answers, asked = server
    answers += ["503", "whole", "half"]  # torchvision asks twice, first for redirections
    assert read("cifar10").rows == 6 and len(asked) == 1 + 2 + 2
    assert capfd.readouterr().err.count("trying again") == 2
    read("cifar10"), [f.unlink() for f in (tmp_path / "images").glob("*.bin")], read("cifar10")
    assert len(asked) == 5, "what is there is not downloaded again"
    assert [p.name for p in (tmp_path / "torchvision").iterdir() if not p.name.startswith(".")] == ["cifar10"]


def test_a_damaged_set_is_kept_aside_and_downloaded_again(server, tmp_path):
    _, asked = server
    read("cifar10"), [f.unlink() for f in (tmp_path / "images").glob("*.bin")]
    (tmp_path / "torchvision" / "cifar10" / sets.CIFAR10.base_folder / "test_batch").write_bytes(b"half")
    assert read("cifar10").rows == 6 and len(asked) == 2 + 2
    assert len(list((tmp_path / "torchvision").glob("cifar10.damaged-*"))) == 1


def test_without_a_network_it_says_what_to_copy_where(tmp_path, monkeypatch):
    monkeypatch.setattr(sets.CIFAR10, "url", "http://127.0.0.1:9/none.tar.gz")
    with pytest.raises(DataError, match=r"cifar10 could not be downloaded, 3 times: .*refused.* copy that root to .*"):
        read("cifar10")
    assert not list((tmp_path / "torchvision").glob("cifar10*")), "no half set stays"


def test_an_unknown_set_and_an_unknown_option_are_named():
    with pytest.raises(DataError, match="has no 'cifar11'; it has cifar10, cifar100"):
        read("cifar11")
    with pytest.raises(DataError, match="cifar10 of torchvision has no option size; it has streams"):
        read("cifar10", size=8)
