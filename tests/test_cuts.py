"""Cuts: conditions on points, lines, slices and moments inside a domain, written as equations of coordinates."""

from __future__ import annotations

from math import pi

import numpy as np
import pytest

from pinnaux import Ball, Condition, Disk, Field, Interval, Mesh, Observations, Problem, Rectangle, TimeInterval, diff, exp, laplacian, sin, solve
from pinnaux.evolution import Evolution
from pinnaux.geometry.region import PatchRegion
from pinnaux.plan import Plan

square = Rectangle((0, 0), (2, 1))
x, y = square.coordinates
moving = square * TimeInterval(1, 3)
t = moving.coordinates[-1]
disk = Disk((0, 0), 1)
tube = disk * TimeInterval(0, 2)
plate = square - Disk((1, 0.5), 0.2)
ball = Ball((0, 0, 0), 1)
z = ball.coordinates[-1]
star = Mesh("meshes/star.msh")


def drawn(region: PatchRegion) -> np.ndarray:
    return region.sample(200, np.random.default_rng(2)).coordinates


# The region, its measure, and the coordinates that are fixed.
CUTS = {
    "line": (square.where(x == 0.5), 1.0, {0: 0.5}),
    "line, sides exchanged": (square.where(0.25 == y), 2.0, {1: 0.25}),
    "point": (square.where((x == 0.5) & (y == 0.25)), 1.0, {0: 0.5, 1: 0.25}),
    "half a line": (square.where((x == 0.5) & (y < 0.25)), 0.25, {0: 0.5}),
    "one after another": (square.where(y < 0.25).where(x == 0.5), 0.25, {0: 0.5}),
    "point by point": (square.where(x == 0.5).where(y == 0.25), 1.0, {0: 0.5, 1: 0.25}),
    "side": (square.where(x == 2), 1.0, {0: 2.0}),
    "chord": (disk.where(x == 0.6), 1.6, {0: 0.6}),
    "line around a hole": (plate.where(x == 1), 0.6, {0: 1.0}),
    "disk in a ball": (ball.where(z == 0.6), 0.64 * pi, {2: 0.6}),
    "chord of a ball": (ball.where((z == 0.6) & (x == 0)), 1.6, {2: 0.6, 0: 0.0}),
    "moment": (moving.where(t == 1.5), 2.0, {2: 1.5}),
    "line over time": (moving.where(x == 0.5), 2.0, {0: 0.5}),
    "line at a moment": (moving.where((x == 0.5) & (t == 1.5)), 1.0, {0: 0.5, 2: 1.5}),
    "chord over time": (tube.where(x == 0.6), 3.2, {0: 0.6}),
    "line at the start": (moving.initial.where(x == 0.5), 1.0, {0: 0.5, 2: 1.0}),
    "boundary at a moment": (moving.boundary.where(t == 1.5), 6.0, {2: 1.5}),
    "part of the boundary at a moment": (moving.boundary["left"].where((t == 1.5) & (y < 0.5)), 0.5, {0: 0.0, 2: 1.5}),
}


@pytest.mark.parametrize("name", CUTS)
def test_a_cut_fixes_coordinates_and_keeps_to_the_domain(name: str) -> None:
    region, measure, fixed = CUTS[name]
    points = drawn(region)
    assert region.measure == pytest.approx(measure, rel=3e-3)
    assert all((points[:, axis] == value).all() for axis, value in fixed.items())
    assert region.domain.contains(points, tolerance=1e-9).all()
    free = [axis for axis in range(points.shape[1]) if axis not in fixed]
    assert all(np.ptp(points[:, axis]) > 0.2 for axis in free)


def test_a_mesh_is_cut_too() -> None:
    points = drawn(star.where(y == 0))
    assert (points[:, 1] == 0).all() and star.contains(points, 1e-9).all()
    assert np.ptp(points[:, 0]) > 0.7


def test_a_cut_tells_what_it_is() -> None:
    assert square.where(x == 0.5).describe() == "cut where x == 0.5"
    assert square.where(x < 0.5).describe() == "interior where x < 0.5"
    assert moving.boundary["left"].where(t == 1.5).has_normal
    assert not square.where(x == 0).has_normal
    assert [region.at_a_moment for region in (moving.where(t == 2), moving.where(x == 1), moving.initial, moving.boundary, square.where(x == 1))] == [
        True, False, True, False, False]


def heat(where: PatchRegion | None, domain) -> Problem:
    """u_t = u_xx with u known on a region instead of at the start."""
    (place, time), u = domain.coordinates, Field("u", domain)
    exact = exp(-(pi**2) * time) * sin(pi * place)
    known = [] if where is None else [Condition("known", u == exact, on=where)]
    return Problem([u], [Condition("heat", diff(u, time) == laplacian(u), on=domain), Condition("ends", u == 0, on=domain.boundary), *known],
                   exact={"u": exact})


def test_a_condition_at_a_moment_counts_as_one_and_ties_moments_together() -> None:
    domain = Interval(0, 1) * TimeInterval(0, 1)
    time = domain.coordinates[1]
    assert not Plan.of(heat(domain.where(time == 0.5), domain)).notes
    assert Plan.of(heat(None, domain)).notes == ("u has time derivatives of order 1 and no conditions at any moment",)
    assert Evolution.of(Plan.of(heat(domain.initial, domain))) is not None
    assert Evolution.of(Plan.of(heat(domain.where(time == 0.5), domain))) is None


def test_a_value_at_a_point_inside_stands_for_a_boundary_condition() -> None:
    domain = Interval(0, 1)
    (place,), u = domain.coordinates, Field("u", domain)
    problem = Problem([u], [Condition("balance", diff(u, place, place) == 2, on=domain), Condition("left", u == 0, on=domain.boundary["left"]),
                            Condition("middle", u == 0.25, on=domain.where(place == 0.5))], exact={"u": place**2})
    assert solve(problem).errors()["u"] < 1e-10


@pytest.mark.slow
@pytest.mark.parametrize(("name", "bound"), [("moment", 1e-5), ("line", 1e-4), ("points", 1e-4), ("circle", 1e-4)])
def test_a_problem_is_solved_from_what_is_known_inside(name: str, bound: float) -> None:
    """Instead of the start the moment t = 0.05; instead of one side's values those on a line, at points, or on a circle inside."""
    if name == "moment":
        domain = Interval(0, 1) * TimeInterval(0, 0.1)
        assert solve(heat(domain.where(domain.coordinates[1] == 0.05), domain)).errors()["u"] < bound
        return
    u, exact = Field("u", square), x * y + 1
    places = np.random.default_rng(1).uniform((0, 0), (2, 1), (40, 2))
    inside = {"line": square.where(x == 1), "points": Observations(places, square), "circle": Disk((1.2, 0.5), 0.3).boundary}[name]
    problem = Problem([u], [Condition("laplace", laplacian(u) == 0, on=square), Condition("known", u == exact, on=inside),
                            Condition("sides", u == exact, on=square.boundary["left", "bottom", "top"])], exact={"u": exact})
    assert solve(problem).errors()["u"] < bound
