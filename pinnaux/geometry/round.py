"""Disk, Ellipse and Ball."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pinnaux.errors import DeclarationError
from pinnaux.geometry.arguments import coordinate_names, outline_names, point, positive, written
from pinnaux.geometry.domain import Domain
from pinnaux.geometry.patch import Chart, Patch, located
from pinnaux.geometry.shape import Shape

ARC_PIECES = 4096
GAUSS_NODES, GAUSS_WEIGHTS = np.polynomial.legendre.leggauss(4)


def Disk(centre: Sequence[float], radius: float, *, name: str | None = None, names: Sequence[str] | None = None) -> Domain:
    """The disk about `centre`; its boundary is the one part "circle"."""
    middle = point(centre, "centre of the Disk", 2)
    radius = positive(radius, "radius of the Disk")
    label = f"Disk({written(middle)}, {radius:g})"
    (part,) = outline_names(name, ("circle",), label)
    return Domain(_ellipse_shape(label, middle, np.array([radius, radius]), part), coordinate_names(names, 2, label))


def Ellipse(
    centre: Sequence[float], radii: Sequence[float], *, name: str | None = None, names: Sequence[str] | None = None
) -> Domain:
    """The ellipse about `centre` with half-axes (rx, ry) along the coordinates; its boundary is the one part "ellipse"."""
    middle = point(centre, "centre of the Ellipse", 2)
    half = point(radii, "half-axes of the Ellipse", 2)
    for value in half:
        positive(value, "half-axis of the Ellipse")
    label = f"Ellipse({written(middle)}, {written(half)})"
    (part,) = outline_names(name, ("ellipse",), label)
    return Domain(_ellipse_shape(label, middle, half, part), coordinate_names(names, 2, label))


def Ball(centre: Sequence[float], radius: float, *, name: str | None = None, names: Sequence[str] | None = None) -> Domain:
    """The ball about `centre` in three dimensions; its boundary is the one part "sphere"."""
    if isinstance(centre, (tuple, list)) and len(centre) == 2:
        raise DeclarationError(f"centre of the Ball must be a tuple of 3 numbers, not {centre!r}", hint="in the plane use Disk")
    middle = point(centre, "centre of the Ball", 3)
    radius = positive(radius, "radius of the Ball")
    label = f"Ball({written(middle)}, {radius:g})"
    (part,) = outline_names(name, ("sphere",), label)
    return Domain(_ball_shape(label, middle, radius, part), coordinate_names(names, 3, label))


def _ellipse_shape(label: str, middle: np.ndarray, half: np.ndarray, part: str) -> Shape:
    angle, perimeter = _arc_length_angle(half)

    def interior(u: np.ndarray) -> tuple[np.ndarray, None]:
        turn = 2 * np.pi * u[:, 1]
        return middle + half * np.sqrt(u[:, :1]) * np.column_stack([np.cos(turn), np.sin(turn)]), None

    def outline(u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        direction = np.column_stack([np.cos(angle(u[:, 0])), np.sin(angle(u[:, 0]))])
        normals = direction / half
        return middle + half * direction, normals / np.linalg.norm(normals, axis=1)[:, None]

    def inside(points: np.ndarray, tolerance: float) -> np.ndarray:
        scaled = (points - middle) / half
        level = np.sqrt((scaled**2).sum(axis=1))
        # First-order distance to the outline: (level - 1) / |∇ level|, exact for a circle.
        return (level - 1) * level <= tolerance * np.sqrt(((scaled / half) ** 2).sum(axis=1))

    area = float(np.pi * np.prod(half))
    return Shape(label, np.column_stack([middle - half, middle + half]), (Patch((), area, 2, interior, powers=(2,)),),
                 (Patch((part,), perimeter, 1, outline),), inside, area)


def _arc_length_angle(half: np.ndarray) -> tuple[Chart, float]:
    """The map from the share of the perimeter to the angle θ of (rx cos θ, ry sin θ), and the perimeter.

    The arc length is integrated by Gauss' rule on each of 4096 pieces and inverted by cubic Hermite interpolation: error about
    1e-14.
    """
    if half[0] == half[1]:
        return (lambda share: 2 * np.pi * share), float(2 * np.pi * half[0])
    ends = np.linspace(0, 2 * np.pi, ARC_PIECES + 1)
    step = ends[1]

    def speed(angle: np.ndarray) -> np.ndarray:
        return np.hypot(half[0] * np.sin(angle), half[1] * np.cos(angle))

    pieces = (speed(ends[:-1, None] + step * (GAUSS_NODES + 1) / 2) @ GAUSS_WEIGHTS) * step / 2
    arc = np.concatenate([[0.0], np.cumsum(pieces)])
    perimeter = arc[-1]
    slope = 1 / speed(ends)

    def angle(share: np.ndarray) -> np.ndarray:
        index = located(arc, share * perimeter)
        width = arc[index + 1] - arc[index]
        s = (share * perimeter - arc[index]) / width
        return (ends[index] * (1 + 2 * s) * (1 - s) ** 2 + ends[index + 1] * s**2 * (3 - 2 * s)
                + width * s * (1 - s) * (slope[index] * (1 - s) - slope[index + 1] * s))

    return angle, float(perimeter)


def _ball_shape(label: str, middle: np.ndarray, radius: float, part: str) -> Shape:
    def direction(u: np.ndarray) -> np.ndarray:
        """Uniform on the sphere: Archimedes' projection of the cylinder."""
        z = 1 - 2 * u[:, 0]
        ring, turn = np.sqrt(np.maximum(1 - z**2, 0)), 2 * np.pi * u[:, 1]
        return np.column_stack([ring * np.cos(turn), ring * np.sin(turn), z])

    def interior(u: np.ndarray) -> tuple[np.ndarray, None]:
        return middle + radius * np.cbrt(u[:, 2:]) * direction(u), None

    def surface(u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        normals = direction(u)
        return middle + radius * normals, normals

    def inside(points: np.ndarray, tolerance: float) -> np.ndarray:
        return ((points - middle) ** 2).sum(axis=1) <= max(radius + tolerance, 0) ** 2

    volume = float(4 / 3 * np.pi * radius**3)
    bounds = np.column_stack([middle - radius, middle + radius])
    boundary = Patch((part,), 3 * volume / radius, 2, surface)
    return Shape(label, bounds, (Patch((), volume, 3, interior, powers=(1, 1, 3)),), (boundary,), inside, volume)
