"""The mesh shown for a domain fills it, and nothing else: no hole, notch or gap; its boundary parts lie on the boundary."""

from __future__ import annotations

from math import factorial, pi

import numpy as np
import pytest
from geometry_cases import Case, combined, lines, meshes, planar, spatial

from pinnaux.geometry import Ball, Box, Disk, Domain, Ellipse, Polygon, Rectangle, TimeInterval
from pinnaux.geometry.tessellate import Part, Tessellation, tessellate
from pinnaux.geometry.topology import simplices_of, split_faces

FEW = 1500
flat = [*lines, *planar, *combined]
shown = [*flat, *[case for case in spatial if case.name != "box in four dimensions"], *meshes]

HARD = {
    "needle": Polygon([(0, 0), (1, 0), (1, 0.005)]),
    "thin slit": Rectangle((0, 0), (1, 1)) - Polygon([(0.2, 0.5), (0.8, 0.499), (0.8, 0.501)], name="slit"),
    "notch of one degree": Polygon([(0, 0), (1, 0), (1, 1), (0.5087, 1), (0.5, 0.5), (0.5, 1), (0, 1)]),
    "squares touching at a corner": Rectangle((0, 0), (1, 1)) + Rectangle((1, 1), (2, 2)),
    "disk less a disk touching from inside": Disk((0, 0), 1) - Disk((0.5, 0), 0.5),
    "flat ellipse": Ellipse((0, 0), (2, 0.05)),
    "thin ring": Disk((0, 0), 1) - Disk((0, 0), 0.99),
    "tiny hole": Rectangle((0, 0), (1, 1)) - Disk((0.6, 0.5), 1e-3, name="hole"),
    "comb": Polygon([(0, 0), *[(x / 20, y) for i in range(20) for x, y in ((i, 1), (i + 0.9, 1), (i + 0.9, 0.1), (i + 1, 0.1))][:-2], (0.995, 0)]),
}


def measure_of(points: np.ndarray, cells: dict[str, np.ndarray]) -> float:
    """Total length, area or volume of cells."""
    total = 0.0
    for kind, cell in cells.items():
        if kind == "vertex":
            total += len(cell)
        elif kind in ("line", "triangle") or (kind == "quad" and points.shape[1] == 3):
            for piece in [cell] if kind == "line" else split_faces(cell):
                edges = points[piece[:, 1:]] - points[piece[:, :1]]
                gram = np.linalg.det(edges @ edges.transpose(0, 2, 1))
                total += np.sqrt(np.maximum(gram, 0)).sum() / factorial(edges.shape[1])
        else:
            corners = simplices_of(points, {kind: cell})
            total += np.abs(np.linalg.det(corners[:, 1:] - corners[:, :1])).sum() / 6 ** (points.shape[1] == 3) / 2 ** (points.shape[1] == 2)
    return float(total)


def part_measure(part: Part) -> float:
    return measure_of(part.points, part.cells)


def check_cells(domain: Domain, mesh: Tessellation) -> None:
    """Every point is used and in the domain, every cell's centre too (in a coarse body nearly: faces cut across a cavity)."""
    size = np.ptp(domain.bounds, axis=1).max()
    used = np.unique(np.concatenate([cells.ravel() for cells in mesh.cells.values()]))
    assert len(used) == len(mesh.points)
    assert domain.contains(mesh.points, 1e-7 * size).all()
    for cells in mesh.cells.values():
        reach = 1e-2 if "tetra" in mesh.cells else 1e-3
        assert domain.contains(mesh.points[cells].mean(axis=1), reach * size).all()


@pytest.mark.parametrize("case", shown, ids=str)
def test_the_mesh_fills_the_domain(case: Case) -> None:
    mesh = tessellate(case.domain, FEW)
    error = 2e-2 if case in spatial else 3e-3
    assert measure_of(mesh.points, mesh.cells) == pytest.approx(case.domain.measure, rel=error)
    check_cells(case.domain, mesh)


@pytest.mark.parametrize("case", shown, ids=str)
def test_boundary_parts_are_those_of_the_domain(case: Case) -> None:
    domain, mesh = case.domain, tessellate(case.domain, FEW)
    size = np.ptp(domain.bounds, axis=1).max()
    assert tuple(mesh.boundary) == domain.boundary.parts
    for name, part in mesh.boundary.items():
        # Sharp edges of a body are cut off within a cell: 1500 points are a dozen cells a side.
        error = 0.12 if case in spatial else 3e-3
        assert part_measure(part) == pytest.approx(domain.boundary[name].measure, rel=error), name
        np.testing.assert_allclose(np.linalg.norm(part.normals, axis=1), 1, rtol=1e-12)
        assert part.normals.shape == part.points.shape
        if case in flat:
            assert domain.contains(part.points, 1e-7 * size).all() and not domain.contains(part.points, -1e-7 * size).any()


@pytest.mark.parametrize("case", [*planar, *combined, *meshes], ids=str)
def test_normals_of_parts_point_out(case: Case) -> None:
    """In the middle of the facets, with the mean of the normals at their ends."""
    domain, mesh = case.domain, tessellate(case.domain, FEW)
    step = 1e-3 * np.ptp(domain.bounds, axis=1).max()
    for part in mesh.boundary.values():
        for cells in part.cells.values():
            middle, normal = part.points[cells].mean(axis=1), part.normals[cells].mean(axis=1)
            before, behind = domain.contains(middle + step * normal), domain.contains(middle - step * normal)
            if "tiny" not in case.name:
                assert before.mean() < 0.02 and behind.mean() > 0.98


@pytest.mark.parametrize("domain", HARD.values(), ids=list(HARD))
def test_thin_and_sharp_shapes_are_meshed_with_every_piece_of_their_outline(domain: Domain) -> None:
    mesh = tessellate(domain, FEW)
    assert measure_of(mesh.points, mesh.cells) == pytest.approx(domain.measure, rel=5e-3)
    check_cells(domain, mesh)
    triangles = mesh.cells["triangle"]
    edges = np.sort(np.concatenate([triangles[:, [i, (i + 1) % 3]] for i in range(3)]), axis=1)
    distinct, times = np.unique(edges, axis=0, return_counts=True)
    outer = distinct[times == 1]
    assert times.max() == 2
    # The edges of one triangle only are the outline, piece by piece.
    length = np.linalg.norm(mesh.points[outer[:, 0]] - mesh.points[outer[:, 1]], axis=1).sum()
    assert length == pytest.approx(sum(part_measure(part) for part in mesh.boundary.values()), rel=1e-6)
    assert length == pytest.approx(domain.boundary.measure, rel=3e-3)


def test_corners_of_planar_shapes_are_points_of_the_mesh() -> None:
    for case in combined:
        points = tessellate(case.domain, FEW).points
        for corner in case.domain.corners:
            assert np.linalg.norm(points - corner.vertex, axis=1).min() < 1e-6


def test_curved_boundaries_are_met_at_every_point_and_refined_by_more_points() -> None:
    domain = Disk((0, 0), 1)
    errors = []
    for count in (1000, 4000, 16000):
        mesh = tessellate(domain, count)
        np.testing.assert_allclose(np.linalg.norm(mesh.boundary["circle"].points, axis=1), 1, rtol=1e-12)
        errors.append(1 - measure_of(mesh.points, mesh.cells) / pi)
    # Four times the points halve the pieces, and quarter the area cut off.
    assert errors[0] / errors[1] == pytest.approx(4, rel=0.1) and errors[1] / errors[2] == pytest.approx(4, rel=0.1)


def test_a_sphere_is_met_at_every_boundary_point() -> None:
    mesh = tessellate(Ball((1, 0, 0), 2), 4000)
    part = mesh.boundary["sphere"]
    np.testing.assert_allclose(np.linalg.norm(part.points - [1, 0, 0], axis=1), 2, rtol=1e-8)
    assert ((part.points - [1, 0, 0]) * part.normals).sum(axis=1).min() > 1.8
    assert measure_of(mesh.points, mesh.cells) == pytest.approx(32 * pi / 3, rel=1e-2)


def test_a_body_is_closed_by_its_boundary_triangles() -> None:
    """Every edge of them is in two (or, where surfaces touch, four), and ∮ x·n / 3 is the volume of the tetrahedra."""
    mesh = tessellate(Box((0, 0, 0), (1, 1, 1)) - Ball((0.5, 0.5, 0.5), 0.3), 4000)
    corner = np.concatenate([part.points[part.cells["triangle"]] for part in mesh.boundary.values()])
    _, vertex = np.unique(corner.reshape(-1, 3), axis=0, return_inverse=True)
    triangle = vertex.reshape(-1, 3)
    edges = np.sort(np.concatenate([triangle[:, [i, (i + 1) % 3]] for i in range(3)]), axis=1)
    assert set(np.unique(edges, axis=0, return_counts=True)[1].tolist()) <= {2, 4}
    area = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]) / 2
    outward = np.concatenate([part.normals[part.cells["triangle"]].mean(axis=1) for part in mesh.boundary.values()])
    area *= np.sign((area * outward).sum(axis=1))[:, None]
    assert (corner.mean(axis=1) * area).sum() / 3 == pytest.approx(measure_of(mesh.points, mesh.cells), rel=1e-3)


def test_a_thin_shell_gets_the_points_it_needs() -> None:
    domain = Ball((0, 0, 0), 1) - Ball((0, 0, 0), 0.85)
    mesh = tessellate(domain, 2000)
    assert len(mesh.points) > 4000
    assert measure_of(mesh.points, mesh.cells) == pytest.approx(domain.measure, rel=2e-2)


def test_a_box_is_a_grid() -> None:
    mesh = tessellate(Box((0, 0, 0), (1, 2, 1)))
    assert list(mesh.cells) == ["hexahedron"] and 25_000 < len(mesh.points) < 35_000
    assert measure_of(mesh.points, mesh.cells) == pytest.approx(2)
    assert list(tessellate(Rectangle((0, 0), (1, 1))).cells) == ["quad"]


def test_each_face_of_an_outline_of_one_name_has_its_own_normals() -> None:
    part = tessellate(Rectangle((0, 0), (1, 1), name="wall"), 400).boundary["wall"]
    assert part_measure(part) == pytest.approx(4)
    assert (np.abs(part.normals).max(axis=1) == 1).all()


def test_time_does_not_change_the_mesh_and_time_alone_is_one_point() -> None:
    domain = Rectangle((0, 0), (1, 1)) - Disk((0.5, 0.5), 0.2)
    np.testing.assert_array_equal(tessellate(domain * TimeInterval(0, 1), FEW).points, tessellate(domain, FEW).points)
    alone = tessellate(TimeInterval(0, 1))
    assert len(alone.points) == 1 and alone.cells["vertex"].tolist() == [[0]] and not alone.boundary


def test_more_than_three_dimensions_are_shown_by_their_middle_slice() -> None:
    mesh = tessellate(Box((0,) * 5, (1, 1, 1, 2, 4)), 1000)
    assert measure_of(mesh.points[:, :3], mesh.cells) == pytest.approx(1)
    assert (mesh.points[:, 3:] == [1, 2]).all() and not mesh.boundary
    cut = Box((0,) * 4, (1,) * 4) - Box((-1,) * 4, (0.5,) * 4)
    # The faces of the cut lie between cells of the grid, so nothing is lost to rounding it to whole ones.
    assert measure_of(tessellate(cut, 8000).points[:, :3], tessellate(cut, 8000).cells) == pytest.approx(1 - 0.125)
