"""Every mistake in the declaration of a domain or region is refused on its own line, with what, where and a remedy."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from geometry_cases import MESHES

from pinnaux.errors import DeclarationError
from pinnaux.geometry import Ball, Box, Disk, Ellipse, Interval, Mesh, Polygon, Rectangle, TimeInterval
from pinnaux.symbolic.frame import Frame
from pinnaux.symbolic.scalar import Coordinate

square = Rectangle((0, 0), (1, 1))
x, y = square.coordinates
t = Coordinate("t", Frame(()))
moving = square * TimeInterval(0, 1)

MISTAKES: list[tuple[Callable[[], object], str]] = [
    (lambda: Interval(1, 0), "Interval runs from 1 to 0: the lower end must be below the upper"),
    (lambda: Interval(0, float("nan")), "upper end of the Interval must be finite, not nan"),
    (lambda: Interval("0", 1), "lower end of the Interval must be a number, not '0'"),
    (lambda: Rectangle((0, 0), (1, 0)), "y of Rectangle((0, 0), (1, 0)) runs from 0 to 0"),
    (lambda: Rectangle((0, 0, 0), (1, 1, 1)), "lower corner of the Rectangle must be a tuple of 2 numbers, not the 3 of (0, 0, 0)"),
    (lambda: Rectangle(0, 1), "lower corner of the Rectangle must be a tuple of 2 numbers, not 0"),
    (lambda: Box((0, 0, 0), (1, 1)), "upper corner of the Box must be a tuple of 3 numbers, not the 2 of (1, 1)"),
    (lambda: Rectangle((0, 0), (1, 1), names=("x",)), "2 coordinate names are needed, not 1"),
    (lambda: Rectangle((0, 0), (1, 1), names=("x", "x")), "every coordinate needs a name of its own"),
    (lambda: Rectangle((0, 0), (1, 1), names=("x", "2 y")), "coordinate name '2 y' of Rectangle((0, 0), (1, 1)) is not a word"),
    (lambda: Rectangle((0, 0), (1, 1), periodic=("z",)), "Rectangle((0, 0), (1, 1)) has no axis 'z' to make periodic"),
    (lambda: Rectangle((0, 0), (1, 1), name=""), "name of Rectangle((0, 0), (1, 1)) must be a non-empty string, not ''"),
    (lambda: Disk((0, 0), 0), "radius of the Disk must be positive, not 0"),
    (lambda: Disk(0, 1), "centre of the Disk must be a tuple of 2 numbers, not 0"),
    (lambda: Ellipse((0, 0), (1, -2)), "half-axis of the Ellipse must be positive, not -2"),
    (lambda: Ball((0, 0), 1), "in the plane use Disk"),
    (lambda: Ball((0, 0, 0), -1), "radius of the Ball must be positive, not -1"),
    (lambda: Polygon([(0, 0), (1, 1)]), "Polygon of 2 vertices has no interior"),
    (lambda: Polygon([(0, 0), (1, 1), (2, 2), (3, 3)]), "cross or touch"),
    (lambda: Polygon([(0, 0), (1, 0), (2, 0)]), "cross or touch"),
    (lambda: Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]), "edges 0 and 2 of the Polygon cross or touch"),
    (lambda: Polygon([(0, 0), (1, 0), (1, 0), (0, 1)]), "vertices 1 and 2 of the Polygon are the same point"),
    (lambda: Polygon([(0, 0), (2, 0), (2, 2), (1, 0), (0, 2)]), "edges 0 and 2 of the Polygon cross or touch"),
    (lambda: Polygon([(0, 0), (1, 0), 3]), "vertex 2 of the Polygon must be a tuple of 2 numbers, not 3"),
    (lambda: Polygon([(0, 0), (2, 0), (1, 1e-13)]), "the Polygon has no area: its vertices lie on one line"),
    (lambda: Polygon(5), "Polygon takes a list of vertices, not 5"),
    (lambda: TimeInterval(1, 1), "TimeInterval runs from 1 to 1"),
    (lambda: TimeInterval(0, 1, name=""), "name of the TimeInterval must be a non-empty string"),
    (lambda: square * TimeInterval(0, 1, name="x"), "the time of TimeInterval(0, 1) and a coordinate of Rectangle((0, 0), (1, 1)) are both named 'x'"),
    (lambda: moving * TimeInterval(0, 1), "has a time already"),
    (lambda: square * Interval(0, 1), "cannot multiply Rectangle((0, 0), (1, 1)) by Interval(0, 1)"),
    (lambda: square * 2, "cannot multiply Rectangle((0, 0), (1, 1)) by 2"),
    (lambda: square + Interval(0, 1), "their coordinates are (x, y) and (x)"),
    (lambda: square - Ball((0, 0, 0), 1), "their coordinates are (x, y) and (x, y, z)"),
    (lambda: square - 1, "cannot combine Rectangle((0, 0), (1, 1)) - 1"),
    (lambda: moving - Disk((0, 0), 1), "combine the shapes first: (A - B) * TimeInterval(start, end)"),
    (lambda: square - Rectangle((-1, -1), (2, 2)), "is empty: Rectangle((0, 0), (1, 1)) lies inside Rectangle((-1, -1), (2, 2))"),
    (lambda: square & Disk((5, 5), 1), "is empty: Rectangle((0, 0), (1, 1)) and Disk((5, 5), 1) do not overlap"),
    (lambda: square & Rectangle((1, 0), (2, 1)), "do not overlap"),
    (lambda: Ball((0, 0, 0), 1) & Ball((3, 0, 0), 1), "do not overlap"),
    (lambda: Box((0, 0, 0), (1, 1, 1)) - Ball((0, 0, 0), 4), "lies inside Ball((0, 0, 0), 4)"),
    (lambda: Interval(0, 1) & Interval(2, 3), "do not overlap"),
    (lambda: Rectangle((0, 0), (1, 1), periodic="x") - Disk((0, 0.5), 0.1), "it would no longer be periodic in x"),
    (lambda: Rectangle((0, 0), (1, 1), periodic="x") + Disk((0.5, 0), 0.1), "it would no longer be periodic in x"),
    (lambda: square - Rectangle((0.2, 0.2), (0.4, 0.4), periodic="y"), "it would no longer be periodic in y"),
    (lambda: square.boundary["lef"], "Rectangle((0, 0), (1, 1)) has no boundary part 'lef'"),
    (lambda: square.boundary["lef"], "did you mean 'left'? known: 'left', 'right', 'bottom', 'top'"),
    (lambda: square.boundary["left", "hole"], "has no boundary part 'hole'"),
    (lambda: square.boundary[0], "has no boundary part 0"),
    (lambda: square.boundary["left"]["top"], "known: 'left'"),
    (lambda: square.interior["left"], "the interior has no named parts"),
    (lambda: (square - Disk((0.5, 0.5), 0.1, name="hole")).boundary["circle"], "known: 'left', 'right', 'bottom', 'top', 'hole'"),
    (lambda: square.boundary.where(x == 2), "no point of the whole boundary satisfies x == 2"),
    (lambda: square.boundary.where(x == 2), "0 <= x <= 1, 0 <= y <= 1"),
    (lambda: square.boundary["left"].where(x > 0.5), "no point of the boundary 'left' satisfies 0.5 < x"),
    (lambda: square.where(x == y), "no point of the interior satisfies x == y"),
    (lambda: square.where(x == y), "an equation fixes a coordinate, x == …, and a curve is the boundary of another domain"),
    (lambda: square.where(x == 1.5), "no point of the interior satisfies x == 1.5"),
    (lambda: square.where(x == 1.5), "here 0 <= x <= 1, 0 <= y <= 1"),
    (lambda: moving.interior.where(moving.coordinates[2] == 5), "0 <= t <= 1"),
    (lambda: square.where((x == 0.5) & (x == 0.6)), "no point of the interior satisfies (x == 0.5) & (x == 0.6)"),
    (lambda: square.where((x == 0.5) & (y < 0)), "no point of the interior satisfies (x == 0.5) & (y < 0)"),
    (lambda: Disk((0, 0), 1).where((x == 0.8) & (y == 0.8)), "no point of the interior satisfies (x == 0.8) & (y == 0.8)"),
    (lambda: square.boundary.where((x == 0) & (y == 0.5)), "a single point is Observations([(x, y)], domain)"),
    (lambda: moving.boundary.where(moving.coordinates[2] == 5), "no point of the whole boundary satisfies t == 5"),
    (lambda: moving.initial.where(moving.coordinates[2] == 0.5), "no point of the initial slice t = 0 satisfies t == 0.5"),
    (lambda: square.boundary.where(t == 0), "uses coordinate 't', which Rectangle((0, 0), (1, 1)) does not have"),
    (lambda: square.boundary.where(square.normal[0] > 0), "holds scalar n_x: where selects points before anything is solved"),
    (lambda: square.boundary.where(True), "where takes a comparison of coordinates"),
    (lambda: square.boundary.where(x), "where takes a comparison of coordinates, not scalar x"),
    (lambda: square.initial, "Rectangle((0, 0), (1, 1)) has no initial slice: it has no time"),
    (lambda: Disk((0, 0), 1).final, "Disk((0, 0), 1) has no final slice: it has no time"),
    (lambda: TimeInterval(0, 1).boundary, "TimeInterval(0, 1) has no boundary: it has no spatial coordinate"),
    (lambda: TimeInterval(0, 1).normal, "has no normal: it has no spatial coordinate"),
    (lambda: Interval(0, 1, periodic="x").boundary, "Interval(0, 1) has no boundary: every axis is periodic"),
    (lambda: square.contains(np.zeros((3, 3))), "points of shape (3, 3) do not fit Rectangle((0, 0), (1, 1)): shape (N, 2) is needed"),
    (lambda: square.contains(np.zeros(2)), "points of shape (2,) do not fit"),
    (lambda: square.boundary.sample(0, np.random.default_rng(0)), "cannot draw 0 points on the whole boundary"),
    (lambda: Mesh(MESHES / "missing.msh"), "does not exist"),
    (lambda: Mesh("nowhere/to/be/found.msh"), "mesh file 'nowhere/to/be/found.msh' does not exist"),
    (lambda: Mesh(5), "Mesh takes the path of a gmsh file, not 5"),
    (lambda: Mesh(MESHES / "star.msh").boundary["tips"], "Mesh('star.msh') has no boundary part 'tips'"),
    (lambda: Mesh(MESHES / "star.msh", names=("x", "y", "z")), "2 coordinate names are needed, not 3"),
]


@pytest.mark.parametrize(("mistake", "message"), MISTAKES, ids=[message[:60] for _, message in MISTAKES])
def test_mistakes_are_refused_where_they_are_written(mistake: Callable[[], object], message: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        mistake()
    assert message in str(caught.value)
    assert caught.value.hint.strip()
    assert Path(caught.value.where.file).name == Path(__file__).name
    assert caught.value.where.line == mistake.__code__.co_firstlineno


def test_a_mesh_that_may_not_be_read_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(path: Path) -> bytes:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", locked)
    with pytest.raises(DeclarationError, match="cannot read mesh .*star.msh: Permission denied") as caught:
        Mesh(MESHES / "star.msh")
    assert caught.value.hint
