"""One file from an OpenML server: streamed with progress, tried again with longer waits, put in place in one move."""

import errno
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree

import openml
import requests
from rich.console import Console
from rich.progress import DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from sslbench.errors import DataError

TIMEOUT = (10.0, 60.0)  # seconds to connect, and between two pieces of an answer
LONGEST_WAIT = 30.0  # seconds between two attempts
PIECE = 1 << 18  # bytes
BUSY = {429, 500, 502, 503, 504}
DATABASE_DOWN = "107"  # the code by which OpenML says to come again later


_silent: set[str] = set()  # hosts that no attempt reached: the other tasks of a suite try them once


class _AgainError(Exception):
    """This attempt failed, another one may not."""


def fetch(url: str, path: Path, read: Callable, resume: bool = False):
    """Fetch `url` to `path`, and give what `read` makes of it; as often as the client's `connection_n_retries` says.

    The file grows as `path`.part and is moved once `read` takes it; read: raises ValueError for a file that is not
    whole. resume: go on after the bytes of an interrupted download; for files that `read` holds against a checksum.
    Raises DataError.
    """
    part, name, host, reason = path.with_name(path.name + ".part"), "/".join(path.parts[-3:]), urlsplit(url).netloc, ""
    attempts = 1 if host in _silent else max(1, openml.config.connection_n_retries)
    for attempt in range(attempts):
        if attempt:
            wait = min(2.0 ** (attempt - 1), LONGEST_WAIT)
            print(f"{name}: {reason}; attempt {attempt + 1} of {attempts} in {wait:g} s", file=sys.stderr)
            time.sleep(wait)
        try:
            _stream(url, part, name, resume)
            _silent.discard(host)
            found = read(part)
            os.replace(part, path)
            return found
        except requests.ConnectionError as error:
            reason = _told(error)
            if attempt == attempts - 1:
                _silent.add(host)
        except (_AgainError, requests.RequestException) as error:
            reason = _told(error)
        except ValueError as error:
            reason = f"the file is not whole ({error})"
            part.unlink()
        except OSError as error:
            why = "the disk is full" if error.errno == errno.ENOSPC else error.strerror
            raise DataError(
                f"cannot write {part}: {why}. Nothing that was there is lost; run again after that"
            ) from None
    raise DataError(f"{url} could not be fetched in {attempts} attempts: {reason}")


def _told(error: Exception) -> str:
    if isinstance(error, requests.Timeout):
        return f"no answer within {TIMEOUT[1]:g} s"
    if isinstance(error, requests.RequestException):  # its words may hold the address with the person's API key
        return f"no connection ({type(error).__name__})"
    return str(error)


def _stream(url: str, part: Path, name: str, resume: bool) -> None:
    """Write an answer to `part`, after what is there if the server resumes."""
    have = part.stat().st_size if resume and part.is_file() else 0
    headers = {"Range": f"bytes={have}-", "Accept-Encoding": "identity"} if have else {}
    own = url.startswith(openml.config.server.partition("/api/")[0] + "/")
    params = {"api_key": openml.config.apikey} if openml.config.apikey and own else {}
    with requests.get(url, params=params, headers=headers, stream=True, timeout=TIMEOUT) as answer:
        if have and answer.status_code == 416:  # all of it was there already, or more than all
            return
        if answer.status_code not in (200, 206):
            _refused(answer)
        part.parent.mkdir(parents=True, exist_ok=True)
        with part.open("ab" if answer.status_code == 206 else "wb") as file, _bar(name, answer) as advance:
            for piece in answer.iter_content(PIECE):
                file.write(piece)
                advance(answer.raw.tell())


def _refused(answer: requests.Response) -> None:
    """Raises _AgainError where another attempt may help, DataError where the server says no."""
    if answer.status_code in BUSY:
        raise _AgainError(f"the server answered {answer.status_code}")
    said = f"{answer.status_code} {answer.reason}"
    try:
        fields = {e.tag.rpartition("}")[2]: e.text for e in ElementTree.fromstring(answer.content)}
    except ElementTree.ParseError:
        fields = {}
    if fields.get("code") == DATABASE_DOWN:
        raise _AgainError("the server's database is down")
    raise DataError(f"the server answered: {fields.get('message') or said}")


class _bar:
    """Bytes that came so far, on stderr: a bar, or one line where it is no terminal."""

    def __init__(self, name: str, answer: requests.Response):
        size = answer.headers.get("Content-Length", "")
        self.name, self.total, self.done = name, int(size) if size.isdigit() else None, 0
        console = Console(stderr=True)
        columns = TextColumn("fetching {task.description}"), DownloadColumn(), TransferSpeedColumn()
        self.bar = Progress(*columns, console=console, transient=True) if console.is_terminal else None

    def __enter__(self) -> Callable[[int], None]:
        if self.bar:
            self.bar.start()
            self.task = self.bar.add_task(self.name, total=self.total)
        return self._advance

    def _advance(self, done: int) -> None:
        self.done = done
        if self.bar:
            self.bar.update(self.task, completed=done)

    def __exit__(self, kind, *_) -> None:
        if self.bar:
            self.bar.stop()
        if kind is None:
            print(f"fetched {self.name}, {self.done / 1e3:,.0f} kB", file=sys.stderr)
