"""Columns of numbers from text files, arrays, NumPy's files and VTU files, as measured data come. Every refusal names the source.

A column is (N,), that of a vector (N, k); nothing is repeated, filled in or broadcast.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import numpy as np

from pinnaux.errors import DeclarationError, did_you_mean
from pinnaux.geometry.domain import Domain
from pinnaux.geometry.frames import along_unit_vectors, coordinates_at
from pinnaux.locate import find_file
from pinnaux.symbolic.formula import described
from pinnaux.text_table import read_text

Columns = dict[str, np.ndarray]

AXES = "xyz"
OBSERVATIONS = "the observations"
"""What arrays are called that came without a name."""
# A third coordinate of points in a plane may vary by this fraction of their extent.
FLAT = 1e-6
# What people try to read, and what to do instead.
FOREIGN = MappingProxyType({
    **dict.fromkeys((".vtk", ".vtp", ".vti", ".vtr", ".vts", ".vtm", ".vtkhdf"), "save it from ParaView as .vtu"),
    **dict.fromkeys((".xls", ".xlsx", ".ods"), "save the sheet as CSV"), ".pvd": "name one of the .vtu files that it lists",
    ".mat": "give the arrays of scipy.io.loadmat by name", ".h5": "give the arrays of h5py by name",
})


def read_file(path: Path, name: str, wanted: Sequence[str], domain: Domain) -> Columns:
    """The coordinate and wanted columns of a file of any kind, by name; `name` is how the user calls it."""
    suffix = path.suffix.lower()
    if suffix in FOREIGN:
        raise DeclarationError(f"observations are not read from files like {name}", hint=FOREIGN[suffix])
    if suffix == ".vtu":
        return columns_of_vtu(path, name, wanted, domain)
    if suffix in (".npy", ".npz"):
        return columns_of_arrays(loaded(path, name), name, wanted, domain.names)
    return columns_of_text(path, name, wanted, domain.names)


def columns_of_text(path: Path, name: str, wanted: Sequence[str], coordinates: Sequence[str]) -> Columns:
    """The columns of a text file. ParaView's title Points:0 is the first coordinate.

    Without a header `wanted` names all columns in order, the coordinates among them.
    """
    table = read_text(path, name)
    required = dict.fromkeys([*coordinates, *wanted])
    if table.header is None:
        names = names_in_order(f"{name} has no header and", len(table.rows[0]), wanted, coordinates)
        places = {one: [names.index(one)] for one in required if one in names}
    else:
        aliases = {f"Points{sign}{axis}": one for axis, one in enumerate(coordinates) for sign in ":_"}
        places = {one: found for one in required if (found := table.titled(one, aliases))}
        check_present(required, places, table.header, coordinates, name)
    twice = next((one for one in places if len(places[one]) > 1), None)
    if twice:
        raise DeclarationError(f"{name} has two columns '{twice}'", hint="name the columns differently")
    return {one: table.column(places[one][0], one) for one in required}


def names_in_order(owner: str, width: int, wanted: Sequence[str], coordinates: Sequence[str]) -> tuple[str, ...]:
    """The names of columns that have none of their own: `wanted`, or the coordinates of points alone."""
    names = tuple(wanted) or tuple(coordinates)
    if len(names) == width and set(coordinates) <= set(names):
        return names
    likely = [*coordinates, *(one for one in wanted if one not in coordinates)]
    rest = [f"'{one}'" for one in likely] + ["…"] * (len(likely) < width)
    example = f": columns=({', '.join(rest)})" if len(likely) <= width else ""
    raise DeclarationError(
        f"{owner} {width} columns, but columns= names {len(wanted)}: ({', '.join(wanted)})",
        hint=f"columns= must name all columns in order, the coordinates {', '.join(coordinates)} among them{example}".replace("'", '"'))


def check_present(
    required: Sequence[str] | Mapping[str, object], found: Mapping[str, object], known: Sequence[str], coordinates: Sequence[str], source: str
) -> None:
    """Refuse a source that lacks a required column."""
    for one in required:
        if one not in found:
            needed = f"each of the domain's coordinates ({', '.join(coordinates)}) needs a column; " if one in coordinates else ""
            raise DeclarationError(f"{source} has no column '{one}'", hint=needed + did_you_mean(one, known))


def loaded(path: Path, name: str) -> object:
    """What numpy.save or numpy.savez wrote."""
    try:
        content = np.load(path, allow_pickle=False)
        if isinstance(content, np.ndarray):
            return content
        with content:
            return dict(content)
    except (OSError, ValueError, EOFError) as failure:
        raise DeclarationError(f"cannot read {name}: {failure}", hint="numpy.save and numpy.savez write such files") from failure


def columns_of_arrays(given: object, source: str, wanted: Sequence[str], coordinates: Sequence[str]) -> Columns:
    """The columns of arrays by name (a mapping, a structured array), or of one array (N, m) whose columns `wanted` names in order."""
    if isinstance(given, Mapping):
        return columns_of_mapping(given, source, wanted, coordinates)
    array = numbers(given, source)
    if array.dtype.names:
        return columns_of_mapping({name: array[name] for name in array.dtype.names}, source, wanted, coordinates)
    if np.iscomplexobj(array):
        raise DeclarationError(f"{source} are rows of complex numbers", hint='give complex columns by name: {"x": xs, "psi": values}')
    if array.ndim == 1 and len(coordinates) == 1 and not wanted:
        array = array[:, None]
    if array.ndim != 2:
        raise DeclarationError(f"{source} of shape {array.shape} are no table", hint="one row for each point: [(0.1, 0.2), (0.3, 0.4)]")
    names = names_in_order(f"{source} {'have' if source == OBSERVATIONS else 'has'}", array.shape[1], wanted, coordinates)
    return {one: check_finite(array[:, names.index(one)], f"column '{one}'") for one in dict.fromkeys([*coordinates, *wanted])}


def columns_of_mapping(given: Mapping[str, object], source: str, wanted: Sequence[str], coordinates: Sequence[str]) -> Columns:
    """The columns of a mapping from names to arrays (N,), vectors (N, k), or paths of files with one column."""
    required = dict.fromkeys([*coordinates, *wanted])
    check_present(required, given, list(given), coordinates, source)
    columns = {name: column_of_value(name, given[name], is_coordinate=name in coordinates) for name in required}
    first, count = next((name, len(column)) for name, column in columns.items())
    for name, column in columns.items():
        if len(column) != count:
            raise DeclarationError(
                f"column '{name}' has {len(column)} values, but column '{first}' has {count}",
                hint="one value for each point; nothing is repeated",
            )
    return columns


def column_of_value(name: str, value: object, is_coordinate: bool) -> np.ndarray:
    """One column (N,) from a sequence of numbers or a file that has one column; if no coordinate it may be complex, or (N, k)."""
    if isinstance(value, (str, Path)):
        table = read_text(find_file(value, "observations"), str(value))
        if len(table.rows[0]) != 1:
            raise DeclarationError(
                f"{value} has {len(table.rows[0])} columns, but is given for the one column '{name}'",
                hint="give the whole file as the source: Observations(path, domain, columns=…)",
            )
        return table.column(0, name)
    column = numbers(value, f"column '{name}'")
    if is_coordinate and np.iscomplexobj(column):
        raise DeclarationError(f"column '{name}' is complex", hint=f"{name} is a coordinate, which is real: give {name}.real")
    if column.ndim == 1 or column.ndim == 2 and not is_coordinate and column.shape[1] > 1:
        return check_finite(column, f"column '{name}'")
    hint = f"{name}.ravel() if its values are one per point"
    if column.ndim == 0:
        hint = f"one value for each point, also where all are the same: numpy.full(N, {value})"
    raise DeclarationError(f"column '{name}' has shape {column.shape}; a column has shape (N,)", hint=hint)


def numbers(value: object, role: str) -> np.ndarray:
    """An array of real or complex numbers; what is masked is nan."""
    try:
        array = np.ma.asanyarray(value) if isinstance(value, np.ma.MaskedArray) else np.asarray(value)
        if array.dtype.names:
            return array
        return np.ma.filled(array.astype(complex if array.dtype.kind == "c" else float), np.nan)
    except (TypeError, ValueError):
        raise DeclarationError(f"{role} is no sequence of numbers but {described(value)}", hint="give an array of shape (N,)") from None


def check_finite(column: np.ndarray, role: str) -> np.ndarray:
    """The column, refused if empty or if a value is not a finite number."""
    if len(column) == 0:
        raise DeclarationError(f"{role} has no values", hint="one value for each point is needed")
    bad = np.argwhere(~np.isfinite(column))
    if len(bad):
        raise DeclarationError(
            f"{role} holds {column[tuple(bad[0])]} at index {bad[0][0]} ({len(bad)} such value(s))", hint="remove those points; nothing is filled in"
        )
    return column


def columns_of_vtu(path: Path, name: str, wanted: Sequence[str], domain: Domain) -> Columns:
    """The points of a VTU file as coordinates, and its wanted point data; of a vector v also the components v_x, v_y, v_z.

    In curvilinear coordinates places become coordinates, and vectors have components along the unit vectors: v_r, v_theta …
    """
    import meshio

    try:
        mesh = meshio.read(path)
    except (meshio.ReadError, SyntaxError, ValueError, KeyError, SystemExit) as failure:
        raise DeclarationError(
            f"cannot read {name}: {failure or 'it is no VTU file'}", hint="save it from ParaView as .vtu, or as CSV"
        ) from failure
    frame = domain.frame
    check_flat(mesh.points, 3 if frame.is_curved and len(frame.axes) == 3 else len(frame.axes), name)
    points = coordinates_at(frame, in_three(mesh.points), domain.bounds[:, 0])
    known = dict(zip(domain.space, points.T))
    labels = frame.labels if frame.is_curved else AXES
    for title, values in mesh.point_data.items():
        vectors = along_unit_vectors(frame, points, in_three(values)) if values.ndim == 2 and values.shape[1] <= 3 else values
        known[title] = vectors[:, : len(frame.axes)] if values.ndim > 1 else values
        known |= {f"{title}_{label}": column for label, column in zip(labels, vectors.T if values.ndim > 1 else ())}
    required = dict.fromkeys([*domain.names, *wanted])
    cells = next((one for one in required if one not in known and one in mesh.cell_data), None)
    if cells:
        raise DeclarationError(f"'{cells}' of {name} is known in cells, not at points", hint="ParaView's filter Cell Data to Point Data averages it")
    check_present(required, known, list(known), domain.names, name)
    return {one: check_finite(np.asarray(known[one], dtype=float), f"column '{one}' of {name}") for one in required}


def in_three(vectors: np.ndarray) -> np.ndarray:
    """(N, k) → (N, 3), missing components 0."""
    return np.pad(vectors, ((0, 0), (0, 3 - vectors.shape[1])))


def check_flat(points: np.ndarray, dimension: int, name: str) -> None:
    """Refuse points that leave the plane, or the line, on which the domain is."""
    extents = np.ptp(points, axis=0)
    if (extents[dimension:] > FLAT * extents.max(initial=0.0)).any():
        raise DeclarationError(f"the points of {name} fill {np.count_nonzero(extents)} dimensions, but the domain has {dimension}",
                               hint="cut the data by ParaView's filter Slice first")
