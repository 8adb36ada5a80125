"""Columns of numbers from text files, arrays and VTU files, as measured data come. Every refusal names the file and line."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pinnaux.errors import DeclarationError, did_you_mean
from pinnaux.locate import find_file
from pinnaux.symbolic.formula import described

DELIMITERS = (",", ";", "\t")
AXES = "xyz"


@dataclass(frozen=True)
class TextTable:
    """A text file: `header` (None if its first line is numbers), the cells of each row, and the rows' line numbers."""

    name: str
    header: tuple[str, ...] | None
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]

    def column(self, position: int, name: str) -> np.ndarray:
        """The numbers of a column, (N,). Raises DeclarationError naming the line of a cell that is no number."""
        cells = [row[position] for row in self.rows]
        try:
            numbers = np.array(cells, dtype=float)
        except ValueError:
            numbers = np.array([parsed(cell) for cell in cells])
        bad = np.flatnonzero(~np.isfinite(numbers))
        if len(bad):
            cell = cells[bad[0]]
            what = f"holds '{cell}', which is not a finite number" if cell else "is empty"
            raise DeclarationError(
                f"{self.name}, line {self.lines[bad[0]]}: column '{name}' {what}",
                hint="correct the line or remove it; nothing is filled in",
            )
        return numbers


def parsed(cell: str) -> float:
    """The number in a cell, nan for any other text."""
    try:
        return float(cell)
    except ValueError:
        return math.nan


def read_text(path: Path, name: str) -> TextTable:
    """Read a CSV or whitespace-separated file; lines starting with # are comments, but a first one may be the header."""
    rows, lines, header = [], [], None
    delimiter = None
    for number, text in enumerate(text_of(path, name).splitlines(), start=1):
        text = text.strip()
        is_comment = text.startswith("#")
        if not text or is_comment and (header or rows):
            continue
        delimiter = delimiter or next((one for one in DELIMITERS if one in text), " ")
        cells = split(text.lstrip("# "), delimiter)
        if not rows and header is None and (is_comment or any(math.isnan(parsed(cell)) and cell.lower() != "nan" for cell in cells)):
            header = cells
        else:
            rows.append(cells)
            lines.append(number)
    check_widths(name, header, rows, lines)
    return TextTable(name, header, tuple(rows), tuple(lines))


def text_of(path: Path, name: str) -> str:
    """The file's text."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise DeclarationError(f"{name} is not a text file", hint="observations are read from CSV, text or .vtu files") from None
    except OSError as failure:
        raise DeclarationError(f"cannot read {name}: {failure.strerror}", hint="check the file's permissions") from None


def split(text: str, delimiter: str) -> tuple[str, ...]:
    """The cells of a line, without quotes and surrounding blanks."""
    if delimiter == " ":
        return tuple(text.split())
    return tuple(cell.strip() for cell in next(csv.reader(io.StringIO(text), delimiter=delimiter, skipinitialspace=True)))


def check_widths(name: str, header: tuple[str, ...] | None, rows: list[tuple[str, ...]], lines: list[int]) -> None:
    """Refuse a table without rows, or with rows of different lengths."""
    if not rows:
        raise DeclarationError(f"{name} has no rows", hint="a row of numbers for each point is needed")
    width = len(header) if header is not None else len(rows[0])
    for row, line in zip(rows, lines):
        if len(row) != width:
            source = "the header names" if header is not None else f"line {lines[0]} has"
            raise DeclarationError(f"{name}, line {line} has {len(row)} cells, but {source} {width}", hint="correct the line or remove it")


def columns_of_text(path: Path, name: str, wanted: Sequence[str], coordinates: Sequence[str]) -> dict[str, np.ndarray]:
    """The coordinate and wanted columns of a text file, by name.

    Without a header `wanted` names all columns in order, the coordinates among them.
    """
    table = read_text(path, name)
    names = table.header
    if names is None:
        names = tuple(wanted)
        missing = [one for one in coordinates if one not in names]
        if missing or len(names) != len(table.rows[0]):
            raise DeclarationError(
                f"{name} has no header and {len(table.rows[0])} columns, but columns= names {len(names)}: ({', '.join(names)})",
                hint=f"columns= must name all columns in order, the coordinates {', '.join(coordinates)} among them",
            )
    required = dict.fromkeys([*coordinates, *wanted])
    check_present(required, names, name)
    return {one: table.column(names.index(one), one) for one in required}


def check_present(required: Sequence[str] | Mapping[str, object], names: Sequence[str], source: str) -> None:
    """Refuse a source that lacks a required column, or has it twice."""
    for one in required:
        if one not in names:
            raise DeclarationError(f"{source} has no column '{one}'", hint=did_you_mean(one, names))
        if list(names).count(one) > 1:
            raise DeclarationError(f"{source} has two columns '{one}'", hint="name the columns differently")


def columns_of_mapping(given: Mapping[str, object], wanted: Sequence[str], coordinates: Sequence[str]) -> dict[str, np.ndarray]:
    """The coordinate and wanted columns of a mapping from names to arrays (N,) or to paths of files with one column."""
    required = dict.fromkeys([*coordinates, *wanted])
    check_present(required, list(given), "the mapping of observations")
    columns = {name: column_of_value(name, given[name]) for name in required}
    for name in coordinates:
        if np.iscomplexobj(columns[name]):
            raise DeclarationError(f"column '{name}' is complex", hint=f"{name} is a coordinate, which is real: give {name}.real")
    first, count = next((name, len(column)) for name, column in columns.items())
    for name, column in columns.items():
        if len(column) != count:
            raise DeclarationError(
                f"column '{name}' has {len(column)} values, but column '{first}' has {count}",
                hint="one value for each point; nothing is repeated",
            )
    return columns


def column_of_value(name: str, value: object) -> np.ndarray:
    """One column (N,) from a sequence of numbers, which may be complex, or from a file that has one column."""
    if isinstance(value, (str, Path)):
        table = read_text(find_file(value, "observations"), str(value))
        if len(table.rows[0]) != 1:
            raise DeclarationError(
                f"{value} has {len(table.rows[0])} columns, but is given for the one column '{name}'",
                hint="give the whole file as the source: Observations(path, domain, columns=…)",
            )
        return table.column(0, name)
    try:
        column = np.asarray(value)
        column = column if column.dtype.kind == "c" else column.astype(float)
    except (TypeError, ValueError):
        raise DeclarationError(
            f"column '{name}' is no sequence of numbers but {described(value)}", hint="give an array of shape (N,)"
        ) from None
    if column.ndim != 1:
        raise DeclarationError(
            f"column '{name}' has shape {column.shape}; a column has shape (N,)", hint=f"{name}.ravel() if its values are one per point"
        )
    return check_finite(column, f"column '{name}'")


def check_finite(column: np.ndarray, role: str) -> np.ndarray:
    """The column, refused if empty or if a value is not a finite number."""
    if len(column) == 0:
        raise DeclarationError(f"{role} has no values", hint="one value for each point is needed")
    bad = np.flatnonzero(~np.isfinite(column))
    if len(bad):
        raise DeclarationError(
            f"{role} holds {column[bad[0]]} at index {bad[0]} ({len(bad)} such value(s))", hint="remove those points; nothing is filled in"
        )
    return column


def columns_of_vtu(path: Path, name: str, wanted: Sequence[str], space: Sequence[str], time: str | None) -> dict[str, np.ndarray]:
    """The points of a VTU file as coordinates, and its wanted point data; a vector v is v_x, v_y, v_z."""
    import meshio

    try:
        mesh = meshio.read(path)
    except (meshio.ReadError, SyntaxError, ValueError, KeyError, SystemExit) as failure:
        raise DeclarationError(
            f"cannot read {name}: {failure or 'it is no VTU file'}", hint="save it from ParaView as .vtu, or as CSV"
        ) from failure
    columns = {axis: mesh.points[:, i] for i, axis in enumerate(space[: mesh.points.shape[1]])}
    available: dict[str, np.ndarray] = {}
    for key, values in mesh.point_data.items():
        if values.ndim == 1:
            available[key] = values
        else:
            available.update({f"{key}_{AXES[i] if i < len(AXES) else i}": values[:, i] for i in range(values.shape[1])})
    required = [*([time] if time else []), *(one for one in wanted if one not in columns)]
    check_present(required, list(available), name)
    columns.update({one: available[one] for one in required})
    return {one: check_finite(np.asarray(column, dtype=float), f"column '{one}' of {name}") for one, column in columns.items()}
