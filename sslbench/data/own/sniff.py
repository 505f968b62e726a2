"""What kind of text a CSV file is: its encoding, its separator, its decimal sign; looked at, never assumed."""

import codecs
import csv
import re
from dataclasses import dataclass
from pathlib import Path

from sslbench.errors import DataError

HEAD = 1 << 18  # bytes that separator and decimal sign are found from
BLOCK = 1 << 24  # bytes decoded at a time
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True)
class Form:
    """How a CSV file is to be read, and what of it a person should know."""

    encoding: str
    separator: str
    decimal: str
    notes: tuple[str, ...]


def form_of(path: Path) -> Form:
    """The form of a CSV file; raises DataError if it is empty, not text, or has no line of column names."""
    with open(path, "rb") as file:
        head = file.read(HEAD)
    if not head.strip():
        raise DataError(f"{path} is empty")
    encoding, note = _encoding(path, head)
    text = head.decode(encoding, errors="replace" if len(head) == HEAD else "strict")
    lines = text.splitlines()[: -1 if len(head) == HEAD else None]
    lines = [line for line in lines if line.strip()][:100]
    separator = max(SEPARATORS, key=lambda s: _columns(lines, s))
    cells = [cell.strip() for row in csv.reader(lines[1:], delimiter=separator) for cell in row]
    commas = sum(bool(re.fullmatch(r"[-+]?\d+,\d+", c)) for c in cells)
    points = sum(bool(re.fullmatch(r"[-+]?\d+\.\d+", c)) for c in cells)
    decimal = "," if separator != "," and commas > points else "."
    _check_names(path, next(csv.reader(lines[:1], delimiter=separator)))
    notes = [note] if note else []
    if separator != ",":
        notes.append(f"{path.name}: columns are separated by {SEPARATORS[separator]}")
    if decimal == ",":
        notes.append(f"{path.name}: numbers have a decimal comma")
    return Form(encoding, separator, decimal, tuple(notes))


def _columns(lines: list[str], separator: str) -> int:
    """How many columns the lines have, if they agree on it; of lines that do not, none counts."""
    widths = [len(row) for row in csv.reader(lines, delimiter=separator)]
    common = max(set(widths), key=widths.count)
    return common if common > 1 and widths.count(common) >= 0.9 * len(widths) else 0


def _encoding(path: Path, head: bytes) -> tuple[str, str]:
    """The file's encoding, and a note where it is not UTF-8."""
    for bom, name in BOMS:
        if head.startswith(bom):
            return name, "" if name == "utf-8-sig" else f"{path.name} is UTF-16"
    if b"\0" in head:
        raise DataError(f"{path} holds zero bytes: it is no text. A spreadsheet must be saved as CSV or Parquet first")
    where = ""
    for name in ("utf-8", "cp1252"):
        try:
            _decode(path, name)
        except UnicodeDecodeError as error:
            where = where or f"the first byte that is not UTF-8 is 0x{error.object[error.start]:02x}"
            continue
        return name, "" if name == "utf-8" else (
            f"{path.name} is not UTF-8 ({where}); it is read as Windows-1252, which holds Latin-1. If letters look "
            "wrong, convert it: iconv -f ENCODING -t UTF-8"
        )
    raise DataError(
        f"{path} is neither UTF-8 nor UTF-16 with its mark nor Windows-1252 ({where}); convert it to UTF-8: "
        f"iconv -f ENCODING -t UTF-8 {path} > utf8.csv"
    )


def _decode(path: Path, encoding: str) -> None:
    """Raises UnicodeDecodeError if the file is not of this encoding; holds one block at a time."""
    decoder = codecs.getincrementaldecoder(encoding)()
    with open(path, "rb") as file:
        while block := file.read(BLOCK):
            decoder.decode(block)
        decoder.decode(b"", final=True)


def _check_names(path: Path, names: list[str]) -> None:
    """Raises DataError for a name that stands twice, and a first line of values; 0, 1, 2, ... are names."""
    if twice := sorted({n for n in names if names.count(n) > 1 and n.strip()}):
        raise DataError(f"{path} has more than one column called {', '.join(map(repr, twice))}; rename all but one")
    numbers = [n for n in names if re.fullmatch(r"[-+]?\d*[.,]?\d+([eE][-+]?\d+)?", n.strip())]
    if len(numbers) == len(names) and not all(n.strip().isdigit() for n in names):
        raise DataError(
            f"the first line of {path} holds numbers only ({', '.join(names[:5])}{', ...' if len(names) > 5 else ''}); "
            "it must hold the names of the columns"
        )
