"""The cache of OpenML: one small task made here, on a server of loopback that fails in all the ways a server can."""

import hashlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import openml
import pytest
import requests

from sslbench.data.openml import download
from sslbench.data.openml.source import load_table
from sslbench.data.openml.suite import load_suite
from sslbench.errors import DataError

ROWS = 40
NS = 'xmlns:oml="http://openml.org/openml"'


def small_openml(host: str) -> dict[str, bytes]:
    """Answers by path: task 7 on data set 5, with gaps, categories, a row number and a column that OpenML ignores."""
    lines = [f"{i},{i % 3 if i % 4 else '?'},{'ab'[i % 2]},{i // 2},{'yn'[i % 5 > 1]}" for i in range(ROWS)]
    head = "@relation small\n@attribute row_id numeric\n@attribute size numeric\n@attribute kind {a,b}\n"
    arff = head + "@attribute block numeric\n@attribute class {y,n}\n@data\n" + "\n".join(lines) + "\n"
    folds = [f"{'TEST' if i % 4 == f else 'TRAIN'},{i},0,{f}" for f in range(4) for i in range(ROWS)]
    splits = "@relation splits\n" + "".join(
        f"@attribute {a}\n" for a in ("type {TRAIN,TEST}", "rowid numeric", "repeat numeric", "fold numeric")
    )
    splits += "@data\n" + "\n".join(folds) + "\n"
    description = (
        f"<oml:data_set_description {NS}><oml:id>5</oml:id><oml:name>small</oml:name><oml:version>2</oml:version>"
        f"<oml:format>ARFF</oml:format><oml:licence>CC0</oml:licence><oml:url>{host}/small.arff</oml:url>"
        f"<oml:ignore_attribute>block</oml:ignore_attribute>"
        f"<oml:md5_checksum>{hashlib.md5(arff.encode()).hexdigest()}</oml:md5_checksum></oml:data_set_description>"
    )
    task = (
        f"<oml:task {NS}><oml:task_id>7</oml:task_id><oml:task_type_id>1</oml:task_type_id>"
        f'<oml:input name="source_data"><oml:data_set><oml:data_set_id>5</oml:data_set_id>'
        f"<oml:target_feature>class</oml:target_feature></oml:data_set></oml:input><oml:input><oml:estimation_procedure>"
        f"<oml:data_splits_url>{host}/splits.arff</oml:data_splits_url></oml:estimation_procedure></oml:input></oml:task>"
    )
    regression = f"<oml:task {NS}><oml:task_type_id>2</oml:task_type_id><oml:task_type>Regression</oml:task_type>"
    regression += "<oml:data_set_id>5</oml:data_set_id></oml:task>"
    study = (
        f"<oml:study {NS}><oml:tasks><oml:task_id>7</oml:task_id><oml:task_id>31</oml:task_id></oml:tasks></oml:study>"
    )
    texts = {
        "/api/v1/xml/task/7": task,
        "/api/v1/xml/task/8": regression,
        "/api/v1/xml/data/5": description,
        "/small.arff": arff,
        "/splits.arff": splits,
        "/api/v1/xml/study/99": study,
    }
    return {path: text.encode() for path, text in texts.items()}


class Server(ThreadingHTTPServer):
    """asked: (path, Range header) of every request. fail_every, delay (s), cut: paths whose first answer breaks off."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answer)
        self.asked, self.fail_every, self.delay, self.cut = [], 0, 0.0, set()
        self.host = f"http://127.0.0.1:{self.server_port}"
        self.files = small_openml(self.host)


class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        server, path = self.server, self.path.split("?")[0]
        server.asked.append((path, self.headers.get("Range", "")))
        time.sleep(server.delay)
        if server.fail_every and len(server.asked) % server.fail_every == 0:
            return self.send_error(503)
        if path not in server.files:
            return self.send_error(412)
        body, begin = server.files[path], int(self.headers.get("Range", "bytes=0-")[6:-1])
        self.send_response(206 if begin else 200)
        self.send_header("Content-Length", str(len(body) - begin))
        self.end_headers()
        half = path in server.cut
        server.cut.discard(path)
        self.wfile.write(body[begin : len(body) // 2 if half else None])

    def log_message(self, *_):
        pass


@pytest.fixture
def server(tmp_path, monkeypatch):
    """The server, and the client with a cache of its own and one attempt per file."""
    running = Server()
    threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True).start()
    monkeypatch.setattr(openml.config, "server", f"{running.host}/api/v1/xml")
    monkeypatch.setattr(openml.config, "_root_cache_directory", tmp_path)
    monkeypatch.setattr(openml.config, "connection_n_retries", 1)
    yield running
    running.shutdown()


def cached() -> dict[Path, bytes]:
    """The files of the cache but for locks."""
    root = Path(openml.config.get_cache_directory())
    return {p.relative_to(root): p.read_bytes() for p in root.rglob("*") if p.is_file() and p.suffix != ".lock"}


def test_a_task_is_fetched_once_and_then_needs_no_network(server, monkeypatch):
    first = load_table("7")
    monkeypatch.setattr(requests, "get", lambda *a, **k: pytest.fail("a request"))
    second = load_table("7")
    assert second.frame.equals(first.frame) and list(first.frame) == ["size", "kind"] and len(server.asked) == 4
    assert first.frame["size"].isna().sum() == 10 and list(first.frame["kind"].cat.categories) == ["a", "b"]
    assert [f.tolist() for f in first.folds] == [list(range(f, ROWS, 4)) for f in range(4)]
    assert first.notes == (
        "Data set small, version 2; licence on OpenML: CC0.",
        "Column row_id is left out: named like an id, nearly all values differ.",
        "Column block is left out: OpenML ignores it.",
    )
    assert "block" in load_table("7", keep="block, kind").frame


def test_a_busy_server_is_asked_again(server, monkeypatch):
    waits = []
    monkeypatch.setattr(download, "time", SimpleNamespace(sleep=waits.append))
    openml.config.connection_n_retries, server.fail_every = 4, 2
    assert len(load_table("7").frame) == ROWS and waits == [1.0] * 3


def test_an_interrupted_download_goes_on_where_it_was(server, monkeypatch):
    monkeypatch.setattr(download, "PIECE", 50)
    server.cut = {"/small.arff"}
    with pytest.raises(DataError, match=r"OpenML task 7 could not be loaded: .*small.arff could not be fetched"):
        load_table("7")
    here = len(server.files["/small.arff"]) // 2 // 50 * 50
    del server.asked[:]
    assert len(load_table("7").frame) == ROWS
    assert server.asked == [("/small.arff", f"bytes={here}-"), ("/splits.arff", "")]  # the rest was here


@pytest.mark.parametrize("name", ["tasks/7/task.xml", "datasets/5/dataset.arff", "tasks/7/datasplits.arff"])
def test_half_a_file_in_the_cache_is_fetched_again(server, name):
    """As a client leaves it that was killed while it wrote: no digest of ours is there yet."""
    whole = load_table("7")
    root = Path(openml.config.get_cache_directory())
    for made in [*root.rglob("sslbench*.sha256"), *root.rglob("sslbench.parquet")]:
        made.unlink()
    (root / name).write_bytes((root / name).read_bytes()[: -(root / name).stat().st_size // 3])
    assert load_table("7").frame.equals(whole.frame) and len(server.asked) == 5


@pytest.mark.parametrize("name", ["datasets/5/dataset.arff", "tasks/7/datasplits.arff", "datasets/5/description.xml"])
def test_a_file_that_changed_is_named_and_the_next_run_recovers(server, name):
    whole, file = load_table("7"), Path(openml.config.get_cache_directory()) / name
    file.write_bytes(changed := file.read_bytes().replace(b"1", b"2", 1))
    with pytest.raises(DataError, match=rf"{file.name} is not the file that was first loaded.*run again"):
        load_table("7")
    assert file.with_name(f"{file.name}.changed").read_bytes() == changed
    assert load_table("7").frame.equals(whole.frame)


def test_other_data_under_the_same_id_are_refused(server):
    load_table("7")
    (Path(openml.config.get_cache_directory()) / "tasks/7/datasplits.arff").unlink()
    server.files["/splits.arff"] = server.files["/splits.arff"].replace(b"TEST", b"?").replace(b"TRAIN", b"TEST")
    server.files["/splits.arff"] = server.files["/splits.arff"].replace(b"?", b"TRAIN")
    with pytest.raises(DataError, match="its 4 folds test 120 rows"):
        load_table("7")
    swapped = small_openml(server.host)["/splits.arff"].replace(b",0,0\n", b",0,9\n")
    server.files["/splits.arff"] = swapped.replace(b",0,1\n", b",0,0\n").replace(b",0,9\n", b",0,1\n")
    with pytest.raises(DataError, match=r"OpenML now gives another datasplits.arff"):
        load_table("7")


def test_a_changed_parse_is_made_again(server):
    whole, root = load_table("7"), Path(openml.config.get_cache_directory())
    (root / "datasets/5/sslbench.parquet").write_bytes(b"half")
    assert load_table("7").frame.equals(whole.frame)


@pytest.mark.parametrize("missing", ["tasks/7/datasplits.arff", "tasks/7/task.xml", "datasets/5/dataset.arff"])
def test_a_failed_load_without_a_server_deletes_nothing(server, missing):
    """The client's get_task deletes the folder of a task whose load fails."""
    load_table("7")
    (Path(openml.config.get_cache_directory()) / missing).unlink()
    before = cached()
    server.shutdown(), server.server_close()
    with pytest.raises(DataError, match=r"no connection.*of which nothing was deleted"):
        load_table("7")
    assert cached() == before


def test_a_dead_server_costs_the_first_task_of_a_suite_the_waits_and_no_other(server, monkeypatch):
    waits = []
    monkeypatch.setattr(download, "time", SimpleNamespace(sleep=waits.append))
    openml.config.connection_n_retries = 4
    server.shutdown(), server.server_close()
    for task in ("7", "8", "9"):
        with pytest.raises(DataError, match=r"no connection"):
            load_table(task)
    assert waits == [1.0, 2.0, 4.0] and not cached()


def test_a_slow_server_is_given_up(server, monkeypatch):
    monkeypatch.setattr(download, "TIMEOUT", (1.0, 0.1))
    server.delay = 0.5
    with pytest.raises(DataError, match=r"no answer within 0.1 s"):
        load_table("7")


def test_a_full_disk_is_said_and_nothing_is_lost(server):
    server.cut = {"/splits.arff"}
    with pytest.raises(DataError):
        load_table("7")
    part = Path(openml.config.get_cache_directory()) / "tasks/7/datasplits.arff.part"
    part.unlink()
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full")
    part.symlink_to("/dev/full")
    before = cached()
    with pytest.raises(DataError, match=r"the disk is full. Nothing that was there is lost"):
        load_table("7")
    assert cached() == before
    part.unlink()
    assert len(load_table("7").folds) == 4


def test_one_fetches_while_others_wait(server):
    server.delay = 0.05
    with ThreadPoolExecutor(4) as pool:
        tables = list(pool.map(load_table, ["7"] * 4))
    assert len(server.asked) == 4 and all(t.frame.equals(tables[0].frame) for t in tables)


def test_what_is_no_classification_is_said(server):
    with pytest.raises(DataError, match="of the type Regression"):
        load_table("8")


def test_a_suite_is_fetched_once(server):
    assert load_suite("99") == load_suite("99") == ("openml:7", "openml:31") and len(server.asked) == 1
    with pytest.raises(DataError, match="suite 98 could not be loaded"):
        load_suite("98")
