"""The domains all geometry tests share, each with what is known about it exactly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from math import atan2, pi, sqrt
from pathlib import Path

import numpy as np

from pinnaux.geometry import Ball, Box, Disk, Domain, Ellipse, Interval, Mesh, Polygon, Rectangle, TimeInterval

MESHES = Path(__file__).parent.parent / "meshes"
L_SHAPE = [(0, 0), (1, 0), (1, -1), (-1, -1), (-1, 1), (0, 1)]


@dataclass(frozen=True, eq=False)
class Case:
    """A domain, its measure, the measures of its boundary parts, and how exactly both are to be met.

    `open_sides`: some of the outline is missing (periodic axes), so that no flux balance holds on what is left.
    """

    name: str
    make: Callable[[], Domain]
    measure: float
    parts: dict[str, float]
    tolerance: float = 1e-8
    open_sides: bool = False

    @cached_property
    def domain(self) -> Domain:
        """The domain, made once for all tests."""
        return self.make()

    def __str__(self) -> str:
        return self.name


def star(tips: int, inner: float) -> list[tuple[float, float]]:
    """Vertices of a star of unit radius."""
    angles = np.pi / 2 + np.arange(2 * tips) * np.pi / tips
    radii = np.where(np.arange(2 * tips) % 2 == 0, 1.0, inner)
    return [(r * np.cos(a), r * np.sin(a)) for r, a in zip(radii, angles)]


def ellipse_perimeter(a: float, b: float) -> float:
    """Gauss-Kummer series in h = ((a - b)/(a + b))^2."""
    h, term, total = ((a - b) / (a + b)) ** 2, 1.0, 0.0
    for n in range(40):
        total += term**2 * h**n
        term *= (0.5 - n) / (n + 1)
    return pi * (a + b) * total


EDGE = sqrt(1 + 0.45**2 - 2 * 0.45 * np.cos(pi / 5))
STAR_AREA = 5 * 0.45 * np.sin(pi / 5)
LENS = 2 * pi / 3 - sqrt(3) / 2
BITE = atan2(0.6, 0.8)  # half the angle under which the biting disk's chord is seen
UNIT_SIDES = {"left": 1.0, "right": 1.0, "bottom": 1.0, "top": 1.0}
FACES = ("left", "right", "bottom", "top", "back", "front")

lines = [
    Case("interval", lambda: Interval(-1, 3), 4, {"left": 1, "right": 1}),
    Case("two intervals", lambda: Interval(0, 1) + Interval(2, 2.5), 1.5, {"left": 1, "right": 1, "left 2": 1, "right 2": 1}),
    Case("interval with a gap", lambda: Interval(0, 1) - Interval(0.25, 0.5), 0.75, {"left": 1, "right": 1, "left 2": 1, "right 2": 1}),
    Case("overlapping intervals", lambda: Interval(0, 2) & Interval(1, 3, name="ends"), 1, {"right": 1, "ends": 1}),
]
planar = [
    Case("rectangle", lambda: Rectangle((0, -1), (3, 1)), 6, {"left": 2, "right": 2, "bottom": 3, "top": 3}),
    Case("rectangle of one name", lambda: Rectangle((0, 0), (1, 1), name="wall"), 1, {"wall": 4}),
    Case("rectangle periodic in x", lambda: Rectangle((0, 0), (2, 1), periodic=("x",)), 2, {"bottom": 2, "top": 2}, open_sides=True),
    Case("L-shape", lambda: Polygon(L_SHAPE), 3, dict(zip([f"edge {i}" for i in range(6)], [1, 1, 2, 2, 1, 1]))),
    Case("L-shape clockwise", lambda: Polygon(L_SHAPE[::-1]), 3, dict(zip([f"edge {i}" for i in range(6)], [1, 2, 2, 1, 1, 1]))),
    Case("star", lambda: Polygon(star(5, 0.45)), STAR_AREA, {f"edge {i}": EDGE for i in range(10)}),
    Case("disk", lambda: Disk((1, -2), 0.5), pi / 4, {"circle": pi}),
    Case("ellipse", lambda: Ellipse((0, 1), (2, 0.5)), pi, {"ellipse": ellipse_perimeter(2, 0.5)}),
]
combined = [
    Case("rectangles sharing an edge", lambda: Rectangle((0, 0), (1, 1)) + Rectangle((1, 0), (2, 1)), 2,
         {"left": 1, "bottom": 1, "top": 1, "right": 1, "bottom 2": 1, "top 2": 1}),
    Case("rectangles overlapping", lambda: Rectangle((0, 0), (2, 1)) + Rectangle((1, 0), (3, 1)), 3,
         {"left": 1, "bottom": 2, "top": 2, "right": 1, "bottom 2": 1, "top 2": 1}),
    Case("rectangles with aligned sides", lambda: Rectangle((0, 0), (1, 1)) & Rectangle((0, 0), (2, 0.5)), 0.5,
         {"left": 0.5, "right": 0.5, "bottom": 1, "top": 1}),
    Case("rectangle less a notch at its side", lambda: Rectangle((0, 0), (1, 1)) - Rectangle((0.25, 0), (0.5, 0.5)), 0.875,
         {"left": 1, "right": 1, "bottom": 0.75, "top": 1, "left 2": 0.5, "right 2": 0.5, "top 2": 0.25}),
    Case("plate with a hole", lambda: Rectangle((0, 0), (1, 1)) - Disk((0.6, 0.5), 0.1, name="hole"), 1 - 0.01 * pi,
         UNIT_SIDES | {"hole": 0.2 * pi}),
    Case("plate with a tiny hole", lambda: Rectangle((0, 0), (1, 1)) - Disk((0.6, 0.5), 1e-4, name="hole"), 1 - 1e-8 * pi,
         UNIT_SIDES | {"hole": 2e-4 * pi}),
    Case("tiny bite out of a long side", lambda: Rectangle((0, 0), (1, 1)) - Disk((0.377, 0), 1e-5, name="bite"), 1 - 5e-11 * pi,
         UNIT_SIDES | {"bottom": 1 - 2e-5, "bite": 1e-5 * pi}),
    Case("square less a parallelogram", lambda: Rectangle((0, 0), (3, 3)) - Polygon([(1, 1), (2, 1), (3, 2), (2, 2)], name="cut"), 8,
         {"left": 3, "right": 3, "bottom": 3, "top": 3, "cut": 2 + 2 * sqrt(2)}),
    Case("lens", lambda: Disk((0, 0), 1) & Disk((1, 0), 1), LENS, {"circle": 2 * pi / 3, "circle 2": 2 * pi / 3}),
    Case("disk with a bite", lambda: Disk((0, 0), 1) - Disk((1.6, 0), 1), pi - 2 * (BITE - 0.48),
         {"circle": 2 * (pi - BITE), "circle 2": 2 * BITE}),
    Case("two disks far apart", lambda: Disk((0, 0), 1) + Disk((3, 0), 0.5, name="small"), 1.25 * pi, {"circle": 2 * pi, "small": pi}),
    Case("plate with three holes", lambda: Rectangle((0, 0), (1, 1)) - (Disk((0.25, 0.25), 0.1) + Disk((0.75, 0.25), 0.1) + Disk((0.5, 0.75), 0.1)),
         1 - 0.03 * pi, UNIT_SIDES | {"circle": 0.2 * pi, "circle 2": 0.2 * pi, "circle 3": 0.2 * pi}),
    Case("half an ellipse", lambda: Ellipse((0, 0), (2, 1)) & Rectangle((-3, 0), (3, 3), name="cut"), pi,
         {"ellipse": ellipse_perimeter(2, 1) / 2, "cut": 4}),
    Case("periodic channel with a hole", lambda: Rectangle((0, 0), (2, 1), periodic="x") - Disk((1, 0.5), 0.2, name="hole"), 2 - 0.04 * pi,
         {"bottom": 2, "top": 2, "hole": 0.4 * pi}, open_sides=True),
]
spatial = [
    Case("box", lambda: Box((0, 0, 0), (1, 2, 3)), 6, dict(zip(FACES, (6, 6, 3, 3, 2, 2)))),
    Case("box in four dimensions", lambda: Box((0,) * 4, (1, 1, 1, 2)), 2,
         {f"x{i} {end}": 1 if i == 4 else 2 for i in range(1, 5) for end in ("lower", "upper")}),
    Case("ball", lambda: Ball((0, 0, 1), 2), 32 * pi / 3, {"sphere": 16 * pi}),
    Case("box with a cavity", lambda: Box((0, 0, 0), (1, 1, 1)) - Ball((0.5, 0.5, 0.5), 0.3, name="cavity"), 1 - 0.036 * pi,
         {face: 1 for face in FACES} | {"cavity": 0.36 * pi}, tolerance=2e-3),
    Case("boxes end to end", lambda: Box((0, 0, 0), (1, 1, 1)) + Box((1, 0, 0), (2, 1, 1), name="next"), 2,
         {face: 1 for face in FACES if face != "right"} | {"next": 5}, tolerance=2e-3),
    Case("octant of a ball", lambda: Ball((0, 0, 0), 1) & Box((0, 0, 0), (1, 1, 1), name="cut"), pi / 6,
         {"sphere": pi / 2, "cut": 3 * pi / 4}, tolerance=5e-3),
]
meshes = [
    Case("star mesh", lambda: Mesh(MESHES / "star.msh"), STAR_AREA, {"tip": 2 * EDGE, "sides": 8 * EDGE}),
    Case("channel mesh", lambda: Mesh(MESHES / "channel_cylinder.msh"), 2.2 * 0.41 - 0.0025 * pi,
         {"inlet": 0.41, "outlet": 0.41, "walls": 4.4, "cylinder": 0.1 * pi}, tolerance=3e-3),
    Case("box with a bore, mesh", lambda: Mesh(MESHES / "box_hole.msh"), 8 - 0.32 * pi,
         {"left": 4, "right": 4, "hole": 1.6 * pi, "unnamed": 16 - 0.32 * pi}, tolerance=2e-2),
    Case("mesh with a hole cut out", lambda: Mesh(MESHES / "star.msh") - Disk((0, 0), 0.2), STAR_AREA - 0.04 * pi,
         {"tip": 2 * EDGE, "sides": 8 * EDGE, "circle": 0.4 * pi}),
]


def in_time(case: Case) -> Case:
    """The same domain from t = 1 to t = 3."""
    parts = {name: 2 * measure for name, measure in case.parts.items()}
    return Case(f"{case.name} in time", lambda: case.make() * TimeInterval(1, 3), 2 * case.measure, parts, case.tolerance, case.open_sides)


steady = [*lines, *planar, *combined, *spatial, *meshes]
chosen = {"interval", "two intervals", "rectangle", "ellipse", "plate with a hole", "disk with a bite", "ball", "star mesh"}
timed = [in_time(case) for case in steady if case.name in chosen]
cases = [*steady, *timed]
