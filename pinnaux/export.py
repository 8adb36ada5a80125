"""A solution as files for ParaView: NAME.pvd, which opens everything of its kind at once, and the files it names.

* `NAME_0000.vtu` …: fields and outputs on the domain's mesh, one file a time (block `domain`), complex ones as `<name>_real`, `<name>_imag`;
* `NAME_<part>_0000.vtu` …: the same on each boundary part, with its outward `normal` and, where a condition lives on the
  part, `residual <condition>` (0 at the points that the condition's predicate leaves out);
* `NAME_points.vtu`, beside the collection: the points the residuals were judged on, with `condition` (its number in the
  order of the problem), `residual` (its size) and, for a problem in time, the time;
* `NAME_spacetime.vtu`, for one spatial coordinate and time: fields and outputs over the (x, t) plane.

Where time is the only coordinate it is laid along the x axis; of more than three coordinates the middle slice is shown. Curvilinear
coordinates are turned into places in space, and vectors and matrices along their unit vectors into Cartesian components.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pinnaux.files import ensure_writable, write_bytes, write_text
from pinnaux.geometry.frames import embedded, in_space, positions, unit_normals
from pinnaux.geometry.points import Points
from pinnaux.geometry.tessellate import tessellate
from pinnaux.symbolic.complex import real_arrays
from pinnaux.symbolic.numeric import evaluate
from pinnaux.vtu import Entry, as_array, collection_files, collection_text, grid_bytes

if TYPE_CHECKING:
    from pinnaux.geometry.domain import Domain
    from pinnaux.problem import Problem
    from pinnaux.solution import Solution

Arrays = dict[str, np.ndarray]

TIMES = 21              # moments written for a problem in time, the first and the last included
SHEET_TIMES = 201       # rows of the surface over the (x, t) plane
INTERIOR = "domain"     # the block that is not a boundary part
INSIDE = 1e-3           # how far inside a corner is looked at where the corner itself has no value, relative to the domain's size
OUT_OF_PROPORTION = 3.0


@dataclass(frozen=True)
class Piece:
    """A mesh that becomes one block: points (N, d_space) by their coordinates, cells by kind (M, corners), unit normals on a boundary."""

    name: str
    points: np.ndarray
    cells: Mapping[str, np.ndarray]
    normals: np.ndarray | None = None


def export(solution: Solution, folder: str | Path, name: str) -> Path:
    """Write the files into `folder`, each whole or not at all, the collection last; returns its path.

    Raises TrainingError where an output is not a finite number, UsageError where the folder cannot be written.
    """
    domain, folder = solution.problem.domain, Path(folder)
    ensure_writable(folder)
    collection = folder / f"{name}.pvd"
    former = collection_files(collection)
    meshes = pieces(domain)
    entries = [Entry(f"{file_stem(name, part, meshes)}_{step:04d}.vtu", part, mesh.name, time)
               for step, time in enumerate(moments(domain)) for part, mesh in enumerate(meshes)]
    for entry in entries:
        write_bytes(folder / entry.file, block(solution, meshes[entry.part], entry.time))
    write_bytes(folder / f"{name}_points.vtu", judged_points(solution))
    if is_plane_of_space_and_time(domain):
        write_bytes(folder / f"{name}_spacetime.vtu", spacetime_sheet(solution, meshes[0]))
    write_text(collection, collection_text(entries))
    _remove_leftovers(folder, name, former - {entry.file for entry in entries})
    return collection


def pieces(domain: Domain) -> list[Piece]:
    """The interior, then the boundary parts by name; the interval of time where there is no space."""
    if not domain.space:
        points = np.linspace(*domain.bounds[0], SHEET_TIMES)[:, None]
        return [Piece(INTERIOR, points, {"line": np.column_stack([np.arange(SHEET_TIMES - 1), np.arange(1, SHEET_TIMES)])})]
    mesh = tessellate(domain)
    parts = [Piece(name, part.points, part.cells, unit_normals(domain.frame, part.points, part.normals)) for name, part in mesh.boundary.items()]
    return [Piece(INTERIOR, mesh.points, mesh.cells), *parts]


def moments(domain: Domain) -> Sequence[float | None]:
    """The physical times to write, or a single None where nothing changes in time."""
    axis = time_axis(domain)
    return [None] if axis is None else np.linspace(*domain.bounds[axis], TIMES).tolist()


def time_axis(domain: Domain) -> int | None:
    """Which of the domain's coordinates is time, in which its space is shown; None where there is none to show it in."""
    return len(domain.space) if domain.time is not None and domain.space else None


def at_time(domain: Domain, points: np.ndarray, time: float | np.ndarray | None) -> np.ndarray:
    """Spatial points (N, d_space) → points of the domain (N, d)."""
    return points if time is None else np.insert(points, time_axis(domain), time, axis=1)


def block(solution: Solution, piece: Piece, time: float | None) -> bytes:
    """One mesh at one time with everything known on it."""
    domain = solution.problem.domain
    points = at_time(domain, piece.points, time)
    arrays = fields(solution, points)
    if piece.normals is not None:
        normals = in_space(domain.frame, piece.points, embedded(domain.frame, piece.normals))
        arrays |= {"normal": normals} | boundary_residuals(solution, piece, points)
    return grid_bytes(places(domain, piece.points), piece.cells, {key: as_array(key, values) for key, values in arrays.items()})


def places(domain: Domain, points: np.ndarray) -> np.ndarray:
    """Where spatial points (N, d_space) are shown."""
    return positions(domain.frame, points) if domain.space else points


def fields(solution: Solution, points: np.ndarray) -> Arrays:
    """Fields and outputs at points (N, d), and `<name>_error` for each whose exact solution is given; vectors in Cartesian components."""
    domain = solution.problem.domain
    spatial = points if time_axis(domain) is None else np.delete(points, time_axis(domain), axis=1)
    return {name: in_space(domain.frame, spatial, values) for name, values in along_unit_vectors(solution, points).items()}


def along_unit_vectors(solution: Solution, points: np.ndarray) -> Arrays:
    """The same, with the components that the problem has."""
    values = without_poles(solution, points)
    errors = {f"{name}_error": values[name] - exact for name, exact in exact_values(solution.problem, points).items()
              if name in values}
    return {**errors, **values}


def values_at(solution: Solution, points: np.ndarray) -> Arrays:
    """Fields and outputs at points (N, d), what is complex in two arrays, `<name>_real` and `<name>_imag`."""
    return real_arrays(solution(points))


def without_poles(solution: Solution, points: np.ndarray) -> Arrays:
    """Fields and outputs at points (N, d), those at corners taken a little inside where they are not finite or out of all proportion.

    The gradient of a solution is infinite at a re-entrant corner; one such vertex would ruin the colour range of the whole field.
    """
    values = values_at(solution, points)
    inside = at_corners(solution.problem.domain, points)
    rest = np.setdiff1d(np.arange(len(points)), list(inside))
    if not inside or not len(rest):
        return values
    moved = values_at(solution, np.stack(list(inside.values())))
    tamed = {}
    for name, array in values.items():
        array = array.copy()
        largest = np.abs(array[rest]).max()
        for number, vertex in enumerate(inside):
            if not np.isfinite(array[vertex]).all() or np.abs(array[vertex]).max() > OUT_OF_PROPORTION * largest:
                array[vertex] = moved[name][number]
        tamed[name] = array
    return tamed


def at_corners(domain: Domain, points: np.ndarray) -> dict[int, np.ndarray]:
    """The points (N, d) that are corners of a planar domain, by number, and for each a point (d,) a little inside."""
    size = float(np.ptp(domain.bounds[:2], axis=1).max()) if domain.corners else 0.0
    found = {}
    for corner in domain.corners:
        middle = corner.start + corner.opening / 2
        step = INSIDE * size * np.array([np.cos(middle), np.sin(middle)])
        for number in np.flatnonzero(np.linalg.norm(points[:, :2] - corner.vertex, axis=1) < 1e-9 * size):
            found[int(number)] = np.concatenate([points[number, :2] + step, points[number, 2:]])
    return found


def poles(domain: Domain, points: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Which of the points (N, d) have values (N, k) that are not finite, or are corners of the domain and out of all proportion."""
    size = np.abs(values).max(axis=1)
    corners = list(at_corners(domain, points))
    others = np.delete(size, corners)
    found = ~np.isfinite(size)
    found[corners] |= ~(size[corners] <= OUT_OF_PROPORTION * others[np.isfinite(others)].max(initial=0.0))
    return found


def exact_values(problem: Problem, points: np.ndarray) -> Arrays:
    """The exact solution at points (N, d), by name, where the problem states one: (N,), (N, k) or (N, k, l)."""
    values = dict(zip(problem.domain.names, points.T, strict=True))
    return real_arrays({name: formula.assembled(np.stack([evaluate(part, values) for part in formula.components]))
                        for name, formula in problem.exact.items()})


def boundary_residuals(solution: Solution, piece: Piece, points: np.ndarray) -> Arrays:
    """`residual <condition>` for every condition on this boundary part, scalar or with the condition's components."""
    domain = solution.problem.domain
    found = {}
    for condition in solution.problem.conditions:
        region = condition.region
        if region.kind != "boundary" or region.domain is not domain or piece.name not in region.parts:
            continue
        on_part = Points(points, piece.normals)
        inside = region.holds(on_part)
        _, residuals = solution.residuals(condition.name, on_part[inside])
        residuals[poles(domain, points[inside], residuals)] = 0.0
        whole = np.zeros((len(points), residuals.shape[1]))
        whole[inside] = residuals
        found[f"residual {condition.name}"] = whole[:, 0] if whole.shape[1] == 1 else whole
    return found


def judged_points(solution: Solution) -> bytes:
    """The points of all conditions as vertices (ParaView shows no point without a cell), with the residual's size."""
    domain = solution.problem.domain
    names = [condition.name for condition in solution.problem.conditions]
    pairs = [solution.residuals(name) for name in names]
    coordinates = np.concatenate([points.coordinates for points, _ in pairs])
    arrays: Arrays = {
        # Where an equation is undefined its residual is no number: such points stand out like the worst of the others.
        "residual": _finite(np.concatenate([np.linalg.norm(residuals, axis=1) for _, residuals in pairs])),
        "condition": np.concatenate([np.full(len(points), index) for index, (points, _) in enumerate(pairs)])}
    axis = time_axis(domain)
    if axis is not None:
        arrays[domain.names[axis]] = coordinates[:, axis]
        coordinates = np.delete(coordinates, axis, axis=1)
    coordinates = places(domain, coordinates)
    cells = np.arange(len(coordinates))[:, None]
    return grid_bytes(coordinates, {"vertex": cells}, {key: as_array(key, values) for key, values in arrays.items()})


def is_plane_of_space_and_time(domain: Domain) -> bool:
    """Whether the solution is a surface over (x, t), which says more at a glance than a line that moves."""
    return len(domain.space) == 1 and time_axis(domain) is not None


def spacetime_sheet(solution: Solution, interior: Piece) -> bytes:
    """Each segment of the mesh of the interval swept over time: quadrilaterals at (x, t, 0)."""
    domain = solution.problem.domain
    count = len(interior.points)
    times = np.linspace(*domain.bounds[time_axis(domain)], SHEET_TIMES)
    points = at_time(domain, np.tile(interior.points, (SHEET_TIMES, 1)), np.repeat(times, count))
    strip = np.hstack([interior.cells["line"], interior.cells["line"][:, ::-1] + count])
    cells = (strip + count * np.arange(SHEET_TIMES - 1)[:, None, None]).reshape(-1, 4)
    plane = np.column_stack([np.tile(interior.points, (SHEET_TIMES, 1)), np.repeat(times, count)])
    return grid_bytes(plane, {"quad": cells}, {key: as_array(key, values) for key, values in fields(solution, points).items()})


def file_stem(name: str, part: int, meshes: Sequence[Piece]) -> str:
    """burgers, burgers_left, …: the part's name as far as any file system takes it, its number where that is not unique."""
    if part == 0:
        return name
    plain = [re.sub(r"[^A-Za-z0-9]+", "-", mesh.name).strip("-").lower() for mesh in meshes]
    unique = plain[part] and plain.count(plain[part]) == 1
    return f"{name}_{plain[part] if unique else f'part-{part}'}"


def _remove_leftovers(folder: Path, name: str, files: set[str]) -> None:
    """Files of an earlier, longer run that the former collection named and the new one does not."""
    for file in files:
        if file == Path(file).name and re.fullmatch(re.escape(name) + r"_.*\.vtu", file):
            (folder / file).unlink(missing_ok=True)


def _finite(sizes: np.ndarray) -> np.ndarray:
    finite = np.isfinite(sizes)
    return np.where(finite, sizes, sizes[finite].max(initial=0.0))
