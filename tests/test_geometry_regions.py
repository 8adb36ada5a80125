"""Regions of domains: boundary parts by name and by predicate, their descriptions, and corners."""

from __future__ import annotations

from math import pi, sqrt

import numpy as np
import pytest
from geometry_cases import L_SHAPE, MESHES, star

from pinnaux.geometry import Ball, Box, Disk, Domain, Interval, Mesh, Polygon, Rectangle, TimeInterval
from pinnaux.geometry.corners import SMALLEST_TURN, Corner
from pinnaux.geometry.region import PatchRegion


def sampled(region: PatchRegion, count: int = 512) -> np.ndarray:
    return region.sample(count, np.random.default_rng(3)).coordinates


def test_a_predicate_selects_the_part_on_a_plane() -> None:
    domain = Polygon(L_SHAPE)
    x, y = domain.coordinates
    region = domain.boundary.where(y == 0)
    assert region.parts == ("edge 0",) and region.measure == pytest.approx(1, rel=1e-8)
    assert (sampled(region)[:, 1] == 0).all()


def test_a_predicate_cuts_a_part_where_it_stops_to_hold() -> None:
    domain = Polygon(L_SHAPE)
    x, y = domain.coordinates
    region = domain.boundary.where((x > 0.25) & (y == 0))
    assert region.measure == pytest.approx(0.75, rel=1e-7)
    drawn = sampled(region)
    assert drawn[:, 0].min() == pytest.approx(0.25, abs=3e-3) and drawn[:, 0].max() == pytest.approx(1, abs=3e-3)
    assert (drawn[:, 0] > 0.25).all()


def test_equality_is_geometric_whatever_the_rounding() -> None:
    """0.1 + 0.2 is not 0.3, and 1e6 + 0.3 has lost ten digits: both are the edge all the same."""
    for shift in (0.0, 1e6):
        domain = Rectangle((shift, 0), (shift + 0.3, 1))
        x, y = domain.coordinates
        assert domain.boundary.where(x == shift + (0.1 + 0.2)).parts == ("right",)
        assert domain.boundary.where((x - shift) * 7 == 0.3 * 7).measure == pytest.approx(1, rel=1e-8)


def test_a_predicate_may_select_several_parts_and_be_turned_round() -> None:
    domain = Rectangle((0, 0), (2, 1))
    x, y = domain.coordinates
    assert domain.boundary.where((x == 0) | (y == 1)).parts == ("left", "top")
    assert domain.boundary.where(~((x == 0) | (y == 1))).parts == ("right", "bottom")
    assert domain.boundary["left", "top"].where(x >= 1).measure == pytest.approx(1, rel=1e-8)
    assert domain.boundary.where(x > 1).where(y > 0.5).measure == pytest.approx(1.5, rel=1e-6)


def test_a_predicate_selects_an_arc_and_a_cap_of_a_sphere() -> None:
    disk = Disk((0, 0), 2)
    x, y = disk.coordinates
    assert disk.boundary.where(y > 1).measure == pytest.approx(2 * 2 * pi / 3, rel=1e-8)
    assert disk.boundary.where(x**2 + y**2 == 4).measure == pytest.approx(4 * pi, rel=1e-8)
    ball = Ball((0, 0, 0), 1)
    x, y, z = ball.coordinates
    assert ball.boundary.where(z > 0.5).measure == pytest.approx(pi, rel=1e-3)
    assert (sampled(ball.boundary.where(z > 0.5))[:, 2] > 0.5).all()


def test_a_predicate_narrows_the_interior_and_the_initial_slice() -> None:
    domain = Rectangle((0, 0), (1, 1)) * TimeInterval(0, 2)
    x, y, t = domain.coordinates
    assert domain.interior.where(x + y < 1).measure == pytest.approx(1, rel=1e-3)
    early = domain.interior.where((t < 0.5) & (x < y))
    assert early.measure == pytest.approx(0.25, rel=1e-3)
    drawn = sampled(early)
    assert (drawn[:, 2] < 0.5).all() and (drawn[:, 0] < drawn[:, 1]).all()
    assert domain.initial.where(x < 0.25).measure == pytest.approx(0.25, rel=1e-3)
    assert domain.boundary.where((x == 0) & (t > 1)).measure == pytest.approx(1, rel=1e-3)


def test_a_predicate_in_time_cuts_the_ends_of_an_interval_exactly() -> None:
    domain = Interval(0, 1) * TimeInterval(0, 2)
    x, t = domain.coordinates
    region = domain.boundary.where((x == 1) & (t < 0.25))
    assert region.parts == ("right",) and region.measure == pytest.approx(0.25, rel=1e-7)


def test_a_predicate_selects_the_facets_of_a_curve_in_a_mesh_and_none_beside_it() -> None:
    domain = Mesh(MESHES / "channel_cylinder.msh")
    x, y = domain.coordinates
    cylinder = domain.boundary.where((x - 0.2) ** 2 + (y - 0.2) ** 2 == 0.05**2)
    assert cylinder.parts == ("cylinder",)
    assert cylinder.measure == pytest.approx(domain.boundary["cylinder"].measure, rel=1e-8)
    walls = domain.boundary.where((y == 0) & (x > 1))
    assert walls.parts == ("walls",) and walls.measure == pytest.approx(1.2, rel=1e-7)
    assert domain.boundary.where(x == 0).parts == ("inlet",)


def test_a_predicate_selects_faces_of_a_mesh_in_space() -> None:
    domain = Mesh(MESHES / "box_hole.msh")
    x, y, z = domain.coordinates
    assert domain.boundary.where(x == -1).parts == ("left",)
    assert domain.boundary.where(x**2 + y**2 == 0.16).parts == ("hole",)
    assert domain.boundary.where(z == 1).measure == pytest.approx(4 - 0.16 * pi, rel=1e-2)


def test_points_of_a_region_satisfy_its_predicates_and_others_do_not() -> None:
    domain = Rectangle((0, 0), (1, 1))
    x, y = domain.coordinates
    region = domain.boundary.where(y > 0.5)
    points = domain.boundary.sample(200, np.random.default_rng(0))
    np.testing.assert_array_equal(region.holds(points), points.coordinates[:, 1] > 0.5)
    assert region.holds(region.sample(100, np.random.default_rng(0))).all()


def test_the_same_region_written_twice_shares_its_points() -> None:
    domain = Rectangle((0, 0), (1, 1))
    assert domain.boundary["left", "top"].key == domain.boundary["top", "left"].key
    assert domain.interior.key == domain.interior.key
    assert domain.boundary["left"].key != domain.boundary.key
    assert domain.boundary.key != Rectangle((0, 0), (1, 1)).boundary.key
    assert len({domain.boundary.key, domain.boundary["left"].key, domain.interior.key}) == 3


def test_regions_describe_themselves() -> None:
    domain = Rectangle((0, 0), (1, 1)) * TimeInterval(0, 2)
    x, y, t = domain.coordinates
    assert domain.label == "Rectangle((0, 0), (1, 1)) * TimeInterval(0, 2)"
    assert domain.interior.describe() == "interior"
    assert domain.boundary.describe() == "whole boundary"
    assert domain.boundary["right", "left"].describe() == "boundary 'left', 'right'"
    assert domain.final.describe() == "final slice t = 2"
    assert domain.boundary.where(y > 0.5).describe().endswith("where 0.5 < y")


def test_coordinates_have_the_names_given() -> None:
    domain = Rectangle((0, 0), (1, 1), names=("r", "z")) * TimeInterval(0, 1, name="s")
    assert domain.names == ("r", "z", "s") and domain.space == ("r", "z")
    assert [coordinate.name for coordinate in domain.coordinates] == ["r", "z", "s"]
    assert [coordinate.is_time for coordinate in domain.coordinates] == [False, False, True]
    assert [component.name for component in domain.normal.components] == ["r", "z"]
    assert Box((0,) * 5, (1,) * 5).names == ("x1", "x2", "x3", "x4", "x5")
    np.testing.assert_array_equal(domain.bounds, [[0, 1]] * 3)


def test_periodic_axes_are_no_boundary() -> None:
    domain = Box((0, 0, 0), (1, 2, 3), periodic=("x", "z"))
    assert domain.periodic == {"x": (0.0, 1.0), "z": (0.0, 3.0)}
    assert domain.boundary.parts == ("bottom", "top") and domain.boundary.measure == pytest.approx(6)
    assert (domain * TimeInterval(0, 1)).periodic == domain.periodic
    assert Rectangle((0, 0), (2, 1), periodic="x").corners == ()


def angles(domain: Domain) -> list[float]:
    """The openings of the corners at which the outline turns."""
    return sorted(round(corner.opening, 6) for corner in domain.corners if not is_straight(corner))


def is_straight(corner: Corner) -> bool:
    return abs(corner.opening - pi) <= SMALLEST_TURN


@pytest.mark.parametrize(
    ("domain", "openings"),
    [
        (Rectangle((0, 0), (2, 1)), [pi / 2] * 4),
        (Polygon(L_SHAPE), [pi / 2] * 5 + [3 * pi / 2]),
        (Polygon([(0, 0), (1, 0), (0, sqrt(3))]), [pi / 6, pi / 3, pi / 2]),
        (Disk((0, 0), 1), []),
        (Disk((0, 0), 1) & Disk((1, 0), 1), [2 * pi / 3] * 2),
        (Disk((0, 0), 1) - Disk((1, 0), 1), [pi / 3] * 2),
        (Rectangle((0, 0), (1, 1)) + Rectangle((1, 0), (2, 1)), [pi / 2] * 4),
        (Rectangle((0, 0), (1, 1)) + Rectangle((1, 1), (2, 2)), [pi / 2] * 8),
        (Rectangle((0, 0), (2, 1)) + Rectangle((0, 0), (1, 2)), [pi / 2] * 5 + [3 * pi / 2]),
        (Rectangle((0, 0), (1, 1)) - Rectangle((0.4, 0.4), (0.6, 0.6)), [pi / 2] * 4 + [3 * pi / 2] * 4),
        (Rectangle((0, 0), (1, 1)) - Polygon([(0.2, 0.5), (0.8, 0.499), (0.8, 0.501)]), None),
        (Mesh(MESHES / "star.msh"), None),
        (Mesh(MESHES / "channel_cylinder.msh"), [pi / 2] * 4),
        (Rectangle((0, 0), (1, 1)) * TimeInterval(0, 1), [pi / 2] * 4),
        (Box((0, 0, 0), (1, 1, 1)), []),
        (Interval(0, 1) * TimeInterval(0, 1), []),
    ],
    ids=lambda value: str(value) if isinstance(value, Domain) else "",
)
def test_corners_have_the_openings_of_the_shape(domain: Domain, openings: list[float] | None) -> None:
    if openings is not None:
        assert angles(domain) == pytest.approx(sorted(openings), abs=1e-5)
    # Whatever the shape, the interior lies where the corner says: on the bisector, and not opposite where there is a notch.
    for corner in domain.corners:
        middle = corner.start + corner.opening / 2
        reach = 1e-4 * np.ptp(domain.bounds[:2], axis=1).max()
        for angle, inside in ((middle, True), (corner.start + 0.9 * corner.opening, True), (corner.start + 0.1 * corner.opening, True),
                              (corner.start - 0.1 * (2 * pi - corner.opening), False)):
            place = corner.vertex + reach * np.array([np.cos(angle), np.sin(angle)])
            times = domain.bounds[2:, 0]
            assert domain.contains(np.concatenate([place, times])[None])[0] == inside


def test_a_star_has_its_tips_and_notches_as_corners_of_polygon_and_mesh_alike() -> None:
    shape, mesh = Polygon(star(5, 0.45)), Mesh(MESHES / "star.msh")
    assert len(shape.corners) == 10
    assert angles(shape) == pytest.approx(angles(mesh), abs=1e-5)
    assert sum(corner.opening for corner in shape.corners) == pytest.approx(8 * pi)


def test_a_name_that_changes_on_a_straight_edge_is_a_straight_corner() -> None:
    domain = Rectangle((0, 0), (1, 1)) + Rectangle((1, 0), (2, 1))
    straight = [corner for corner in domain.corners if is_straight(corner)]
    assert sorted(tuple(corner.vertex.round(9)) for corner in straight) == [(1, 0), (1, 1)]
    assert [corner.opening for corner in straight] == pytest.approx([pi, pi])


def test_domains_print_themselves_as_they_were_written() -> None:
    domain = (Box((0, 0, 0), (1, 1, 0.5)) - Ball((0, 0, 0), 0.25)) * TimeInterval(0, 1)
    assert repr(domain) == "(Box((0, 0, 0), (1, 1, 0.5)) - Ball((0, 0, 0), 0.25)) * TimeInterval(0, 1)"
