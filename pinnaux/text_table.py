"""Tables of numbers in text files, as instruments and programs write them: CSV or columns between blanks, with a header or without.

Comments begin with # or %. The header is the first line if it holds words, else the last comment above the numbers with a cell for
each column. Every refusal names the file and line.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pinnaux.errors import DeclarationError

# A file with semicolons or tabs may have commas in its cells, hardly the other way round.
DELIMITERS = (";", "\t", ",")
COMMENTS = ("#", "%")
# A unit behind a name: x [m], T (K), x / m.
UNIT = re.compile(r"\s*(\[[^\]]*\]|\([^)]*\)|/.*)$")
FORTRAN = re.compile(r"([+-]?[\d.]+)[dD]([+-]?\d+)")
DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+([eEdD][+-]?\d+)?")

Row = tuple[str, ...]


@dataclass(frozen=True)
class TextTable:
    """A text file: `header` (None if it has none), the cells of each row, and the rows' line numbers."""

    name: str
    header: Row | None
    rows: tuple[Row, ...]
    lines: tuple[int, ...]

    @property
    def width(self) -> int:
        """The number of columns."""
        return len(self.rows[0])

    def column(self, position: int, name: str) -> np.ndarray:
        """The numbers of a column, (N,). Raises DeclarationError naming the line of the first cell that is no number."""
        cells = [row[position] for row in self.rows]
        numbers = np.array([parsed(cell) for cell in cells])
        bad = np.flatnonzero(~np.isfinite(numbers))
        if len(bad):
            refuse_cell(f"{self.name}, line {self.lines[bad[0]]}: column '{name}'", cells[bad[0]], len(bad) - 1)
        return numbers

    def titled(self, name: str, aliases: Mapping[str, str]) -> list[int]:
        """The columns of a name: titled so exactly, or with a unit behind, or by an alias of it."""
        exact = [i for i, title in enumerate(self.header) if title == name]
        return exact or [i for i, title in enumerate(self.header) if aliases.get(title, UNIT.sub("", title)) == name]


def refuse_cell(place: str, cell: str, others: int) -> None:
    """Raise the error of a cell that is no finite number."""
    what = f"holds '{cell}', which is not a finite number" if cell else "is empty"
    more = f" (and {others} more of its lines)" if others else ""
    hint = "correct the line or remove it; nothing is filled in"
    if DECIMAL_COMMA.fullmatch(cell):
        hint = f"correct the file: numbers have a decimal point, {cell.replace(',', '.')} instead of {cell}"
    raise DeclarationError(f"{place} {what}{more}", hint=hint)


def parsed(cell: str) -> float:
    """The number in a cell, also Fortran's 1.5D-3; nan for any other text."""
    try:
        return float(FORTRAN.sub(r"\1e\2", cell))
    except ValueError:
        return math.nan


def is_word(cell: str) -> bool:
    """Whether a cell is not even meant as a number, as those of a header are."""
    return math.isnan(parsed(cell)) and cell.lower() not in ("nan", "na", "n/a") and not DECIMAL_COMMA.fullmatch(cell)


def read_text(path: Path, name: str) -> TextTable:
    """Read a CSV or whitespace-separated file."""
    numbered = [(number, line.strip()) for number, line in enumerate(text_of(path, name).splitlines(), start=1) if line.strip()]
    body = [(number, line) for number, line in numbered if not line.startswith(COMMENTS)]
    if not body:
        refuse_empty(name)
    delimiter = next((one for one in DELIMITERS if one in body[-1][1]), " ")
    lines, rows = zip(*((number, split(line, delimiter)) for number, line in body))
    header = rows[0] if any(is_word(cell) for cell in rows[0]) else None
    if header is not None:
        lines, rows = lines[1:], rows[1:]
    else:
        header = commented_header([line for number, line in numbered if number < lines[0]], delimiter, len(rows[0]))
    check_widths(name, header, rows, lines)
    return TextTable(name, header, rows, lines)


def text_of(path: Path, name: str) -> str:
    """The file's text: UTF-8 or UTF-16 as marked, else Latin-1, which differs in signs such as ° only."""
    try:
        content = path.read_bytes()
    except OSError as failure:
        raise DeclarationError(f"cannot read {name}: {failure.strerror}", hint="check the file's permissions") from None
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    if b"\0" in content:
        raise DeclarationError(f"{name} is not a text file", hint="observations are read from CSV, text, .npy, .npz or .vtu files")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def split(text: str, delimiter: str) -> Row:
    """The cells of a line, without quotes and surrounding blanks."""
    if delimiter == " ":
        return tuple(text.split())
    return tuple(cell.strip() for cell in next(csv.reader(io.StringIO(text), delimiter=delimiter, skipinitialspace=True)))


def commented_header(comments: Sequence[str], delimiter: str, width: int) -> Row | None:
    """The words in the last comment that has one for each column; a unit in brackets belongs to the name before it."""
    for comment in reversed(comments):
        text = re.sub(r"\s+(?=[\[(])", "", comment.lstrip("#% "))
        for between in (delimiter, " "):
            if len(cells := split(text, between)) == width and any(map(is_word, cells)):
                return cells
    return None


def check_widths(name: str, header: Row | None, rows: Sequence[Row], lines: Sequence[int]) -> None:
    """Refuse a table without rows, or with rows of different lengths."""
    if not rows:
        refuse_empty(name)
    width = len(header) if header is not None else len(rows[0])
    other_header = len(rows) > 1 and len({len(row) for row in rows}) == 1
    hint = "put a # before every line above the header" if other_header else "correct the line or remove it"
    for row, line in zip(rows, lines):
        if len(row) != width:
            source = "the header names" if header is not None else f"line {lines[0]} has"
            raise DeclarationError(f"{name}, line {line} has {len(row)} cells, but {source} {width}", hint=hint)


def refuse_empty(name: str) -> None:
    """Raise the error of a table without rows."""
    raise DeclarationError(f"{name} has no rows", hint="a row of numbers for each point is needed")
