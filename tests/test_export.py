"""The files for ParaView hold the solution's own values, at the places, times and under the names that they say."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import known
import meshio
import numpy as np
import pytest
import pyvista
from vtkmodules.vtkIOXML import vtkXMLUnstructuredGridWriter

from pinnaux import (
    Box, Condition, Disk, Field, Interval, Observations, Polygon, Problem, Rectangle, TimeInterval, diff, laplacian,
    pi, solve, sqrt,
)
from pinnaux.errors import TrainingError, UsageError
from pinnaux.export import TIMES, export
from pinnaux.geometry.mesh import Mesh

MESHES = Path(__file__).parent.parent / "meshes"
SINGLE = 1e-6       # relative rounding of float32, and a little


def collection(path) -> list[dict[str, str]]:
    return [dict(entry.attrib) for entry in ElementTree.parse(path).iter("DataSet")]


def block(path, name: str, step: int = 0) -> pyvista.UnstructuredGrid:
    entries = [entry for entry in collection(path) if entry["name"] == name]
    return pyvista.read(path.parent / entries[step]["file"])


def close(read, expected) -> bool:
    return np.allclose(read, expected, rtol=SINGLE, atol=SINGLE)


@pytest.fixture(scope="module")
def corner(tmp_path_factory):
    solution = known.corner()
    return solution, export(solution, tmp_path_factory.mktemp("corner"), "corner")


@pytest.fixture(scope="module")
def flow(tmp_path_factory):
    solution = known.flow()
    return solution, export(solution, tmp_path_factory.mktemp("flow"), "flow")


@pytest.mark.parametrize("read", [pyvista.read, meshio.read])
@pytest.mark.parametrize("name", ["domain", "edge 0", "edge 5"])
def test_scalars_vectors_and_matrices_are_the_solutions_values_padded_to_space(corner, read, name):
    solution, path = corner
    file = next(entry["file"] for entry in collection(path) if entry["name"] == name)
    grid = read(path.parent / file)
    points, arrays = np.asarray(grid.points), grid.point_data
    values = solution(points[:, :2])
    assert np.array_equal(points[:, 2], np.zeros(len(points)))
    assert close(arrays["u"], values["u"])
    assert close(arrays["gradient"], np.column_stack([values["gradient"], 0 * points[:, 0]]))
    assert close(np.asarray(arrays["hessian"]).reshape(-1, 3, 3), np.pad(values["hessian"], ((0, 0), (0, 1), (0, 1))))
    assert {arrays[key].dtype for key in ("u", "gradient", "hessian")} == {np.dtype("float32")}


CURVED = {
    "ring": Rectangle((1, 0), (2, 2 * pi)).polar(),
    "disk": Rectangle((0, 0), (2, 2 * pi)).polar(),
    "half plane": (Rectangle((0, -1), (2, 1)) - Disk((0, 0), 0.5)).cylindrical(),
    "tube in time": Box((1, 0, -1), (2, 3, 1)).cylindrical() * TimeInterval(0, 1),
    "ball": Rectangle((0, 0), (1, pi)).spherical(),
    "radius": Interval(0, 1).polar(),
}


@pytest.mark.parametrize("name", CURVED)
def test_curvilinear_coordinates_become_places_and_vectors_cartesian(tmp_path, name):
    """What known.curved is in Cartesian coordinates is in the file, on the domain and on every boundary part."""
    domain = CURVED[name]
    path = export(known.curved(domain), tmp_path, "curved")
    size = len(domain.frame.axes)
    for part in ("domain", *domain.boundary_names):
        grid = block(path, part)
        x, _, z = np.asarray(grid.points, dtype=float).T
        assert close(grid["u"], x)
        flow = np.column_stack([1 + z, x, 0 * x - 2])
        flow[:, size:] = 0
        assert np.allclose(grid["flow"], flow, atol=1e-5)
        spin = np.pad(known.SPIN[:size, :size], (0, 3 - size))
        assert np.allclose(np.asarray(grid["spin"]).reshape(-1, 3, 3), spin, atol=1e-5)
        assert part == "domain" or np.allclose(np.linalg.norm(grid["normal"], axis=1), 1, atol=1e-6)
    entries = [entry for entry in collection(path) if entry["name"] == "domain"]
    assert len(entries) == (TIMES if domain.time else 1)


def test_the_outer_normal_of_a_ring_points_away_from_its_middle(tmp_path):
    path = export(known.curved(CURVED["ring"]), tmp_path, "ring")
    for part, sign in (("left", -1), ("right", 1)):
        rim = block(path, part)
        assert np.allclose(rim["normal"], sign * rim.points / np.linalg.norm(rim.points, axis=1)[:, None], atol=1e-6)
    assert block(path, "domain").area == pytest.approx(3 * np.pi, rel=1e-2)


@pytest.mark.parametrize("name", ["ring", "half plane", "ball"])
def test_a_file_of_curvilinear_coordinates_is_read_back_as_observations(tmp_path, name):
    domain = CURVED[name]
    solution = known.curved(domain)
    file = export(solution, tmp_path, "curved").parent / "curved_0000.vtu"
    probes = Observations(file, domain, columns=("u", "flow"))
    points = probes.sample(1, np.random.default_rng(0))
    found = solution(points.coordinates)
    assert np.allclose(points.columns["u"], found["u"], atol=1e-5)
    read = np.column_stack([points.columns[f"flow_{label}"] for label in domain.frame.labels])
    assert np.allclose(read, found["flow"], atol=1e-5)
    assert probes["flow"].shape == (len(domain.frame.axes),)


def test_a_steady_problem_has_one_file_a_block_and_no_times(corner):
    _, path = corner
    entries = collection(path)
    assert [entry["name"] for entry in entries] == ["domain", *(f"edge {number}" for number in range(6))]
    assert [entry["part"] for entry in entries] == [str(number) for number in range(7)]
    assert all("timestep" not in entry for entry in entries)


def test_the_mesh_covers_the_domain_and_its_notch_stays_empty(corner):
    _, path = corner
    grid = block(path, "domain")
    assert grid.area == pytest.approx(3, rel=1e-12)
    centres = grid.cell_centers().points
    assert not ((centres[:, 0] > 0) & (centres[:, 1] > 0)).any()


def test_boundary_parts_have_their_length_and_outward_unit_normals(corner):
    _, path = corner
    edges = [block(path, f"edge {number}") for number in range(6)]
    assert sum(edge.compute_cell_sizes()["Length"].sum() for edge in edges) == pytest.approx(8, rel=1e-6)
    wanted = [(0, 1), (1, 0), (0, -1), (-1, 0), (0, 1), (1, 0)]
    for edge, normal in zip(edges, wanted, strict=True):
        assert close(edge.point_data["normal"], np.tile([*normal, 0], (edge.n_points, 1)))


def test_a_conditions_residual_is_on_the_parts_it_lives_on_and_zero_where_its_predicate_leaves_off(corner):
    _, path = corner
    edge = block(path, "edge 1")                # x = 1, from y = 0 down to -1
    y = edge.points[:, 1]
    assert close(edge.point_data["residual wall"], 1 + edge.points[:, 0])
    assert close(edge.point_data["residual low"], np.where(y < -0.5, 5, 0))
    assert (y < -0.5).any() and (y > -0.5).any()
    assert "residual low" not in block(path, "edge 0").point_data
    assert "residual poisson" not in block(path, "domain").point_data


def test_times_are_the_physical_times_and_each_has_all_blocks(flow):
    _, path = flow
    entries = collection(path)
    times = sorted({float(entry["timestep"]) for entry in entries})
    assert times == np.linspace(0, 3, TIMES).tolist()
    blocks = ["domain", "left", "right", "bottom", "top", "hole"]
    for time in times:
        assert [entry["name"] for entry in entries if float(entry["timestep"]) == time] == blocks


@pytest.mark.parametrize("step", [0, 7, TIMES - 1])
def test_each_file_has_the_values_of_its_time(flow, step):
    solution, path = flow
    for name in ("domain", "hole"):
        grid = block(path, name, step)
        time = float([entry for entry in collection(path) if entry["name"] == name][step]["timestep"])
        points = np.column_stack([grid.points[:, :2], np.full(grid.n_points, time)])
        values = solution(points)
        assert close(grid.point_data["p"], values["p"])
        assert close(grid.point_data["velocity"][:, :2], values["velocity"])
    assert close(grid.point_data["residual no slip"], np.column_stack([points[:, :2] * time, 0 * points[:, 0]]))


def test_the_hole_is_a_circle_with_normals_into_it(flow):
    _, path = flow
    hole = block(path, "hole")
    from_centre = hole.points - np.array([0.5, 0.5, 0])
    assert np.allclose(np.linalg.norm(from_centre, axis=1), 0.2, rtol=1e-6)
    assert close(hole.point_data["normal"], -from_centre / 0.2)


def test_the_judged_points_can_be_seen_with_residual_condition_and_time(flow):
    solution, path = flow
    grid = pyvista.read(path.parent / "flow_points.vtu")
    assert grid.n_cells == grid.n_points == 100
    for number, name in enumerate(["motion", "no slip"]):
        points, residuals = solution.residuals(name)
        chosen = grid.point_data["condition"] == number
        assert np.allclose(grid.points[chosen, :2], points.coordinates[:, :2])
        assert close(grid.point_data["t"][chosen], points.coordinates[:, 2])
        assert close(grid.point_data["residual"][chosen], np.sqrt((residuals**2).sum(axis=1)))


def test_one_coordinate_and_time_is_also_a_surface(tmp_path):
    solution = known.wave()
    export(solution, tmp_path, "wave")
    sheet = pyvista.read(tmp_path / "wave_spacetime.vtu")
    assert sheet.area == pytest.approx(3 * 1.5, rel=1e-9)
    points = sheet.points[:, :2]
    assert close(sheet.point_data["u"], solution(points)["u"])
    assert close(sheet.point_data["u_error"], solution(points)["u"] - 2 * points[:, 0] * points[:, 1])


def test_what_is_complex_is_written_as_its_parts(tmp_path):
    path = export(known.packet(), tmp_path, "packet")
    grid = block(path, "domain", TIMES - 1)
    x = grid.points[:, 0]
    assert set(grid.point_data) == {"psi_real", "psi_imag", "psi_real_error", "psi_imag_error", "density"}
    assert close(grid["psi_real"], 2 * np.cos(2 * x)) and close(grid["psi_imag"], 2 * np.sin(2 * x)) and close(grid["density"], 4 + 0 * x)
    assert close(grid["psi_imag_error"], np.sin(2 * x))


def test_a_line_has_its_ends_as_blocks(tmp_path):
    path = export(known.bar(), tmp_path, "bar")
    for name, place, normal in (("left", -1, -1), ("right", 2, 1)):
        end = block(path, name)
        assert np.array_equal(end.points, [[place, 0, 0]]) and end.n_cells == 1
        assert np.array_equal(end.point_data["normal"], [[normal, 0, 0]])
        assert end.point_data["residual ends"] == pytest.approx([place])


def test_a_solid_is_filled_with_its_volume(tmp_path):
    solution = known.box(3)
    path = export(solution, tmp_path, "box")
    grid = block(path, "domain")
    assert grid.volume == pytest.approx(1, rel=1e-9)
    assert close(grid.point_data["u"], solution(np.asarray(grid.points))["u"])
    assert block(path, "front").area == pytest.approx(1, rel=1e-9)


def test_more_than_three_coordinates_are_shown_as_the_middle_slice(tmp_path):
    solution = known.box(5)
    grid = block(export(solution, tmp_path, "box"), "domain")
    points = np.column_stack([grid.points, np.full((grid.n_points, 2), 0.5)])
    assert close(grid.point_data["u"], solution(points)["u"])


@pytest.mark.parametrize("name, parts", [
    ("channel_cylinder.msh", {"inlet", "outlet", "walls", "cylinder"}),
    ("box_hole.msh", None),
])
def test_a_mesh_that_was_given_is_written_as_it_was(tmp_path, name, parts):
    domain = Mesh(MESHES / name)
    u = Field("u", domain)
    problem = Problem([u], [Condition("balance", laplacian(u) == 1, on=domain), Condition("rim", u == 0, on=domain.boundary)])
    path = export(known.KnownSolution(problem, {"u": lambda points: points[:, 0]}), tmp_path, "mesh")
    grid, given = block(path, "domain"), domain.shape.cells
    assert np.array_equal(np.asarray(grid.points)[:, :len(domain.space)], given.points)
    assert grid.n_cells == sum(len(cells) for cells in given.cells.values())
    names = {entry["name"] for entry in collection(path)} - {"domain"}
    assert names == (parts or set(domain.boundary_names))
    assert close(grid.point_data["u"], grid.points[:, 0])


def test_a_problem_in_time_alone_is_a_curve_along_its_time(tmp_path):
    path = export(known.decay(), tmp_path, "decay")
    assert [entry["name"] for entry in collection(path)] == ["domain"]
    grid = block(path, "domain")
    assert grid.compute_cell_sizes()["Length"].sum() == pytest.approx(3)
    assert close(grid.point_data["u"], np.exp(-grid.points[:, 0]))


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e300])
def test_an_output_that_is_not_finite_is_refused_by_name_and_the_collection_stays_as_it_was(tmp_path, value):
    solution = known.corner()
    path = export(solution, tmp_path, "corner")
    before = path.read_bytes()
    good = solution.values["u"]
    solution.values = {**solution.values, "u": lambda points: np.where(points[:, 0] > 0.9, value, good(points))}
    with pytest.raises(TrainingError, match="'u' is not a finite number at [0-9]+ of [0-9]+ points"):
        export(solution, tmp_path, "corner")
    assert path.read_bytes() == before
    assert all((tmp_path / entry["file"]).is_file() for entry in collection(path))


def test_a_grid_that_vtk_cannot_encode_is_refused_with_its_size(monkeypatch, tmp_path):
    class Full(vtkXMLUnstructuredGridWriter):
        def Write(self) -> int:
            return 0

    monkeypatch.setattr("vtkmodules.vtkIOXML.vtkXMLUnstructuredGridWriter", Full)
    with pytest.raises(UsageError, match="VTK could not encode a grid of [0-9]+ points") as caught:
        export(known.corner(), tmp_path, "corner")
    assert caught.value.hint


def test_files_of_an_earlier_longer_run_are_removed_and_those_of_others_kept(tmp_path):
    export(known.wave(), tmp_path, "run")
    export(known.bar(), tmp_path, "run_2")
    longer = {path.name for path in tmp_path.glob("run_*.vtu")}
    export(known.corner(), tmp_path, "run")
    now = {path.name for path in tmp_path.glob("*.vtu")}
    assert "run_0020.vtu" in longer and "run_left_0000.vtu" in longer
    assert not {"run_0020.vtu", "run_left_0000.vtu"} & now
    for name in ("run.pvd", "run_2.pvd"):
        assert {entry["file"] for entry in collection(tmp_path / name)} <= now


def test_an_unreadable_former_collection_is_replaced(tmp_path):
    (tmp_path / "bar.pvd").write_text("<half a fi")
    path = export(known.bar(), tmp_path, "bar")
    assert len(collection(path)) == 3


def test_an_interrupted_export_leaves_the_former_collection_and_whole_files(tmp_path):
    path = export(known.wave(), tmp_path, "wave")
    before = path.read_bytes()
    solution = known.wave()
    whole = solution.values["u"]

    def interrupted(points):
        if points[0, 1] > 1:
            raise KeyboardInterrupt
        return whole(points)

    solution.values = {**solution.values, "u": interrupted}
    with pytest.raises(KeyboardInterrupt):
        export(solution, tmp_path, "wave")
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir() if file.name.startswith(".")] == []
    for file in tmp_path.glob("*.vtu"):
        assert pyvista.read(file).n_points > 0


def test_parts_whose_names_are_no_file_names_get_their_numbers(tmp_path):
    domain = Disk((0, 0), 1, name="Rand ö") - Disk((0.5, 0), 0.1, name="a/b") - Disk((-0.5, 0), 0.1, name="a b")
    domain -= Disk((0, 0), 0.1, name="äß")
    u = Field("u", domain)
    problem = Problem([u], [Condition("balance", laplacian(u) == 1, on=domain), Condition("rim", u == 0, on=domain.boundary)])
    path = export(known.KnownSolution(problem, {"u": lambda points: points[:, 0]}), tmp_path, "disk")
    names = {entry["name"]: entry["file"] for entry in collection(path)}
    assert set(names) == {"domain", "Rand ö", "a/b", "a b", "äß"}
    assert len(set(names.values())) == 5 and all(name.isascii() and "/" not in name for name in names.values())


def test_an_infinite_gradient_at_a_corner_neither_stops_the_files_nor_ruins_their_range(tmp_path):
    """r^(-1/3) at the re-entrant corner is written as its value a little inside, a residual that is not finite as 0."""
    domain = Polygon([(0, 0), (1, 0), (1, -1), (-1, -1), (-1, 1), (0, 1)])
    u = Field("u", domain)
    problem = Problem([u], [Condition("balance", laplacian(u) == 0, on=domain), Condition("wall", u == 0, on=domain.boundary)],
                      outputs={"u": u, "slope": u**2})

    def slope(points):
        with np.errstate(divide="ignore"):
            return np.hypot(*points.T) ** (-1 / 3)

    solution = known.KnownSolution(problem, {"u": lambda p: p[:, 0], "slope": slope}, {"wall": lambda p: slope(p)[:, None]})
    path = export(solution, tmp_path, "corner")
    grid = block(path, "domain")
    at_corner = np.linalg.norm(grid.points, axis=1) == 0
    np.testing.assert_allclose(grid["slope"][at_corner], (1e-3 * 2) ** (-1 / 3), rtol=1e-5)
    others = np.asarray(grid.points)[~at_corner, :2].astype(float)
    np.testing.assert_allclose(grid["slope"][~at_corner], slope(others), rtol=1e-5)
    assert all(np.isfinite(block(path, name)["residual wall"]).all() for name in domain.boundary_names)


def test_a_failed_run_is_written_all_the_same(tmp_path: Path) -> None:
    """An equation that is undefined everywhere leaves residuals that are no numbers; the field is finite and gets its files."""
    domain = Interval(0, 1)
    u, (x,) = Field("u", domain), domain.coordinates
    problem = Problem([u], [Condition("balance", diff(u, x, x) == sqrt(x - 2), on=domain), Condition("ends", u == 0, on=domain.boundary)])
    solution = solve(problem)
    assert solution.verdict.status == "failure"
    assert export(solution, tmp_path, "bar").is_file() and (tmp_path / "bar_points.vtu").is_file()


@pytest.mark.parametrize("huge", [1e39, np.inf, 50.0])
def test_a_residual_out_of_all_proportion_at_a_corner_is_written_as_nothing_there(tmp_path: Path, huge: float) -> None:
    solution = known.corner()
    solution.residual_functions["wall"] = lambda p: np.where(np.abs(p - (1, -1)).max(axis=1) < 1e-12, huge, 2 + p[:, 0])[:, None]
    edge = block(export(solution, tmp_path, "corner"), "edge 1")
    vertex = np.abs(edge.points[:, :2] - (1, -1)).max(axis=1) < 1e-6
    assert vertex.any()
    assert close(edge.point_data["residual wall"], np.where(vertex, 0, 2 + edge.points[:, 0]))
