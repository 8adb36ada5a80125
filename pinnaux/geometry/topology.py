"""What the cells of a mesh imply: their simplices and faces, which faces are boundary, how far facets cut a curved surface."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

# The faces of each kind of cell, by its corners.
FACES = MappingProxyType({
    "triangle": ((0, 1), (1, 2), (2, 0)),
    "quad": ((0, 1), (1, 2), (2, 3), (3, 0)),
    "tetra": ((0, 1, 2), (0, 1, 3), (1, 2, 3), (0, 2, 3)),
    "hexahedron": ((0, 3, 2, 1), (4, 5, 6, 7), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7)),
    "wedge": ((0, 1, 2), (3, 4, 5), (0, 1, 4, 3), (1, 2, 5, 4), (2, 0, 3, 5)),
    "pyramid": ((0, 3, 2, 1), (0, 1, 4), (1, 2, 4), (2, 3, 4), (3, 0, 4)),
})
KIND_OF_FACET = MappingProxyType({2: "line", 3: "triangle", 4: "quad"})
MORTON_BITS = 10

# A turn above the first is a corner always; above the second if the outline is straight beyond; in between it is a curve's.
SHARP_TURN = 1.0
PLAIN_TURN = 0.35
SLIGHT_TURN = 0.02
STRAIGHT_BESIDE_PLAIN = 0.5
STRAIGHT_BESIDE_SLIGHT = 0.1
CREASE = 0.6


def simplices_of(points: np.ndarray, cells: Mapping[str, np.ndarray]) -> np.ndarray:
    """Corners (S, d+1, d) of simplices that fill the cells.

    Hexahedra, wedges and pyramids are joined from their centre to their faces, which two cells split alike.
    """
    corners = []
    for kind, cell in cells.items():
        if kind == "quad":
            corners.append(points[_halves_of_quads(points, cell)])
        elif kind in ("triangle", "tetra"):
            corners.append(points[cell])
        else:
            centre = points[cell].mean(axis=1)[:, None]
            triangles = [triangle for face in FACES[kind] for triangle in split_faces(cell[:, face])]
            corners += [np.concatenate([points[triangle], centre], axis=1) for triangle in triangles]
    return np.concatenate(corners)


def split_faces(faces: np.ndarray) -> list[np.ndarray]:
    """Triangles (F, 3) that make up faces (F, 3) or (F, 4), the diagonal starting from the corner of the lowest number."""
    if faces.shape[1] == 3:
        return [faces]
    turned = (np.argmin(faces, axis=1)[:, None] + np.arange(4)) % 4
    rolled = np.take_along_axis(faces, turned, axis=1)
    return [rolled[:, [0, 1, 2]], rolled[:, [0, 2, 3]]]


def _halves_of_quads(points: np.ndarray, quads: np.ndarray) -> np.ndarray:
    """(2K, 3): each quad cut along the diagonal whose halves turn the same way and differ least.

    So a dented quad is cut inside itself.
    """
    choices = [(quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]), (quads[:, [0, 1, 3]], quads[:, [1, 2, 3]])]
    areas = [[np.linalg.det(_edges(points[half])) for half in halves] for halves in choices]
    smaller = [np.sign(a + b) * np.where(np.abs(a) < np.abs(b), a, b) for a, b in areas]
    first = (smaller[0] >= smaller[1])[:, None]
    return np.concatenate([np.where(first, a, b) for a, b in zip(*choices)])


def _edges(simplices: np.ndarray) -> np.ndarray:
    return simplices[:, 1:] - simplices[:, :1]


def faces_of(points: np.ndarray, cells: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Faces (F, 4) of all cells, -1 where a face has fewer corners, and a point (F, d) behind each, on the cell's side of it."""
    faces, behind = [], []
    for kind, cell in cells.items():
        for face in FACES[kind]:
            faces.append(np.pad(cell[:, face], ((0, 0), (0, 4 - len(face))), constant_values=-1))
            behind.append(_left_or_right(points, cell, face) if points.shape[1] == 2 else points[cell].mean(axis=1))
    return np.concatenate(faces), np.concatenate(behind)


def _left_or_right(points: np.ndarray, cell: np.ndarray, edge: tuple[int, int]) -> np.ndarray:
    """A point (K, 2) beside the edge of each planar cell, left of it if the cell runs counter-clockwise.

    The centre would not do: a dart's is outside it.
    """
    corner = points[cell]
    x, y = (corner - corner[:, :1]).transpose(2, 0, 1)
    turns = np.sign((x * np.roll(y, -1, axis=1) - np.roll(x, -1, axis=1) * y).sum(axis=1))
    start, end = points[cell[:, edge[0]]], points[cell[:, edge[1]]]
    along = end - start
    return (start + end) / 2 + turns[:, None] * np.column_stack([-along[:, 1], along[:, 0]])


def shared_numbers(*groups: np.ndarray) -> list[np.ndarray]:
    """A number for each facet of each group (F, ≤ 4), the same for facets of the same corners in whatever order."""
    padded = [np.pad(facets, ((0, 0), (0, 4 - facets.shape[1])), constant_values=-1) for facets in groups]
    corners = np.sort(np.concatenate(padded), axis=1)
    number = corners[:, 0]
    for column in corners.T[1:]:
        # Renumbered at each step, so that the products stay small; much faster than comparing rows.
        _, number = np.unique(number * (corners.max() + 2) + column, return_inverse=True)
    return np.split(number, np.cumsum([len(facets) for facets in groups])[:-1])


def facet_normals(points: np.ndarray, facets: np.ndarray, behind: np.ndarray) -> np.ndarray:
    """Unit normals (F, d) of facets (F, nv) that point away from the points `behind` them (F, d)."""
    corner = points[facets]
    if corner.shape[1] == 2:
        along = corner[:, 1] - corner[:, 0]
        normals = np.column_stack([along[:, 1], -along[:, 0]])
    else:
        normals = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
        if corner.shape[1] == 4:
            normals = np.cross(corner[:, 2] - corner[:, 0], corner[:, 3] - corner[:, 1])
    inward = ((corner.mean(axis=1) - behind) * normals).sum(axis=1) < 0
    normals[inward] *= -1
    return normals / np.linalg.norm(normals, axis=1)[:, None]


def facet_slack(points: np.ndarray, facets: np.ndarray, normals: np.ndarray) -> np.ndarray:
    """How far (F,) the surface that the facets (F, d) stand for may bulge beyond them: h·turn/8, without corners and creases."""
    lengths = np.linalg.norm(points[facets] - points[np.roll(facets, -1, axis=1)], axis=2).max(axis=1)
    owner, partner = _ridges(facets)
    turn = 2 * np.arcsin(np.minimum(np.linalg.norm(normals[owner] - normals[partner], axis=1) / 2, 1))
    if facets.shape[1] == 2:
        turn = np.where(_smooth_vertices(owner, partner, turn, len(facets)), turn, 0.0)
    else:
        turn = np.where(turn < CREASE, turn, 0.0)
    largest = np.zeros(len(facets))
    np.maximum.at(largest, owner, turn)
    np.maximum.at(largest, partner, turn)
    return lengths * largest / 8


def _ridges(facets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The two facets of each vertex (of an outline, in the plane) or edge (of a surface) where exactly two meet."""
    count, corners = facets.shape
    owner = np.tile(np.arange(count), corners)
    sides = facets.T.reshape(-1, 1) if corners == 2 else np.concatenate([facets[:, [i, (i + 1) % 3]] for i in range(3)])
    (number,) = shared_numbers(sides)
    order = np.argsort(number, kind="stable")
    meeting = np.bincount(number)
    first = (np.cumsum(meeting) - meeting)[meeting == 2]
    return owner[order[first]], owner[order[first + 1]]


def _smooth_vertices(owner: np.ndarray, partner: np.ndarray, turn: np.ndarray, count: int) -> np.ndarray:
    """Whether each vertex of an outline belongs to a curve cut into facets, bool (R,), and is no corner of it.

    A corner stands out against the turns at the other ends of its two facets.
    """
    beside = np.zeros(len(turn))
    by_facet: list[list[int]] = [[] for _ in range(count)]
    for ridge, facets in enumerate(zip(owner, partner)):
        for facet in facets:
            by_facet[facet].append(ridge)
    for both in by_facet:
        if len(both) == 2:
            beside[both[0]] = max(beside[both[0]], turn[both[1]])
            beside[both[1]] = max(beside[both[1]], turn[both[0]])
    plain = (turn > PLAIN_TURN) & (beside < STRAIGHT_BESIDE_PLAIN * turn)
    slight = (turn > SLIGHT_TURN) & (beside < STRAIGHT_BESIDE_SLIGHT * turn)
    return ~((turn > SHARP_TURN) | plain | slight)


def along_curve(points: np.ndarray) -> np.ndarray:
    """An order of points (N, d) in which neighbours are close: Morton's, by the interleaved bits of the coordinates."""
    lower = points.min(axis=0)
    scale = (2**MORTON_BITS - 1) / max(float((points - lower).max()), 1e-300)
    cell = ((points - lower) * scale).astype(np.int64)
    code = np.zeros(len(points), dtype=np.int64)
    for bit in range(MORTON_BITS):
        for axis in range(points.shape[1]):
            code |= ((cell[:, axis] >> bit) & 1) << (bit * points.shape[1] + axis)
    return np.argsort(code, kind="stable")
