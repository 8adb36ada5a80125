"""Meshes of gmsh: both formats, orders and kinds of cells give the same domain, in balance to rounding; bad files are refused."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from itertools import product
from math import factorial, pi
from pathlib import Path

import numpy as np
import pytest
from geometry_cases import MESHES

from pinnaux.errors import DeclarationError
from pinnaux.geometry import Domain, Mesh
from pinnaux.geometry.search import BinGrid, FacetDistance, SimplexLocator
from pinnaux.geometry.topology import simplices_of, split_faces

PAIRS = ("channel_cylinder", "star", "box_hole")
FILES = sorted(path.name for path in MESHES.glob("*.msh"))
CODES = {"line": 1, "triangle": 2, "quad": 3, "tetra": 4, "hexahedron": 5, "wedge": 6, "pyramid": 7, "line3": 8, "triangle6": 9, "vertex": 15}
Element = tuple[str, int, Sequence[int]]   # kind, physical group, nodes from 0


def msh22(points: np.ndarray, elements: Sequence[Element], names: Sequence[tuple[int, int, str]] = ()) -> str:
    """The text of a 2.2 file."""
    lines = ["$MeshFormat", "2.2 0 8", "$EndMeshFormat"]
    if names:
        lines += ["$PhysicalNames", str(len(names)), *(f'{dimension} {tag} "{name}"' for dimension, tag, name in names), "$EndPhysicalNames"]
    lines += ["$Nodes", str(len(points))]
    lines += [" ".join(map(repr, (i + 1, *np.pad(point, (0, 3 - len(point))).tolist()))) for i, point in enumerate(points)]
    lines += ["$EndNodes", "$Elements", str(len(elements))]
    lines += [f"{i + 1} {CODES[kind]} 2 {group} 1 " + " ".join(str(node + 1) for node in nodes) for i, (kind, group, nodes) in enumerate(elements)]
    return "\n".join([*lines, "$EndElements", ""])


def written(folder: Path, text: str | bytes) -> Domain:
    path = folder / "case.msh"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return Mesh(path)


def grid(*sizes: int) -> np.ndarray:
    return np.stack(np.meshgrid(*[np.linspace(0, 1, size + 1) for size in sizes], indexing="ij"), axis=-1).reshape(-1, len(sizes))


SQUARE = grid(1, 1)           # 0 (0, 0), 1 (0, 1), 2 (1, 0), 3 (1, 1)
SIDES = [("line", 1, (0, 1)), ("line", 2, (2, 3))]
CUBE = grid(1, 1, 1)
CUBE_ORDER = (0, 4, 6, 2, 1, 5, 7, 3)


def facet_integrals(domain: Domain, name: str) -> tuple[float, np.ndarray, np.ndarray]:
    """∮ 1, ∮ n and ∮ x n^T over a part by the midpoints of its facets, which is exact."""
    points = domain.shape.cells.points
    measure, normal, moment = 0.0, 0.0, 0.0
    for facets in domain.shape.facets[name]:
        for piece in [facets.cells] if facets.kind == "line" else split_faces(facets.cells):
            corner = points[piece]
            edges = corner[:, 1:] - corner[:, :1]
            area = np.sqrt(np.linalg.det(edges @ edges.transpose(0, 2, 1))) / factorial(edges.shape[1])
            measure = measure + area.sum()
            normal = normal + area @ facets.normals
            moment = moment + np.einsum("f,fi,fj->ij", area, corner.mean(axis=1), facets.normals)
    return measure, normal, moment


@pytest.mark.parametrize("name", FILES)
def test_flux_balance_holds_to_rounding(name: str) -> None:
    """∮ n = 0 and ∮ x n^T = |Ω| I, by quadrature."""
    domain = Mesh(MESHES / name)
    totals = [facet_integrals(domain, part) for part in domain.boundary.parts]
    size = domain.boundary.measure
    np.testing.assert_allclose(sum(total[1] for total in totals) / size, 0, atol=1e-12)
    np.testing.assert_allclose(sum(total[2] for total in totals), domain.measure * np.eye(len(domain.space)), atol=1e-12 * size)
    for part, total in zip(domain.boundary.parts, totals):
        assert domain.boundary[part].measure == pytest.approx(total[0], rel=1e-12)


@pytest.mark.parametrize("name", PAIRS)
def test_both_formats_give_the_same_domain(name: str) -> None:
    new, old = Mesh(MESHES / f"{name}.msh"), Mesh(MESHES / f"{name}_22.msh")
    assert new.boundary.parts == old.boundary.parts
    assert new.measure == pytest.approx(old.measure, rel=1e-12)
    for part in new.boundary.parts:
        assert new.boundary[part].measure == pytest.approx(old.boundary[part].measure, rel=1e-12)
    drawn = [domain.boundary.sample(300, np.random.default_rng(0)).coordinates for domain in (new, old)]
    assert new.contains(drawn[1], 1e-9).all() and old.contains(drawn[0], 1e-9).all()


@pytest.mark.parametrize("name", FILES)
def test_points_are_found_in_the_cells_that_hold_them(name: str) -> None:
    """Against every cell tried by solving for its barycentric coordinates."""
    domain = Mesh(MESHES / name)
    corners = simplices_of(domain.shape.cells.points, domain.shape.cells.cells)
    bounds = domain.bounds
    points = bounds[:, 0] + np.ptp(bounds, axis=1) * (1.2 * np.random.default_rng(0).random((300, len(bounds))) - 0.1)
    system = np.concatenate([corners.transpose(0, 2, 1), np.ones((len(corners), 1, corners.shape[1]))], axis=1)
    right = np.column_stack([points, np.ones(len(points))])
    weights = np.einsum("sij,nj->nsi", np.linalg.inv(system), right)
    np.testing.assert_array_equal(domain.contains(points), (weights >= 0).all(axis=2).any(axis=1))


@pytest.mark.parametrize("name", FILES)
def test_vertices_and_middles_of_cells_are_inside(name: str) -> None:
    domain = Mesh(MESHES / name)
    mesh = domain.shape.cells
    for cells in mesh.cells.values():
        assert domain.contains(mesh.points[cells].mean(axis=1)).all()
    assert domain.contains(mesh.points, 1e-9).all()


def test_all_of_a_million_points_are_located() -> None:
    domain = Mesh(MESHES / "channel_cylinder.msh")
    points = domain.interior.sample(2**20, np.random.default_rng(0)).coordinates
    assert len(points) == 2**20 and domain.contains(points).all()


def test_distance_to_facets_is_that_of_the_formula() -> None:
    """Within d of a unit segment: a stadium of area 2d + πd²; within d of a triangle of area A and perimeter P: 2Ad + πPd²/2 + 4πd³/3."""
    rng = np.random.default_rng(5)
    segment = FacetDistance(np.array([[[0.0, 0], [1, 0]]]))
    points = rng.random((200_000, 2)) * [2, 1] - [0.5, 0.5]
    assert 2 * segment.within(points, 0.2).mean() == pytest.approx(0.4 + pi * 0.04, rel=2e-2)
    triangle = FacetDistance(np.array([[[0.0, 0, 0], [1, 0, 0], [0, 1, 0]]]))
    points = rng.random((400_000, 3)) * [1.6, 1.6, 0.6] - [0.3, 0.3, 0.3]
    volume = 0.5 * 0.4 + pi * (2 + np.sqrt(2)) * 0.04 / 2 + 4 * pi * 0.008 / 3
    assert 1.6 * 1.6 * 0.6 * triangle.within(points, 0.2).mean() == pytest.approx(volume, rel=2e-2)


def test_bins_hold_every_item_that_reaches_into_them() -> None:
    lows = np.random.default_rng(0).random((50, 2))
    highs = lows + 0.3 * np.random.default_rng(1).random((50, 2))
    points = np.random.default_rng(2).random((2000, 2)) * 1.4 - 0.05
    found = BinGrid.over(lows, highs).any(points, lambda p, i: ((points[p] >= lows[i]) & (points[p] <= highs[i])).all(axis=1))
    expected = ((points[:, None] >= lows) & (points[:, None] <= highs)).all(axis=2).any(axis=1)
    np.testing.assert_array_equal(found, expected)


def test_one_simplex_is_located() -> None:
    locator = SimplexLocator.of(np.array([[[0.0, 0], [1, 0], [0, 1]]]))
    assert locator.contains(np.array([[0.2, 0.2], [0.6, 0.6], [0.5, 0.5], [-1, 0]])).tolist() == [True, False, True, False]


def test_quads_and_triangles_together(tmp_path: Path) -> None:
    points = np.array([[0, 0], [1, 0], [2, 0], [0, 1], [1, 1], [2, 1.0]])
    domain = written(tmp_path, msh22(points, [("quad", 0, (0, 1, 4, 3)), ("triangle", 0, (1, 2, 5)), ("triangle", 0, (1, 5, 4))]))
    assert domain.measure == pytest.approx(2) and domain.boundary.parts == ("unnamed",) and domain.boundary.measure == pytest.approx(6)


def test_a_dented_quad_is_cut_inside_itself(tmp_path: Path) -> None:
    """Area of the dart (0, 0), (2, 1), (0.5, 0.5), (1, 2) by the shoelace formula, whichever vertex is written first."""
    dart = np.array([[0, 0], [2, 1], [0.5, 0.5], [1, 2]])
    for turn, order in product(range(4), (1, -1)):
        domain = written(tmp_path, msh22(np.roll(dart, turn, axis=0)[::order], [("quad", 0, (0, 1, 2, 3))]))
        assert domain.measure == pytest.approx(0.5)
        assert not domain.contains(np.array([[0.7, 0.7]]))[0] and domain.contains(np.array([[0.4, 0.4]]))[0]


def solid(kind: str) -> tuple[np.ndarray, list[Element], float]:
    if kind == "hexahedron":
        return CUBE, [("hexahedron", 0, CUBE_ORDER)], 1.0
    if kind == "wedge":
        return CUBE, [("wedge", 0, (0, 4, 2, 1, 5, 3))], 0.5
    if kind == "pyramid":
        return np.vstack([CUBE, [[0.5, 0.5, 0.5]]]), [("pyramid", 0, (0, 4, 6, 2, 8))], 1 / 6
    return CUBE, [("tetra", 0, (0, 4, 2, 1))], 1 / 6


@pytest.mark.parametrize("kind", ["hexahedron", "wedge", "pyramid", "tetra"])
def test_every_kind_of_solid_cell_is_measured_and_in_balance(tmp_path: Path, kind: str) -> None:
    points, elements, volume = solid(kind)
    domain = written(tmp_path, msh22(points, elements))
    assert domain.measure == pytest.approx(volume)
    _, normal, moment = facet_integrals(domain, "unnamed")
    np.testing.assert_allclose(normal, 0, atol=1e-14)
    np.testing.assert_allclose(moment, volume * np.eye(3), atol=1e-14)


def test_hexahedra_with_warped_faces_meet_without_gaps(tmp_path: Path) -> None:
    points = grid(3, 3, 3) + 0.05 * np.random.default_rng(0).normal(size=(64, 3))
    number = np.arange(64).reshape(4, 4, 4)
    cells = [("hexahedron", 0, [int(number[i + a, j + b, k + c]) for a, b, c in
              ((0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0), (0, 0, 1), (1, 0, 1), (1, 1, 1), (0, 1, 1))])
             for i, j, k in product(range(3), repeat=3)]
    domain = written(tmp_path, msh22(points, cells))
    drawn = domain.boundary.sample(2000, np.random.default_rng(0))
    assert domain.contains(drawn.coordinates - 1e-9 * drawn.normals).all()
    inner = points[number[1:3, 1:3, 1:3].ravel()]
    assert domain.contains(inner + 1e-7 * np.random.default_rng(1).normal(size=inner.shape)).all()


def test_second_order_cells_count_by_their_corners(tmp_path: Path) -> None:
    points = np.vstack([SQUARE, [[0, 0.5], [0.5, 0], [0.5, 0.5], [1, 0.5], [0.5, 1]]])
    elements = [("triangle6", 3, (0, 2, 1, 5, 6, 4)), ("triangle6", 3, (2, 3, 1, 7, 8, 6)), ("line3", 1, (0, 1, 4)), ("line3", 2, (2, 3, 7))]
    domain = written(tmp_path, msh22(points, elements, [(1, 1, "in"), (1, 2, "out")]))
    assert domain.boundary.parts == ("in", "out", "unnamed") and domain.measure == pytest.approx(1)
    assert len(domain.shape.cells.points) == 4


def test_an_edge_in_two_groups_is_in_both_parts_and_counted_once(tmp_path: Path) -> None:
    """Version 2.2 writes such an element twice; the cell, too, stands in two groups."""
    elements = [("quad", 5, (0, 2, 3, 1)), ("quad", 6, (0, 2, 3, 1)), *SIDES, ("line", 3, (0, 1)), ("line", 3, (0, 2))]
    names = [(1, 1, "in"), (1, 2, "out"), (1, 3, "cold"), (2, 5, "all"), (2, 6, "body")]
    domain = written(tmp_path, msh22(SQUARE, elements, names))
    assert domain.measure == pytest.approx(1) and domain.boundary.measure == pytest.approx(4)
    assert {name: domain.boundary[name].measure for name in domain.boundary.parts} == pytest.approx({"in": 1, "cold": 2, "out": 1, "unnamed": 1})


def test_groups_may_share_a_name_between_dimensions_and_go_by_their_number_without_one(tmp_path: Path) -> None:
    elements = [("quad", 1, (0, 2, 3, 1)), ("line", 1, (0, 1)), ("line", 7, (2, 3)), ("vertex", 1, (0,))]
    domain = written(tmp_path, msh22(SQUARE, elements, [(0, 1, "part"), (1, 1, "part"), (2, 1, "part")]))
    assert domain.boundary.parts == ("part", "7", "unnamed")
    assert (domain.boundary["7"].sample(10, np.random.default_rng(0)).coordinates[:, 0] == 1).all()


def test_edges_inside_the_domain_are_no_boundary(tmp_path: Path) -> None:
    elements = [("triangle", 0, (0, 2, 1)), ("triangle", 0, (2, 3, 1)), ("line", 1, (2, 1)), ("line", 2, (0, 1))]
    domain = written(tmp_path, msh22(SQUARE, elements, [(1, 1, "diagonal"), (1, 2, "left")]))
    assert domain.boundary.parts == ("left", "unnamed")


def test_nodes_without_cells_and_a_constant_height_are_dropped(tmp_path: Path) -> None:
    points = np.column_stack([np.vstack([[[9, 9]], SQUARE]), [5, 2, 2, 2, 2]])
    domain = written(tmp_path, msh22(points, [("quad", 0, (1, 3, 4, 2))]))
    assert domain.names == ("x", "y") and domain.bounds.tolist() == [[0, 1], [0, 1]]


def msh41(binary: bool, saved_all: bool) -> bytes:
    """The unit square as a quad, with "in" (groups 1 and 3) and "out", in version 4.1; `saved_all` leaves other entities without groups."""
    def numbers(kind: str, *values: float) -> bytes:
        return struct.pack("<" + kind * len(values), *values) if binary else (" ".join(map(repr, values)) + "\n").encode()

    header = b"$MeshFormat\n4.1 " + (b"1 8\n" + numbers("i", 1) if binary else b"0 8") + b"\n$EndMeshFormat\n"
    names = b'$PhysicalNames\n3\n1 1 "in"\n1 2 "out"\n1 3 "cold"\n$EndPhysicalNames\n'
    entities = numbers("Q", 0, 3, 1, 0)
    for tag, groups in ((1, (1, 3)), (2, (2,)), (3, ())):
        entities += numbers("i", tag) + numbers("d", *[0.0] * 6) + numbers("Q", len(groups)) + numbers("i", *groups) + numbers("Q", 0)
    entities += numbers("i", 1) + numbers("d", *[0.0] * 6) + numbers("Q", 0) + numbers("Q", 3) + numbers("i", 1, 2, -3)
    nodes = numbers("Q", 1, 4, 10, 40) + numbers("i", 2, 1, 0) + numbers("Q", 4) + numbers("Q", 10, 20, 30, 40)
    nodes += numbers("d", *np.column_stack([SQUARE, np.zeros(4)]).ravel().tolist())
    blocks = [(1, 1, 1, (1, 10, 20)), (1, 2, 1, (2, 30, 40)), (2, 1, 3, (4, 10, 30, 40, 20))] + ([(1, 3, 1, (3, 10, 30))] if saved_all else [])
    elements = numbers("Q", len(blocks), len(blocks), 1, 4)
    for dimension, entity, code, row in blocks:
        elements += numbers("i", dimension, entity, code) + numbers("Q", 1) + numbers("Q", *row)
    sections = {b"Entities": entities, b"Nodes": nodes, b"Elements": elements}
    return header + names + b"".join(b"$" + name + b"\n" + body + b"\n$End" + name + b"\n" for name, body in sections.items())


@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize("saved_all", [False, True])
def test_version_4_is_read_as_text_and_binary_with_all_entities_saved_or_not(tmp_path: Path, binary: bool, saved_all: bool) -> None:
    domain = written(tmp_path, msh41(binary, saved_all))
    assert {name: domain.boundary[name].measure for name in domain.boundary.parts} == pytest.approx({"in": 1, "cold": 1, "out": 1, "unnamed": 2})
    assert domain.boundary.measure == pytest.approx(4)


def test_version_2_is_read_as_binary(tmp_path: Path) -> None:
    rows = b"".join(struct.pack("<i3d", i + 1, *point, 0.0) for i, point in enumerate(SQUARE))
    lines = struct.pack("<3i", 1, 2, 2) + struct.pack("<5i", 1, 1, 1, 1, 2) + struct.pack("<5i", 2, 2, 2, 3, 4)
    quad = struct.pack("<3i", 3, 1, 2) + struct.pack("<7i", 3, 0, 1, 1, 3, 4, 2)
    domain = written(tmp_path, b"$MeshFormat\n2.2 1 8\n" + struct.pack("<i", 1) + b"\n$EndMeshFormat\n$Nodes\n4\n" + rows
                     + b"\n$EndNodes\n$Elements\n3\n" + lines + quad + b"\n$EndElements\n")
    assert domain.boundary.parts == ("1", "2", "unnamed") and domain.measure == pytest.approx(1)


QUAD: Element = ("quad", 0, (0, 2, 3, 1))
TWO_HALVES = np.array([[0, 0], [1, 0], [1, 1], [0, 1], [1, 0], [2, 0], [2, 1], [1, 1.0]])
BAD_FILES = {
    "it is no gmsh file (no $MeshFormat at its start)": "solid cube\n",
    "its format is MSH 1; 2.2 and 4.1 can be read": "$MeshFormat\n1 0 8\n$EndMeshFormat\n",
    "it has no section $Nodes": "$MeshFormat\n2.2 0 8\n$EndMeshFormat\n",
    "section $Elements has no end": msh22(SQUARE, [QUAD]).replace("$EndElements", ""),
    "section $Elements ends before all its elements": msh22(SQUARE, [QUAD, QUAD]).replace("1 3 4 2\n$End", "1\n$End"),
    "it is damaged": msh22(SQUARE, [QUAD]).replace("1.0", "one"),
    "an element has a node that is not in the file": msh22(SQUARE, [("quad", 0, (0, 2, 3, 8))]),
    "elements of gmsh's type 92": msh22(SQUARE, [QUAD]).replace("1 3 2 0", "1 92 2 0"),
    "Mesh('case.msh') has no cells: no triangles, quads, tets or hexes": msh22(SQUARE, SIDES),
    "is a surface in space: its z runs over 1": msh22(CUBE, [("triangle", 0, (0, 4, 1))]),
    "has 1 degenerate cells, one at (0.5, 0.5)": msh22(np.array([[0, 0], [1, 0], [0, 1], [0.5, 0.5]]),
                                                  [("triangle", 0, (0, 1, 3)), ("triangle", 0, (1, 2, 3))]),
    "cells of Mesh('case.msh') overlap": msh22(np.vstack([SQUARE, [[0.4, 0.2]]]), [("triangle", 0, (0, 2, 1)), ("triangle", 0, (2, 4, 1))]),
    "a facet belongs to 3 cells": msh22(np.vstack([SQUARE, [[0.4, 0.2]]]),
                                        [("triangle", 0, (0, 2, 1)), ("triangle", 0, (2, 3, 1)), ("triangle", 0, (2, 4, 1))]),
    "its parts touch without sharing nodes": msh22(TWO_HALVES, [("quad", 0, (0, 1, 2, 3)), ("quad", 0, (4, 5, 6, 7))]),
    "two physical groups 'wall' of dimension 1: numbers 1 and 2": msh22(SQUARE, [QUAD, *SIDES], [(1, 1, "wall"), (1, 2, "wall")]),
}


@pytest.mark.parametrize(("message", "text"), BAD_FILES.items(), ids=list(BAD_FILES))
def test_a_bad_file_is_refused_with_its_name_and_the_reason(tmp_path: Path, message: str, text: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        written(tmp_path, text)
    assert message in caught.value.what and "case.msh" in caught.value.what and caught.value.hint
    assert Path(caught.value.where.file).name == Path(__file__).name


def test_a_real_slit_may_have_both_its_sides_named(tmp_path: Path) -> None:
    elements = [("quad", 0, (0, 1, 2, 3)), ("quad", 0, (4, 5, 6, 7)), ("line", 1, (1, 2)), ("line", 1, (4, 7))]
    domain = written(tmp_path, msh22(TWO_HALVES, elements, [(1, 1, "slit")]))
    assert domain.boundary["slit"].measure == pytest.approx(2) and domain.measure == pytest.approx(2)


@pytest.mark.parametrize("cut", [40, 300, 1000, 9000])
@pytest.mark.parametrize("name", ["star.msh", "star_22.msh"])
def test_a_truncated_file_is_refused(tmp_path: Path, name: str, cut: int) -> None:
    with pytest.raises(DeclarationError, match="cannot read mesh|has no cells"):
        written(tmp_path, (MESHES / name).read_bytes()[:cut])


def test_a_relative_path_is_found_from_the_problem_file() -> None:
    """This file lies in tests/, beside meshes/."""
    assert Mesh("meshes/star.msh").measure == pytest.approx(5 * 0.45 * np.sin(pi / 5))
