"""Curvilinear coordinates as numbers: where points are in space, which way the unit vectors point there, and what lies on the axis.

A coordinate that a domain lacks because nothing changes along it is 0; so an axisymmetric domain is shown as the half plane y = 0. The
polar angle of what is spherically symmetric is 90°, so that it is shown along x.
"""

from __future__ import annotations

from collections.abc import Container
from typing import TYPE_CHECKING

import numpy as np

from pinnaux.symbolic.frame import AXES, CYLINDRICAL, GIVEN, SPHERICAL, Frame

if TYPE_CHECKING:
    from pinnaux.geometry.patch import Patch

# What is nearer to the axis than this, relative to the domain's size, is on it.
ON_AXIS = 1e-9
ROUNDING = 1e-9
ROUNDED = 1e-6
"""By how much an angle may fall short of its lower bound: files often hold single precision."""
PROBES = (0.21, 0.5, 0.83)


def given(frame: Frame) -> tuple[int, ...]:
    """The numbers of the unit vectors along which the frame has coordinates."""
    return GIVEN[frame.system][len(frame.names) - 1] if frame.is_curved else tuple(range(len(frame.names)))


def completed(frame: Frame, points: np.ndarray) -> np.ndarray:
    """Coordinates (N, d) → all coordinates of the system (N, k)."""
    full = np.zeros((len(points), len(AXES[frame.system])))
    if frame.is_radial:
        full[:, 1] = np.pi / 2
    full[:, given(frame)] = points
    return full


def positions(frame: Frame, points: np.ndarray) -> np.ndarray:
    """Where points (N, d) are, (N, 2) or (N, 3): their Cartesian coordinates."""
    if not frame.is_curved:
        return points
    full = completed(frame, points)
    where = full[:, :1] * unit_vectors(frame, points)[:, :, 0]
    if frame.system == CYLINDRICAL:
        where[:, 2] = full[:, 2]
    return where


def unit_vectors(frame: Frame, points: np.ndarray) -> np.ndarray:
    """(N, k, k): [n, c, i] is the Cartesian component c of the unit vector i at each of the points (N, d)."""
    full = completed(frame, points)
    zero, one = np.zeros(len(points)), np.ones(len(points))
    around = full[:, 2] if frame.system == SPHERICAL else full[:, 1]
    cos, sin = np.cos(around), np.sin(around)
    if frame.system == SPHERICAL:
        up, out = np.cos(full[:, 1]), np.sin(full[:, 1])
        rows = [[out * cos, up * cos, -sin], [out * sin, up * sin, cos], [up, -out, zero]]
    elif frame.system == CYLINDRICAL:
        rows = [[cos, -sin, zero], [sin, cos, zero], [zero, zero, one]]
    else:
        rows = [[cos, -sin], [sin, cos]]
    return np.moveaxis(np.array(rows), 2, 0)


def coordinates_at(frame: Frame, places: np.ndarray, lower: np.ndarray) -> np.ndarray:
    """The inverse of `positions`: (N, 3) → (N, d), angles within a turn from their `lower` bounds (d,)."""
    if not frame.is_curved:
        return places[:, : len(frame.names)]
    x, y, z = places.T
    ring, around = np.hypot(x, y), np.arctan2(y, x)
    full = np.column_stack([np.hypot(ring, z), np.arctan2(ring, z), around] if frame.system == SPHERICAL else [ring, around, z])
    found = full[:, given(frame)]
    for column, name in enumerate(frame.names):
        if name == frame.around:
            turn = (found[:, column] - lower[column]) % (2 * np.pi)
            found[:, column] = lower[column] + np.where(turn > 2 * np.pi - ROUNDED, 0.0, turn)
    return found


def in_space(frame: Frame, points: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Vectors (N, k) and matrices (N, k, k) along the unit vectors at points (N, d) in Cartesian components; all else as it is."""
    size = len(frame.axes)
    if not frame.is_curved or values.shape[1:] not in ((size,), (size, size)):
        return values
    turned = unit_vectors(frame, points)
    return np.einsum("nci,ni->nc", turned, values) if values.ndim == 2 else np.einsum("nci,nij,ndj->ncd", turned, values, turned)


def along_unit_vectors(frame: Frame, points: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Vectors (N, 3) by their Cartesian components → along the unit vectors at points (N, d), (N, k)."""
    if not frame.is_curved:
        return vectors
    turned = unit_vectors(frame, points)
    return np.einsum("nci,nc->ni", turned, vectors[:, : turned.shape[1]])


def embedded(frame: Frame, vectors: np.ndarray) -> np.ndarray:
    """Vectors (N, d) along the unit vectors that have coordinates → (N, k) along all of them."""
    full = np.zeros((len(vectors), len(frame.axes)))
    full[:, given(frame)] = vectors
    return full


def unit_normals(frame: Frame, points: np.ndarray, normals: np.ndarray) -> np.ndarray:
    """Normals (N, d) in the space of the coordinates → unit normals in space: ∝ n_j/h_j, the gradient of what is constant on the boundary."""
    if not frame.is_curved or normals.shape[1] < 2:
        return normals
    scaled = normals / scale_factors(frame, points)[:, given(frame)]
    return scaled / np.linalg.norm(scaled, axis=1)[:, None]


def scale_factors(frame: Frame, points: np.ndarray) -> np.ndarray:
    """h (N, k) at points (N, d), on the axis a little more than 0."""
    full = completed(frame, points)
    scales = np.ones_like(full)
    scales[:, 1] = np.maximum(full[:, 0], ON_AXIS)
    if frame.system == SPHERICAL:
        scales[:, 2] = scales[:, 1] * np.maximum(np.sin(full[:, 1]), ON_AXIS)
    return scales


def left_out(frame: Frame) -> float:
    """What the angles that a frame lacks, because nothing changes along them, count in an integral: a whole turn, or the whole sphere."""
    if frame.is_radial:
        return 4 * np.pi
    return 2 * np.pi if frame.is_curved and frame.around is None else 1.0


def axis_faces(frame: Frame, bounds: np.ndarray) -> list[tuple[int, int]]:
    """(coordinate, side) of the faces of a box of these bounds (d, 2) that lie on the axis."""
    faces = [(0, 0, 0.0), *([(1, 0, 0.0), (1, 1, np.pi)] if frame.system == SPHERICAL and len(frame.names) > 1 else [])]
    size = np.ptp(bounds[0])
    return [(axis, side) for axis, side, value in faces if frame.is_curved and abs(bounds[axis, side] - value) <= ON_AXIS * size]


def axis_is_inside(frame: Frame, bounds: np.ndarray, names: Container[str]) -> bool:
    """Whether the axis is inside the domain for a function of the named coordinates, and not the edge of a sector."""
    if not frame.is_curved:
        return False
    touched = any(axis == int(frame.polar in names) for axis, _ in axis_faces(frame, bounds))
    return touched and frame.names[0] in names and (frame.around not in names or is_whole_turn(bounds[frame.names.index(frame.around)]))


def is_whole_turn(bounds: np.ndarray) -> bool:
    """Whether an angle between these bounds (2,) goes round once."""
    return bool(np.ptp(bounds) > 2 * np.pi * (1 - ROUNDING))


def on_axis(patch: Patch, frame: Frame, bounds: np.ndarray) -> bool:
    """Whether a patch of a boundary lies on the axis, which is no boundary."""
    places, _ = patch.chart(np.repeat(np.array(PROBES)[:, None], patch.parameters, axis=1))
    reach = ON_AXIS * np.ptp(bounds[0])
    return any((np.abs(places[:, axis] - bounds[axis, side]) <= reach).all() for axis, side in axis_faces(frame, bounds))
