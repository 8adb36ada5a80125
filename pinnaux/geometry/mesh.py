"""Mesh: a domain read from a gmsh file, its boundary parts named by the physical groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pinnaux.errors import DeclarationError
from pinnaux.geometry.arguments import coordinate_names
from pinnaux.geometry.domain import Domain
from pinnaux.geometry.gmsh_file import GmshFile, read_gmsh
from pinnaux.geometry.patch import Patch, simplices
from pinnaux.geometry.search import FacetDistance, SimplexLocator
from pinnaux.geometry.shape import Cells, Facets, Shape
from pinnaux.geometry.topology import (
    KIND_OF_FACET,
    along_curve,
    faces_of,
    facet_normals,
    facet_slack,
    shared_numbers,
    simplices_of,
    split_faces,
)
from pinnaux.locate import find_file

UNNAMED = "unnamed"
# A simplex thinner than this against its longest side is degenerate.
FLAT = 1e-10
SAME_PLACE = 1e-9
OVERLAP = 1e-6

Groups = dict[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class Outline:
    """The facets that belong to one cell only: corners (F, 4) padded with -1, a point (F, d) of the cell behind each.

    `members` (F, P) says which of the boundary parts `names` each facet is in.
    """

    facets: np.ndarray
    behind: np.ndarray
    names: tuple[str, ...]
    members: np.ndarray

    @property
    def sizes(self) -> tuple[int, ...]:
        """The numbers of corners that occur."""
        return tuple(int(size) for size in np.unique((self.facets >= 0).sum(axis=1)))

    def of_size(self, corners: int, members: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Facets (F', corners) among `members` (F,) that have this number of corners, and the points behind them."""
        chosen = members & ((self.facets >= 0).sum(axis=1) == corners)
        return self.facets[chosen, :corners], self.behind[chosen]


def Mesh(path: str | Path, *, names: Sequence[str] | None = None) -> Domain:
    """The domain meshed in a gmsh file (MSH 2.2 or 4.1, in two or three dimensions).

    Its boundary parts are the physical groups of its edges (faces in 3-D); what is in none of them is part "unnamed".
    The file is looked for beside the problem file, then in the folders above it, then in the current folder.
    """
    if not isinstance(path, (str, Path)):
        raise DeclarationError(
            f"Mesh takes the path of a gmsh file, not {path!r}", hint='write its name in quotes: Mesh("part.msh")'
        )
    label = f"Mesh('{Path(path).name}')"
    points, cells, groups = _numbered(read_gmsh(find_file(path, "mesh")), label)
    return Domain(mesh_shape(label, points, cells, groups), coordinate_names(names, points.shape[1], label))


def mesh_shape(label: str, points: np.ndarray, cells: dict[str, np.ndarray], groups: Groups) -> Shape:
    """The shape of cells, kind → (K, corners), over points (M, d); `groups` holds the facets (F, ≤ 4) of each boundary part."""
    parts = simplices_of(points, cells)
    _check_cells(label, parts)
    outline = _outline(label, points, cells, groups)
    surface, boundary = _boundary_patches(points, outline)
    interior = simplices((), parts[along_curve(parts.mean(axis=1))], None)
    _check_overlap(label, boundary, interior)
    locator, distance = SimplexLocator.of(parts), FacetDistance(surface)

    def inside(where: np.ndarray, tolerance: float) -> np.ndarray:
        within = locator.contains(where)
        if tolerance == 0:
            return within
        near = distance.within(where, abs(tolerance))
        return within | near if tolerance > 0 else within & ~near

    bounds = np.column_stack([points.min(axis=0), points.max(axis=0)])
    return Shape(label, bounds, (interior,), boundary, inside, interior.measure,
                 cells=Cells(points, cells), facets=_facets_by_name(points, outline))


def _numbered(file: GmshFile, label: str) -> tuple[np.ndarray, dict[str, np.ndarray], Groups]:
    """The points that cells use (M, d), the cells by kind, each once, and the named facets: indices of those points."""
    dimension = max((block.dimension for block in file.blocks if len(block.corners)), default=0)
    if dimension < 2:
        raise DeclarationError(
            f"{label} has no cells: no triangles, quads, tets or hexes",
            hint="mesh it in 2-D or 3-D (gmsh -2 or -3); once one physical group is there, gmsh saves only what is in groups",
        )
    kinds: dict[str, list[np.ndarray]] = {}
    for block in file.blocks:
        if block.dimension == dimension:
            kinds.setdefault(block.kind, []).append(block.corners)
    cells = {kind: _distinct(np.concatenate(rows)) for kind, rows in kinds.items()}
    used = np.unique(np.concatenate([cell.ravel() for cell in cells.values()]))
    new = np.full(len(file.points), -2)
    new[used] = np.arange(len(used))
    points = _in_plane(file.points[used], label) if dimension == 2 else file.points[used]
    groups = {name: np.where(facets < 0, -1, new[facets]) for name, facets in _named_facets(file, dimension - 1, label).items()}
    return points, {kind: new[cell] for kind, cell in cells.items()}, groups


def _distinct(cells: np.ndarray) -> np.ndarray:
    """The cells without repetitions, in order: an element in two groups is written twice in version 2.2."""
    _, first = np.unique(np.sort(cells, axis=1), axis=0, return_index=True)
    return cells[np.sort(first)]


def _in_plane(points: np.ndarray, label: str) -> np.ndarray:
    """(M, 2) of points (M, 3) of the same z."""
    thickness = np.ptp(points, axis=0)
    if thickness[2] > SAME_PLACE * thickness.max():
        raise DeclarationError(
            f"{label} is a surface in space: its z runs over {thickness[2]:.3g}",
            hint="a planar mesh lies in one plane z = constant; to solve in a body, mesh its volume (gmsh -3)",
        )
    return points[:, :2]


def _named_facets(file: GmshFile, dimension: int, label: str) -> Groups:
    """Facets (F, 4) of each physical group of this dimension by name, in the order of the names.

    A group without a name goes by its number.
    """
    names = {number: name for (of, number), name in file.names.items() if of == dimension}
    seen: dict[str, int] = {}
    for number, name in names.items():
        if name in seen:
            raise DeclarationError(
                f"{label} has two physical groups '{name}' of dimension {dimension}: numbers {seen[name]} and {number}",
                hint="give each group a name of its own",
            )
        seen[name] = number
    found: dict[str, list[np.ndarray]] = {name: [] for name in seen}
    for block in file.blocks:
        for number in block.groups if block.dimension == dimension else ():
            found.setdefault(names.get(number, str(number)), []).append(block.corners)
    return {name: np.concatenate([np.pad(rows, ((0, 0), (0, 4 - rows.shape[1])), constant_values=-1) for rows in facets])
            for name, facets in found.items() if facets}


def _check_cells(label: str, parts: np.ndarray) -> None:
    """Refuse a cell without volume."""
    edges = parts[:, 1:] - parts[:, :1]
    longest = np.linalg.norm(edges, axis=2).max(axis=1)
    flat = np.abs(np.linalg.det(edges)) <= FLAT * longest ** edges.shape[2]
    if flat.any():
        where = ", ".join(f"{value:.6g}" for value in parts[np.argmax(flat)].mean(axis=0))
        raise DeclarationError(
            f"{label} has {flat.sum()} degenerate cells, one at ({where})", hint="optimise or refine the mesh in gmsh"
        )


def _check_overlap(label: str, boundary: tuple[Patch, ...], interior: Patch) -> None:
    """Refuse cells that overlap: their volumes add up to more than the boundary encloses, ∮ x·n / d."""
    flux = 0.0
    for patch in boundary:
        centre = (patch.breaks[:-1] + patch.breaks[1:]) / 2
        # In the middle of a facet in the first parameter, and so on its plane, on which x·n is constant.
        u = np.column_stack([centre] + [np.full(len(centre), 0.5)] * (patch.parameters - 1))
        coordinates, normals = patch.chart(u)
        flux += patch.measure * float((np.diff(patch.breaks) * (coordinates * normals).sum(axis=1)).sum())
    enclosed = flux / (interior.parameters)
    if abs(enclosed - interior.measure) > OVERLAP * interior.measure:
        raise DeclarationError(
            f"cells of {label} overlap: together they measure {interior.measure:.6g}, but their boundary encloses {enclosed:.6g}",
            hint="remove duplicate elements, or mesh the parts as one (BooleanFragments in gmsh)",
        )


def _outline(label: str, points: np.ndarray, cells: dict[str, np.ndarray], groups: Groups) -> Outline:
    """The boundary facets and the groups they are in."""
    faces, behind = faces_of(points, cells)
    number, *named = shared_numbers(faces, *groups.values())
    times = np.bincount(number)
    if times.max() > 2:
        raise DeclarationError(f"{label}: a facet belongs to {times.max()} cells", hint="remove duplicate elements in gmsh")
    outer = times[number] == 1
    members = np.column_stack([np.isin(number[outer], group) for group in named] + [np.zeros(outer.sum(), dtype=bool)])
    members[:, -1] = ~members.any(axis=1)
    names = (*groups, UNNAMED) if UNNAMED not in groups else (*groups, f"{UNNAMED} 2")
    outline = Outline(faces[outer], behind[outer], names, members)
    _check_cracks(label, points, outline)
    return outline


def _check_cracks(label: str, points: np.ndarray, outline: Outline) -> None:
    """Refuse unnamed facets that lie on one another: parts that were meshed side by side, and share no nodes."""
    size = float(np.ptp(points, axis=0).max())
    middles = []
    for corners in outline.sizes:
        facets, _ = outline.of_size(corners, outline.members[:, -1])
        middles.append(points[facets].mean(axis=1))
    places = np.round(np.concatenate(middles) / (SAME_PLACE * size))
    twice = len(places) - len(np.unique(places, axis=0)) if len(places) else 0
    if twice:
        raise DeclarationError(
            f"{label} has {twice} pairs of facets at the same place: its parts touch without sharing nodes",
            hint="join them in gmsh (Coherence Mesh, or BooleanFragments before meshing); name both sides of a real slit",
        )


def _boundary_patches(points: np.ndarray, outline: Outline) -> tuple[np.ndarray, tuple[Patch, ...]]:
    """The simplices (T, d, d) that make up the boundary, and one patch of them for each set of names."""
    everything = np.ones(len(outline.facets), dtype=bool)
    pieces, normals, owner = [], [], []
    sizes = (outline.facets >= 0).sum(axis=1)
    for corners in outline.sizes:
        facets, behind = outline.of_size(corners, everything)
        for piece in [facets] if corners == 2 else split_faces(facets):
            pieces.append(piece)
            normals.append(facet_normals(points, piece, behind))
            owner.append(np.flatnonzero(sizes == corners))
    piece, normal, facet = np.concatenate(pieces), np.concatenate(normals), np.concatenate(owner)
    slack = facet_slack(points, piece, normal)
    patches = []
    # The rows of `members` in the order of their first name.
    for combination in np.unique(outline.members, axis=0)[::-1]:
        chosen = np.flatnonzero((outline.members[facet] == combination).all(axis=1))
        chosen = chosen[along_curve(points[piece[chosen]].mean(axis=1))]
        names = tuple(name for name, member in zip(outline.names, combination) if member)
        patches.append(simplices(names, points[piece[chosen]], normal[chosen], slack[chosen]))
    return points[piece], tuple(patches)


def _facets_by_name(points: np.ndarray, outline: Outline) -> dict[str, tuple[Facets, ...]]:
    """The facets of each boundary part that has any, as the mesh has them."""
    found: dict[str, tuple[Facets, ...]] = {}
    for name, members in zip(outline.names, outline.members.T):
        parts = [(KIND_OF_FACET[corners], *outline.of_size(corners, members)) for corners in outline.sizes]
        kinds = tuple(
            Facets(kind, facets, facet_normals(points, facets, behind)) for kind, facets, behind in parts if len(facets))
        if kinds:
            found[name] = kinds
    return found
