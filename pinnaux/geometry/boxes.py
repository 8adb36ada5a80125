"""Interval, Rectangle and Box: products of intervals, any axis of which may be periodic."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pinnaux.errors import DeclarationError, did_you_mean
from pinnaux.geometry.arguments import coordinate_names, number, ordered, outline_names, point, written
from pinnaux.geometry.domain import Domain
from pinnaux.geometry.patch import Patch, affine
from pinnaux.geometry.shape import Shape

# The names of the lower and upper face along each axis, in up to three dimensions.
FACES = (("left", "right"), ("bottom", "top"), ("back", "front"))


def Interval(
    lower: float, upper: float, *, name: str | None = None, names: str | Sequence[str] | None = None,
    periodic: str | Sequence[str] = (),
) -> Domain:
    """The interval from lower to upper; its boundary parts are "left" and "right"."""
    lower, upper = number(lower, "lower end of the Interval"), number(upper, "upper end of the Interval")
    ordered(lower, upper, "Interval")
    return _domain(f"Interval({lower:g}, {upper:g})", np.array([[lower, upper]]), name, names, periodic)


def Rectangle(
    lower: Sequence[float], upper: Sequence[float], *, name: str | None = None, names: Sequence[str] | None = None,
    periodic: str | Sequence[str] = (),
) -> Domain:
    """The rectangle between two opposite corners; its boundary parts are "left", "right", "bottom" and "top"."""
    lower = point(lower, "lower corner of the Rectangle", 2)
    upper = point(upper, "upper corner of the Rectangle", 2)
    return _domain(f"Rectangle({written(lower)}, {written(upper)})", np.column_stack([lower, upper]), name, names, periodic)


def Box(
    lower: Sequence[float], upper: Sequence[float], *, name: str | None = None, names: Sequence[str] | None = None,
    periodic: str | Sequence[str] = (),
) -> Domain:
    """The box between two opposite corners, in any number of dimensions.

    Its boundary parts are "left", "right" (along x), "bottom", "top" (y), "back" and "front" (z);
    with more than three coordinates "x1 lower", "x1 upper", "x2 lower" …
    """
    lower = point(lower, "lower corner of the Box")
    upper = point(upper, "upper corner of the Box", len(lower))
    return _domain(f"Box({written(lower)}, {written(upper)})", np.column_stack([lower, upper]), name, names, periodic)


def _domain(
    label: str, bounds: np.ndarray, name: str | None, names: str | Sequence[str] | None, periodic: str | Sequence[str]
) -> Domain:
    space = coordinate_names(names, len(bounds), label)
    for axis, (low, high) in zip(space, bounds):
        ordered(low, high, f"{axis} of {label}")
    faces = FACES[: len(bounds)] if len(bounds) <= len(FACES) else [(f"{axis} lower", f"{axis} upper") for axis in space]
    shape = box_shape(label, bounds, outline_names(name, [face for pair in faces for face in pair], label))
    axes = _periodic_axes(periodic, space, label)
    return Domain(shape, space, periodic={space[axis]: (float(bounds[axis, 0]), float(bounds[axis, 1])) for axis in axes})


def box_shape(label: str, bounds: np.ndarray, names: Sequence[str]) -> Shape:
    """The box of the given bounds (d, 2); `names` are of the lower and upper face of each axis in turn."""
    lower, upper = bounds.T
    edges = np.diag(upper - lower)
    interior = affine((), lower, edges, None)

    def inside(points: np.ndarray, tolerance: float) -> np.ndarray:
        return ((points >= lower - tolerance) & (points <= upper + tolerance)).all(axis=1)

    faces = tuple(_face(names[2 * axis + side], lower, edges, axis, side) for axis in range(len(bounds)) for side in (0, 1))
    return Shape(label, bounds, (interior,), faces, inside, interior.measure, is_box=True)


def _face(name: str, lower: np.ndarray, edges: np.ndarray, axis: int, side: int) -> Patch:
    """The face at the lower (side 0) or upper (side 1) end of an axis."""
    normal = np.zeros(len(lower))
    normal[axis] = 2 * side - 1
    return affine((name,), lower + side * edges[axis], np.delete(edges, axis, axis=0), normal)


def _periodic_axes(periodic: str | Sequence[str], space: tuple[str, ...], label: str) -> list[int]:
    """The numbers of the axes named. Raises DeclarationError for a name that is no coordinate."""
    chosen = (periodic,) if isinstance(periodic, str) else tuple(periodic)
    for axis in chosen:
        if axis not in space:
            raise DeclarationError(f"{label} has no axis {axis!r} to make periodic", hint=did_you_mean(str(axis), space))
    return [index for index, axis in enumerate(space) if axis in chosen]
