"""The picture of a solution: every output has its panels, with the right values, and the empty parts of the domain stay empty."""

from __future__ import annotations

import known
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import TriMesh
from matplotlib.figure import Figure
from matplotlib.image import imread
from matplotlib.quiver import Quiver

from pinnaux import Ball, Box, Condition, Disk, Field, Interval, Problem, Rectangle, TimeInterval, grad, laplacian, pi
from pinnaux.geometry import Domain
from pinnaux.maps import maps, outline
from pinnaux.plot import arranged, draw, plot, size

CASES = {"bar": known.bar, "bar exact": lambda: known.bar(exact=True), "wave": known.wave, "corner": known.corner, "flow": known.flow,
         "box 3": lambda: known.box(3), "box 5": lambda: known.box(5), "decay": known.decay, "packet": known.packet}


def drawn(solution) -> Figure:
    figure = Figure(layout="constrained")
    draw(figure, solution)
    return figure


def titles(figure: Figure) -> list[str]:
    return [axes.get_title() for axes in figure.axes if axes.get_title()]


@pytest.mark.parametrize("name", CASES)
def test_a_picture_is_written_whole_and_is_not_blank(tmp_path, name):
    path = plot(CASES[name](), tmp_path / "picture.png")
    assert [file.name for file in tmp_path.iterdir()] == ["picture.png"]
    pixels = imread(path)
    assert min(pixels.shape[:2]) > 300
    assert len(np.unique(pixels.reshape(-1, pixels.shape[2])[::7], axis=0)) > 20


@pytest.mark.parametrize("name, expected", [
    ("bar", ["u"]),
    ("bar exact", ["u", "u − exact"]),
    ("decay", ["u", "u − exact"]),
    ("wave", ["u", "u", "u − exact"]),
    ("packet", ["psi_real", "psi_real", "psi_real − exact", "psi_imag", "psi_imag", "psi_imag − exact", "density", "density"]),
    ("corner", ["u", "|gradient|", "|hessian|"]),
    ("flow", ["|velocity|, t = 0", "|velocity|, t = 1.5", "|velocity|, t = 3", "p, t = 0", "p, t = 1.5", "p, t = 3"]),
    ("box 3", ["u, z = 0.5", "u, y = 0.5", "u, x = 0.5"]),
    ("box 5", ["u, x3 = 0.5, x4 = 0.5, x5 = 0.5", "u, x2 = 0.5, x4 = 0.5, x5 = 0.5", "u, x1 = 0.5, x4 = 0.5, x5 = 0.5"]),
])
def test_every_output_has_its_titled_panels(name, expected):
    assert titles(drawn(CASES[name]())) == expected


@pytest.mark.parametrize(("domain", "labels", "area"), [
    (Rectangle((1, 0), (2, pi / 2)).polar(), ("x", "y"), 3 * np.pi / 4),
    (Rectangle((0, 0), (2, 2 * pi)).polar(), ("x", "y"), 4 * np.pi),
    ((Rectangle((0, 0), (1, 4)) - Disk((0, 2), 0.5)).cylindrical(), ("r", "z"), 4 - np.pi / 8),
    (Rectangle((0, 0), (2, pi)).spherical(), ("x", "z"), 2 * np.pi),
])
def test_maps_of_curvilinear_coordinates_are_drawn_in_space(domain, labels, area):
    (each,) = maps(domain)
    corners = each.plane[each.triangles]
    sides = corners[:, 1:] - corners[:, :1]
    assert each.labels == labels and each.equal
    assert 0.5 * np.abs(np.linalg.det(sides)).sum() == pytest.approx(area, rel=1e-2)
    figure = drawn(known.curved(domain))
    assert [axes.get_xlabel() for axes in figure.axes[:3]] == [labels[0]] * 3


def test_slices_in_three_curvilinear_coordinates_are_drawn_over_the_coordinates():
    found = maps(Box((1, 0, 0), (2, 3, 1)).cylindrical())
    assert [each.labels for each in found] == [("r", "theta"), ("r", "z"), ("theta", "z")]
    assert not any(each.equal for each in found)


def test_curves_are_the_solution_at_their_times():
    solution = known.wave()
    axes = drawn(solution).axes[0]
    curves = {line.get_label(): line for line in axes.lines if line.get_label().startswith("t = ")}
    assert list(curves) == ["t = 0.5", "t = 0.875", "t = 1.25", "t = 1.625", "t = 2"]
    for label, line in curves.items():
        x, u = line.get_data()
        assert np.allclose(u, np.sin(3 * x) * np.cos(2 * float(label[4:])), atol=1e-12)
        assert (x[0], x[-1]) == (-1, 2) and (np.diff(x) > 0).all()


def test_curves_of_a_complex_field_are_its_parts():
    real, imag = (axes for axes in drawn(known.packet()).axes if axes.get_title() in ("psi_real", "psi_imag") and len(axes.lines))
    for axes, wave in ((real, np.cos), (imag, np.sin)):
        last = next(line for line in axes.lines if line.get_label() == "t = 1")
        exact = next(line for line in axes.lines if line.get_label() == "exact")
        assert np.allclose(last.get_ydata(), 2 * wave(2 * last.get_xdata()), atol=1e-12)
        assert np.allclose(exact.get_ydata(), wave(2 * exact.get_xdata()), atol=1e-12)


def test_a_map_leaves_the_notch_of_the_domain_blank():
    mesh = next(each for each in drawn(known.corner()).axes[0].collections if isinstance(each, TriMesh))
    triangulation = mesh._triangulation
    x, y = triangulation.x[triangulation.triangles].mean(axis=1), triangulation.y[triangulation.triangles].mean(axis=1)
    assert len(x) > 100 and not ((x > 0) & (y > 0)).any()
    assert np.allclose(mesh.get_array(), triangulation.x**2 * triangulation.y, atol=1e-12)


def test_maps_of_different_times_share_their_colours():
    solution = known.flow()
    axes = [axes for axes in drawn(solution).axes if axes.get_title().startswith("p")]
    limits = {next(each for each in each.collections if isinstance(each, TriMesh)).get_clim() for each in axes}
    (low, high), = limits
    assert (low, high) == pytest.approx((0, 5), abs=0.05)


def test_vectors_have_arrows_along_them():
    solution = known.flow()
    axes = next(axes for axes in drawn(solution).axes if axes.get_title() == "|velocity|, t = 3")
    arrows = next(each for each in axes.collections if isinstance(each, Quiver))
    at = np.column_stack([arrows.XY, np.full(len(arrows.XY), 3.0)])
    assert len(at) > 50
    assert np.allclose(np.column_stack([arrows.U, arrows.V]), solution(at)["velocity"], atol=1e-12)


def test_the_error_panel_is_the_difference_with_white_at_zero():
    solution = known.wave()
    axes = next(axes for axes in drawn(solution).axes if axes.get_title() == "u − exact")
    mesh = next(each for each in axes.collections if isinstance(each, TriMesh))
    t, x = mesh._triangulation.x, mesh._triangulation.y
    error = np.sin(3 * x) * np.cos(2 * t) - 2 * x * t
    assert np.allclose(mesh.get_array(), error, atol=1e-12)
    assert mesh.get_clim() == pytest.approx((-np.abs(error).max(), np.abs(error).max()))


def test_a_slice_of_a_ball_is_round():
    ball = Ball((1, 0, 0), 2)
    for each in maps(ball):
        edges = each.plane[outline(each.triangles)]
        centre = [1 if label == "x" else 0 for label in each.labels]
        assert np.allclose(np.linalg.norm(edges - centre, axis=2), 2, atol=1e-5)
        assert np.array_equal(each.points[:, each.axes], each.plane)


def test_a_constant_output_is_drawn(tmp_path):
    solution = known.corner()
    solution.values = {**solution.values, "u": lambda points: np.zeros(len(points))}
    assert plot(solution, tmp_path / "picture.png").is_file()


def test_single_panels_stand_side_by_side_and_wrap():
    figure = Figure()
    found = arranged(figure, {"a": 1, "b": 2, "c": 1, "d": 1}, usual=1, height=3)
    places = {name: [axes.get_subplotspec().num1 for axes in panels] for name, panels in found.items()}
    assert places == {"a": [0], "b": [1, 2], "c": [3], "d": [4]}
    assert sum(axes.axison for axes in figure.axes) == 5 and len(figure.axes) == 8


def test_several_panels_are_a_row_each():
    found = arranged(Figure(), {"a": 3, "b": 2}, usual=2, height=3)
    assert {name: [axes.get_subplotspec().num1 for axes in panels] for name, panels in found.items()} == {"a": [0, 1, 2], "b": [3, 4]}


@pytest.mark.parametrize("values, expected", [(np.array([-3.0]), -3), (np.array([[3.0, 4.0]]), 5), (np.full((1, 2, 2), 2.0), 4)])
def test_one_colour_shows_a_scalar_a_length_or_a_matrix_norm(values, expected):
    assert size(values) == pytest.approx([expected])


def test_fields_that_are_no_outputs_are_drawn_too_and_a_vector_that_is_zero_needs_no_arrows(tmp_path):
    domain = Rectangle((0, 0), (1, 1))
    u = Field("u", domain)
    problem = Problem([u], [Condition("balance", laplacian(u) == 0, on=domain)], outputs={"flux": grad(u)})
    solution = known.KnownSolution(problem, {"u": lambda p: 1 + p[:, 0], "flux": lambda p: 0 * p})
    assert titles(drawn(solution)) == ["u", "|flux|"]
    plot(solution, tmp_path / "picture.png")


@pytest.mark.parametrize("domain", [
    Rectangle((0, 0), (0.05, 1)), Rectangle((0, 0), (1, 0.02)), Rectangle((0, 0), (1, 0.15)), Rectangle((0, 0), (3e-5, 1e-5)) * TimeInterval(0, 1e-6),
    Rectangle((123456, 0), (123466, 4)), Interval(299999, 300001) * TimeInterval(1e5, 1.0001e5), Interval(0, 5e-5)])
def test_no_number_at_an_axis_lies_on_another(domain: Domain) -> None:
    u = Field("u", domain)
    problem = Problem([u], [Condition("all", u == 0, on=domain)], exact={"u": domain.coordinates[0]})
    figure = drawn(known.KnownSolution(problem, {"u": lambda points: points[:, 0]}))
    FigureCanvasAgg(figure).draw()
    for axes in figure.axes:
        for axis, start, end in ((axes.xaxis, "x0", "x1"), (axes.yaxis, "y0", "y1")):
            low, high = sorted(axis.get_view_interval())
            labels = [label for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high for label in (tick.label1, tick.label2)]
            extents = [label.get_window_extent() for label in labels if label.get_visible() and label.get_text()]
            spans = sorted((getattr(one, start), getattr(one, end)) for one in extents)
            assert all(one[1] < other[0] for one, other in zip(spans, spans[1:]))
