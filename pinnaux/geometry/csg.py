"""Union, difference and intersection of shapes.

The boundary of the result is what is left of the operands' patches where one side lies inside the result and the other does not;
so edges that coincide need no case of their own. Curves are cut to rounding, surfaces thinned by rejection.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from itertools import count

import numpy as np

from pinnaux.errors import DeclarationError
from pinnaux.geometry.patch import MEASURE_SAMPLES, Keep, Patch, restricted
from pinnaux.geometry.shape import Shape

Combine = Callable[[Shape, Shape], Shape]
Inside = Callable[[np.ndarray, float], np.ndarray]

# How far to either side of a boundary one looks, relative to the size of the shapes.
STEP = 1e-10
OUTLINE_SAMPLES = 256
PLANAR_SAMPLES = 2**12
GAUSS_NODES, GAUSS_WEIGHTS = np.polynomial.legendre.leggauss(8)
GAUSS_INTERVALS = 256
# The names that shapes give their parts by themselves, and those numbered already.
DEFAULT_NAME = re.compile(r"(left|right|bottom|top|front|back|circle|ellipse|sphere|edge \d+|\w+ (lower|upper))( \d+)?")


def union(a: Shape, b: Shape) -> Shape:
    """a + b: the points in either. Of default boundary names in both, b's get a number: "circle", "circle 2"."""

    def inside(points: np.ndarray, tolerance: float) -> np.ndarray:
        held = a.inside(points, tolerance) | b.inside(points, tolerance)
        if tolerance < 0:
            # Where one shape hands over to the other, a point deep in both together may be near the edge of each.
            seam = np.flatnonzero(~held & (a.inside(points, 0.0) | b.inside(points, 0.0)))
            probes = [points[seam] + step for step in np.vstack([np.eye(a.dimension), -np.eye(a.dimension)]) * tolerance]
            held[seam] = np.all([a.inside(probe, 0.0) | b.inside(probe, 0.0) for probe in probes], axis=0)
        return held

    return _combined(a, b, "+", inside, b.boundary, a.interior, _interior(b, lambda points: ~a.inside(points, 0.0)))


def difference(a: Shape, b: Shape) -> Shape:
    """a - b: the points of a outside b. On b's boundary the normal points into b."""

    def inside(points: np.ndarray, tolerance: float) -> np.ndarray:
        return a.inside(points, tolerance) & ~b.inside(points, -tolerance)

    boundary = tuple(_flipped(patch) for patch in b.boundary)
    return _combined(a, b, "-", inside, boundary, (), _interior(a, lambda points: ~b.inside(points, 0.0)))


def intersection(a: Shape, b: Shape) -> Shape:
    """a & b: the points in both."""

    def inside(points: np.ndarray, tolerance: float) -> np.ndarray:
        return a.inside(points, tolerance) & b.inside(points, tolerance)

    small, large = sorted((a, b), key=lambda shape: shape.measure)
    return _combined(a, b, "&", inside, b.boundary, (), _interior(small, lambda points: large.inside(points, 0.0)))


def _interior(shape: Shape, keep: Callable[[np.ndarray], np.ndarray]) -> tuple[Patch, ...]:
    """The interior patches of the shape where `keep` holds. In the plane they are measured by their outline later."""
    samples = PLANAR_SAMPLES if shape.dimension == 2 else MEASURE_SAMPLES
    cut = (restricted(patch, lambda coordinates, normals, slack: keep(coordinates), samples=samples) for patch in shape.interior)
    return tuple(patch for patch in cut if patch is not None)


def _combined(
    a: Shape, b: Shape, sign: str, inside: Inside, b_boundary: tuple[Patch, ...], whole: tuple[Patch, ...], cut: tuple[Patch, ...]
) -> Shape:
    """The shape of known inside test: its interior made of `whole` and `cut` patches, its boundary cut out of the operands'."""
    label = f"({a.label} {sign} {b.label})"
    step = STEP * max(a.size, b.size)
    of_a = _kept(a.boundary, _separating(inside, step), b, keep_far=sign != "&")
    boundary = of_a + _renamed(_kept(b_boundary, _fresh(a, inside, step), a, keep_far=sign == "+"), of_a)
    if not (whole or cut) or not boundary:
        reason, remedy = _emptiness(sign, a.label, b.label)
        raise DeclarationError(f"{label} is empty: {reason}", hint=remedy)
    bounds = _bounds(a, b, sign)
    if a.dimension <= 2:
        measure = _enclosed_measure(boundary, bounds.mean(axis=1))
        cut = _measuring(cut, measure - sum(patch.measure for patch in whole))
    else:
        measure = float(sum(patch.measure for patch in whole + cut))
    return Shape(label, bounds, whole + cut, boundary, inside, measure)


def _measuring(patches: tuple[Patch, ...], total: float) -> tuple[Patch, ...]:
    """The patches, whose measures are estimates, with these scaled to the exact total."""
    estimate = sum(patch.measure for patch in patches)
    return tuple(replace(patch, measure=patch.measure * total / estimate) for patch in patches)


def _emptiness(sign: str, a: str, b: str) -> tuple[str, str]:
    """Why nothing is left of two shapes, and what to do about it."""
    if sign == "-":
        return f"{a} lies inside {b}", "subtract a smaller shape, or exchange the two"
    return f"{a} and {b} do not overlap", "move or enlarge one of them until they share more than an edge; + joins them instead"


def _bounds(a: Shape, b: Shape, sign: str) -> np.ndarray:
    """A box that holds the result; it is the smallest one for a union only."""
    if sign == "-":
        return a.bounds
    lows, highs = np.stack([a.bounds, b.bounds]).transpose(2, 0, 1)
    if sign == "+":
        return np.column_stack([lows.min(axis=0), highs.max(axis=0)])
    return np.column_stack([lows.max(axis=0), highs.min(axis=0)])


def _separating(inside: Inside, step: float) -> Keep:
    """Whether the point has the shape behind it and none before it, looking along the normal."""

    def keep(coordinates: np.ndarray, normals: np.ndarray | None, slack: np.ndarray) -> np.ndarray:
        return inside(coordinates - step * normals, 0.0) & ~inside(coordinates + step * normals, 0.0)

    return keep


def _fresh(a: Shape, inside: Inside, step: float) -> Keep:
    """The test of b's patches: as above, but what a's boundary gave already, where both outlines run together, is left out."""
    separating = _separating(inside, step)
    shared = _separating(a.inside, step)
    return lambda coordinates, normals, slack: separating(coordinates, normals, slack) & ~shared(coordinates, normals, slack)


def _renamed(patches: tuple[Patch, ...], taken: tuple[Patch, ...]) -> tuple[Patch, ...]:
    """The patches with new names for default ones already taken: a second "circle" becomes "circle 2".

    Equal names that a user gave make one part: four disks of name="holes" are the boundary part "holes".
    """
    others = {name for patch in taken for name in patch.names if DEFAULT_NAME.fullmatch(name)}
    used = {name for patch in taken for name in patch.names} | {name for patch in patches for name in patch.names}
    fresh: dict[str, str] = {}
    for name in (name for patch in patches for name in patch.names):
        if name in others and name not in fresh:
            fresh[name] = next(new for new in (f"{name} {number}" for number in count(2)) if new not in used)
            used.add(fresh[name])
    return tuple(replace(patch, names=tuple(fresh.get(name, name) for name in patch.names)) for patch in patches)


def _kept(patches: tuple[Patch, ...], keep: Keep, other: Shape, keep_far: bool) -> tuple[Patch, ...]:
    """What is left of the patches of one operand.

    Those clear of the `other` operand's bounds are kept or dropped as `keep_far` says.
    """
    near = _outline(other)
    left = []
    for patch in patches:
        if patch.parameters == 1 and _clear(patch.bounds(), other.bounds):
            left.append(patch if keep_far else None)
        else:
            left.append(restricted(patch, keep, near))
    return tuple(patch for patch in left if patch is not None)


def _clear(bounds: np.ndarray, others: np.ndarray) -> bool:
    """Whether two boxes (d, 2) have nothing in common."""
    return bool(((bounds[:, 0] > others[:, 1]) | (bounds[:, 1] < others[:, 0])).any())


def _outline(shape: Shape) -> np.ndarray | None:
    """Points (M, 2) along the outline of a planar shape, beside which another outline is looked at more closely."""
    if shape.dimension != 2:
        return None
    each = max(4, OUTLINE_SAMPLES // len(shape.boundary))
    points = []
    for patch in shape.boundary:
        u = np.union1d(patch.breaks[:: 1 + len(patch.breaks) // OUTLINE_SAMPLES], np.linspace(0, 1, each))
        points.append(patch.chart(u[:, None])[0])
    return np.concatenate(points)


def _flipped(patch: Patch) -> Patch:
    """The patch with its normal reversed."""

    def chart(u: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        coordinates, normals = patch.chart(u)
        return coordinates, -normals

    old = patch.keep
    keep = None if old is None else lambda coordinates, normals, slack: old(coordinates, -normals, slack)
    return replace(patch, chart=chart, keep=keep)


def _enclosed_measure(boundary: tuple[Patch, ...], origin: np.ndarray) -> float:
    """(1/d) ∮ (x - origin)·n: exact for straight edges, by Gauss' rule to rounding for smooth ones."""
    return sum(_flux(patch, origin) for patch in boundary) / len(origin)


def _flux(patch: Patch, origin: np.ndarray) -> float:
    """∫ (x - origin)·n over a point or curve."""
    if patch.parameters == 0:
        coordinates, normals = patch.chart(np.empty((1, 0)))
        return float(((coordinates - origin) * normals).sum())
    parts = max(1, GAUSS_INTERVALS // (len(patch.breaks) - 1))
    lengths = np.diff(patch.breaks)[:, None, None] / parts
    starts = patch.breaks[:-1, None, None] + lengths * np.arange(parts)[:, None]
    u = (starts + lengths * (GAUSS_NODES + 1) / 2).reshape(-1, 1)
    coordinates, normals = patch.chart(u)
    weights = np.broadcast_to(lengths * GAUSS_WEIGHTS / 2, (*starts.shape[:2], len(GAUSS_NODES))).ravel()
    return float(patch.measure * (weights * ((coordinates - origin) * normals).sum(axis=1)).sum())
