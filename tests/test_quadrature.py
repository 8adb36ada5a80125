"""Quadrature rules: over intervals, infinite ones too, and over regions of every kind, against exact integrals and SciPy's."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from geometry_cases import MESHES
from scipy import special

from pinnaux import Ball, Box, Disk, Ellipse, Interval, Mesh, Polygon, Rectangle, TimeInterval
from pinnaux.geometry import Domain
from pinnaux.geometry.quadrature import clustered, half_line, line, region_nodes
from pinnaux.geometry.region import PatchRegion
from pinnaux.geometry.rules import line_rule, region_rule

Array = np.ndarray
square = Rectangle((0, 0), (1, 1))
holed = square - Disk((0.6, 0.5), 0.1, name="hole")


def wave(points: Array) -> Array:
    """e^x cos 3y, or e^x on a line."""
    return np.exp(points[:, 0]) * (np.cos(3 * points[:, 1]) if points.shape[1] > 1 else 1)


def total(region: PatchRegion, count: int, function: Callable[[Array], Array] = wave) -> float:
    nodes = region_nodes(region, count)
    return float(nodes.weights @ function(nodes.points.coordinates))


def over_disk(x: float, y: float, radius: float) -> float:
    """∫ e^x cos 3y over a disk: e^x cos 3y = Re e^((1, 3i)·(x, y)), whose mean over a circle is e^… at the centre times J₀(r √(9 − 1))."""
    wavenumber = math.sqrt(8)
    return math.exp(x) * math.cos(3 * y) * 2 * math.pi * radius * special.j1(wavenumber * radius) / wavenumber


whole = (math.e - 1) * math.sin(3) / 3
regions = {
    "square": (square.interior, 2304, whole, 1e-13),
    "square, few nodes": (square.interior, 196, whole, 1e-13),
    "edge": (square.boundary["top"], 48, (math.e - 1) * math.cos(3), 1e-14),
    "half of an edge": (square.boundary["top"].where(square.coordinates[0] < 0.5), 48, (math.sqrt(math.e) - 1) * math.cos(3), 1e-8),
    "disk": (Disk((0.3, 0.2), 0.7).interior, 2304, over_disk(0.3, 0.2, 0.7), 1e-12),
    "disk, few nodes": (Disk((0.3, 0.2), 0.7).interior, 196, over_disk(0.3, 0.2, 0.7), 1e-6),
    "hole": (holed.interior, 2304, whole - over_disk(0.6, 0.5, 0.1), 1e-8),
    "hole, few nodes": (holed.interior, 196, whole - over_disk(0.6, 0.5, 0.1), 1e-4),
    "hole over time": ((holed * TimeInterval(0, 2)).interior, 5000, 2 * (whole - over_disk(0.6, 0.5, 0.1)), 1e-4),
    "hole at last": ((holed * TimeInterval(0, 2)).final, 2304, whole - over_disk(0.6, 0.5, 0.1), 1e-8),
    "edge over time": ((holed * TimeInterval(0, 2)).boundary["left"], 2304, 2 * math.sin(3) / 3, 1e-13),
    "box": (Box((0, 0, 0), (1, 1, 1)).interior, 5000, whole, 1e-13),
    "five dimensions": (Box((0,) * 5, (1,) * 5).interior, 5000, whole, 1e-6),
    "eight dimensions": (Box((0,) * 8, (1,) * 8).interior, 5000, whole, 0.02),
    "interval": (Interval(0, 2).interior, 48, math.e**2 - 1, 1e-14),
    "ends": (Interval(0, 2).boundary, 48, math.e**2 + 1, 1e-14),
    "cut interval": ((Interval(0, 2) - Interval(0.5, 1)).interior, 48, math.e**2 - 1 - math.e + math.sqrt(math.e), 1e-13),
}


@pytest.mark.parametrize("name", regions)
def test_a_region_is_integrated_over_as_accurately_as_its_nodes_allow(name: str) -> None:
    region, count, exact, tolerance = regions[name]
    assert total(region, count) == pytest.approx(exact, rel=tolerance)
    assert total(region, count, lambda points: np.ones(len(points))) == pytest.approx(region.measure, rel=1e-11)
    assert region.domain.contains(region_nodes(region, count).points.coordinates, 1e-9).all()


lasting = square * TimeInterval(0, 2)
x, y, t = lasting.coordinates
sine = math.sin(3) / 3
parts = {
    "half": (square.where(square.coordinates[0] < 0.5), (math.sqrt(math.e) - 1) * sine, 0.5),
    "two pieces": (square.where((square.coordinates[1] - 0.5) ** 2 > 0.09).where(square.coordinates[0] >= 0.1),
                   (math.e - math.exp(0.1)) * (sine - (math.sin(2.4) - math.sin(0.6)) / 3), 0.9 * 0.4),
    "late": (lasting.where((t > 1.5) & ~(x > 1.5)), 0.5 * whole, 0.5), "either": (lasting.where((t > 1.5) | (t < 0.5)), whole, 1.0)}


@pytest.mark.parametrize("name", parts)
def test_a_part_of_a_box_is_integrated_over_to_rounding(name: str) -> None:
    region, exact, size = parts[name]
    assert total(region, 2304) == pytest.approx(exact, rel=1e-13)
    assert total(region, 2304, lambda points: np.ones(len(points))) == pytest.approx(size, rel=1e-13)


@pytest.mark.parametrize("domain", [
    pytest.param(Polygon([(0, 0), (1, 0), (1, 1), (0.3, 0.6), (0, 1)]), id="polygon"),
    pytest.param(Ellipse((0, 0), (2, 1)), id="ellipse"), pytest.param(Disk((0, 0), 1) + Disk((1.5, 0), 1), id="two disks"),
    pytest.param(Disk((0, 0), 1) & Rectangle((0, -1), (1, 1)), id="half a disk"), pytest.param(Ball((0, 0, 0), 1), id="ball"),
    pytest.param(holed, id="hole"), pytest.param(Mesh(MESHES / "star.msh"), id="mesh")])
def test_the_divergence_of_a_field_is_its_flux_through_the_boundary(domain: Domain, tolerance: float = 1e-8) -> None:
    """∫ div v = ∮ v·n with v = (sin x, x e^y, …)."""
    def field(points: Array) -> Array:
        return np.column_stack([np.sin(points[:, 0]), points[:, 0] * np.exp(points[:, 1]), points[:, 2:]])

    inside, outside = region_nodes(domain.interior, 20_000), region_nodes(domain.boundary, 4000)
    x, y = inside.points.coordinates[:, :2].T
    divergence = inside.weights @ (np.cos(x) + x * np.exp(y) + len(domain.space) - 2)
    flux = outside.weights @ (field(outside.points.coordinates) * outside.points.normals).sum(axis=1)
    assert divergence == pytest.approx(flux, rel=tolerance)


def test_cells_too_many_for_more_have_one_node_each() -> None:
    domain = Mesh(MESHES / "box_hole.msh")
    test_the_divergence_of_a_field_is_its_flux_through_the_boundary(domain, 1e-3)
    cells = len(domain.shape.interior[0].breaks) - 1
    one, eight = region_nodes(domain.interior, cells // 10), region_nodes(domain.interior, 8 * cells)
    assert (len(one.weights), len(eight.weights)) == (cells, 8 * cells)
    assert one.weights @ one.points.coordinates == pytest.approx(eight.weights @ eight.points.coordinates, abs=1e-10)
    assert len(region_nodes(domain.interior, cells // 20).weights) == cells // 20 + 1


ball, pipe = Rectangle((0, 0), (2, np.pi)).spherical(), Rectangle((0, 0), (2, 3)).cylindrical()
curved = {
    "sphere": (Interval(0, 2).spherical().interior, 4 * np.pi * 8 / 3), "its surface": (Interval(0, 2).spherical().boundary, 16 * np.pi),
    "sphere with an angle": (ball.interior, 4 * np.pi * 8 / 3), "its whole surface": (ball.boundary, 16 * np.pi),
    "cylinder": (pipe.interior, 12 * np.pi), "end of it": (pipe.boundary["top"], 4 * np.pi), "side of it": (pipe.boundary["right"], 12 * np.pi),
    "across it": (pipe.where(pipe.coordinates[1] == 1), 4 * np.pi),
    "disk": (Rectangle((0, 0), (2, 2 * np.pi)).polar().interior, 4 * np.pi), "circle": (Interval(0, 2).polar().boundary, 4 * np.pi),
    "shell": (Box((1, 0, 0), (2, np.pi, 2 * np.pi)).spherical().interior, 4 * np.pi * 7 / 3),
    "slanted": (Polygon([(0, 0), (3, 0), (0, 3)]).cylindrical().interior, 9 * np.pi),
    "cone": (Polygon([(0, 0), (3, 0), (0, 3)]).cylindrical().boundary["edge 1"], 9 * np.sqrt(2) * np.pi)}


@pytest.mark.parametrize("name", curved)
def test_integrals_in_curvilinear_coordinates_are_over_lengths_areas_and_volumes(name: str) -> None:
    region, measure = curved[name]
    assert region_nodes(region, 2304).weights.sum() == pytest.approx(measure, rel=1e-9)


def test_a_body_cut_out_of_another_is_integrated_over_by_scattered_points() -> None:
    body = Box((-1, -1, -1), (1, 1, 1)) - Ball((0, 0, 0), 0.5)
    squared = total(body.interior, 5000, lambda points: (points**2).sum(axis=1))
    assert squared == pytest.approx(8 - 4 * np.pi * 0.5**5 / 5, rel=2e-3)


smooth_and_singular = {
    "exponential": (np.exp, math.e - 1), "inverse root": (lambda x: 1 / np.sqrt(x), 2.0), "half circle": (lambda x: np.sqrt(x * (1 - x)), math.pi / 8),
    "logarithm": (np.log, -1.0), "wave": (lambda x: np.sin(20 * x) ** 2, 0.5 - math.sin(40) / 80), "polynomial": (lambda x: x**20, 1 / 21)}


@pytest.mark.parametrize("name", smooth_and_singular)
def test_functions_that_are_singular_at_an_end_are_integrated_over_an_interval(name: str) -> None:
    function, exact = smooth_and_singular[name]
    for count in (48, 192):
        x, weights = clustered(count)
        assert weights @ function(x) == pytest.approx(exact, rel=1e-12 if name != "logarithm" else 1e-6)


@pytest.mark.parametrize(("length", "tolerance"), [(1e-3, 1e-5), (1.0, 1e-8), (1e3, 1e-8)])
def test_infinite_intervals_need_no_scale(length: float, tolerance: float) -> None:
    x, weights = half_line(256)
    assert weights @ np.exp(-x / length) == pytest.approx(length, rel=tolerance)
    assert weights @ (x * np.exp(-x / length)) == pytest.approx(length**2, rel=tolerance)
    assert weights @ (1 / (length + x) ** 2) == pytest.approx(1 / length, rel=1e-5)
    x, weights = line(256)
    assert weights @ np.exp(-((x / max(length, 0.1)) ** 2)) == pytest.approx(math.sqrt(math.pi) * max(length, 0.1), rel=tolerance)


def test_a_finer_rule_has_more_nodes_of_the_same_variables() -> None:
    for rule in (line_rule("s", "interval", False), line_rule("s", "half-line", True), region_rule(square.interior, ("x", "y"), (), False)):
        finer = rule.finer
        assert finer.variables == rule.variables and list(finer.columns) == list(rule.columns)
        assert len(finer.weights) >= 1.5 * len(rule.weights)
        assert finer.key != rule.key
        x = rule.columns[rule.variables[0]]
        y = finer.columns[finer.variables[0]]
        assert rule.weights @ np.exp(-x) == pytest.approx(finer.weights @ np.exp(-y), rel=1e-8)
