"""Solutions: evaluated anywhere, judged on fresh points, saved and loaded. None of them is trained here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import reference
import torch
from compute_problems import bar, collocation, conductivity, everything, plate, small_ansatz
from reference import assert_same

from pinnaux import (
    ComplexField, Condition, Disk, Field, Interval, Observations, Parameter, Polygon, Problem, Rectangle, VectorField, cos, diff, div, exp,
    grad, laplacian, norm, pi, pointwise, sin,
)
from pinnaux.ansatz import Ansatz, Features, Frozen, Group, Tangent, Trained
from pinnaux.collocation import Purpose
from pinnaux.errors import UsageError
from pinnaux.geometry.points import Points
from pinnaux.jets.inputs import Embedding
from pinnaux.network import Network
from pinnaux.solution import Solution
from pinnaux.verdict import ConditionVerdict, Verdict

VERDICT = Verdict("steps", "for a test", 1e-4, {"balance": ConditionVerdict(1.0, 0.5, 2.0, 10)}, {"u": 0.25}, {"u": 0.5}, elapsed=1.5, steps=3)


def untrained(problem: Problem) -> Solution:
    """A small network at random."""
    ansatz, theta = small_ansatz(problem)
    return Solution(problem, collocation(problem), ansatz, theta, VERDICT)


def wave(amplitude: float, problem: Problem | None = None) -> Solution:
    """amplitude · sin πx, exactly, as the solution of the bar."""
    network = Network.dense(Embedding((0.0,), (1 / np.pi,), (0.0,)), (1,), 1, "sin")
    features = Features(network, torch.tensor([1.0, 0.0], dtype=torch.float64))
    theta = torch.tensor([amplitude, 0.0], dtype=torch.float64)
    problem = problem or bar()
    return Solution(problem, collocation(problem), Ansatz((Group(("u",), ("x",), (features,)),)), theta, VERDICT)


def plain(solution: Solution, group: int, points: torch.Tensor) -> torch.Tensor:
    """(N, unknowns) of a group of an untrained solution by plain torch functions."""
    (branch,), own = solution.ansatz.groups[group].branches, solution.ansatz.split(solution.theta)[group]
    return reference.values(branch.network, torch.cat([branch.hidden, own]) if isinstance(branch, Features) else own, points)


def inside(problem: Problem, count: int) -> np.ndarray:
    low, high = problem.domain.bounds.T
    return low + (high - low) * np.random.default_rng(0).random((count, len(low)))


def test_everything_at_hand_in_a_notebook_prints_itself_on_one_short_line() -> None:
    solution = untrained(everything())
    problem = solution.problem
    points, _ = solution.residuals(problem.conditions[0].name)
    shown = [solution, solution.verdict, solution.collocation, solution.collocation.plan, solution.ansatz, problem, problem.domain,
             *problem.fields, *problem.conditions, *(condition.region for condition in problem.conditions), points]
    assert [repr(one) for one in shown if "\n" in repr(one) or len(repr(one)) > 200] == []
    assert repr(wave(1.0)) == "Solution(u: steps, estimated relative error 2.5e-01)"
    assert repr(bar()) == "Problem(u on Interval(0, 1): balance, ends)"
    assert repr(bar().conditions[0]) == "Condition(balance: -u_xx == 9.8696*sin(3.14159*x) on interior)"
    assert repr(Points(np.zeros((5, 2)))) == "Points(5 with 2 coordinates)"


def test_many_points_evaluated_in_chunks_agree_with_the_networks_values() -> None:
    solution = untrained(everything())
    points = inside(solution.problem, 50_000)
    found = solution(points)
    assert_same(torch.tensor(found["velocity"]), plain(solution, 0, torch.tensor(points)), 1e-13)
    assert_same(torch.tensor(found["q"]), plain(solution, 1, torch.tensor(points[:, [0, 2]]))[:, 0], 1e-13, 0)
    for row in (0, 19_999, 20_000, 40_000, 49_999):
        alone = solution(points[row:row + 1])
        assert all(np.allclose(alone[name][0], found[name][row], rtol=1e-13, atol=0) for name in found)


def test_outputs_have_the_values_and_shapes_of_their_formulas() -> None:
    domain = Rectangle((0, 0), (1, 2))
    velocity, p = VectorField("velocity", domain, components=("u", "v")), Field("p", domain)
    x, y = domain.coordinates
    u, v = velocity
    solution = untrained(Problem([velocity, p], [Condition("all", (laplacian(velocity) == grad(p)), on=domain)], outputs={
        "speed": (u**2 + v**2) ** 0.5, "velocity": velocity, "gradient": grad(velocity), "vorticity": diff(v, x) - diff(u, y) + x,
        "divergence": div(velocity), "constant": 0 * p + 3, "pair": (p, y)}))
    points = torch.tensor(inside(solution.problem, 9)).requires_grad_()
    (one, two, pressure) = plain(solution, 0, points).T
    slopes = torch.stack([reference.slope(one, points), reference.slope(two, points)], dim=1)
    expected = {
        "velocity": torch.stack([one, two], 1), "p": pressure, "speed": torch.hypot(one, two), "gradient": slopes,
        "vorticity": slopes[:, 1, 0] - slopes[:, 0, 1] + points[:, 0], "divergence": slopes[:, 0, 0] + slopes[:, 1, 1],
        "constant": torch.full((9,), 3.0, dtype=torch.float64), "pair": torch.stack([pressure, points[:, 1]], 1)}
    found = solution(points.detach().numpy())
    assert set(found) == set(expected)
    for name, values in expected.items():
        assert_same(torch.tensor(found[name]), values.detach(), 1e-12, 0)


def test_parameters_are_given_by_name() -> None:
    solution = untrained(everything())
    assert solution.parameters == {"k": pytest.approx(0.7 * np.exp(solution.theta[-1].item()))}


@pytest.mark.parametrize("points", [np.zeros(3), np.zeros((4, 2)), np.zeros((2, 3, 3)), np.zeros((4, 4))])
def test_points_of_another_shape_are_refused(points: np.ndarray) -> None:
    with pytest.raises(UsageError) as refused:
        untrained(everything())(points)
    assert str(points.shape) in str(refused.value) and "x, y, t" in str(refused.value) and "shape (N, 3)" in str(refused.value)


def test_no_points_give_no_values() -> None:
    found = untrained(everything())(np.zeros((0, 3)))
    assert {name: values.shape for name, values in found.items()} == {"velocity": (0, 2), "q": (0,)}


def test_residuals_are_those_of_the_condition_at_the_points_given() -> None:
    solution = untrained(everything())
    points, found = solution.residuals("motion", solution.problem.domain.interior.sample(20, np.random.default_rng(1)))
    block = replace(solution.collocation, evenly=True).block(0, points)
    assert_same(torch.tensor(found), block.residuals(solution.ansatz, solution.theta)[:2].T, 1e-14)
    _, found = wave(1.5).residuals("balance", points=bar().domain.interior.sample(20, np.random.default_rng(1)))
    where = bar().domain.interior.sample(20, np.random.default_rng(1)).coordinates
    assert found == pytest.approx(0.5 * np.pi**2 * np.sin(np.pi * where), rel=1e-12)


def test_residuals_at_fresh_points_are_at_none_that_was_trained_on() -> None:
    solution = untrained(plate())
    points, found = solution.residuals("balance")
    again, _ = solution.residuals("balance")
    assert np.array_equal(points.coordinates, again.coordinates) and found.shape == (len(points), 1)
    for number in range(5):
        trained = solution.collocation.blocks(500, Purpose(0, number))[0].surroundings.points.tolist()
        assert not set(map(tuple, points.coordinates)) & set(map(tuple, trained))


def test_an_unknown_condition_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError) as refused:
        untrained(plate()).residuals("wall")
    assert "no condition 'wall'" in str(refused.value) and "balance, walls, flux" in str(refused.value)


def test_errors_are_relative_to_the_exact_solution() -> None:
    assert wave(1.25).errors() == {"u": pytest.approx(0.25, rel=1e-12)}
    assert wave(1.0).errors()["u"] < 1e-15
    points = np.array([[0.1], [0.5]])
    assert wave(0.0).errors(points) == {"u": pytest.approx(1.0)}
    assert wave(0.0).errors(points.astype(np.float32)) == {"u": pytest.approx(1.0)}
    domain = Rectangle((0, 0), (1, 2))
    velocity = VectorField("velocity", domain, components=("u", "v"))
    x, y = domain.coordinates
    solution = untrained(Problem([velocity], [Condition("all", laplacian(velocity) + velocity == (x, y), on=domain)], exact={"velocity": (x, sin(y)), "v": y}))
    grid = inside(solution.problem, 50)
    found = plain(solution, 0, torch.tensor(grid)).numpy()
    exact = np.column_stack([grid[:, 0], np.sin(grid[:, 1])])
    whole = np.linalg.norm(found - exact) / np.linalg.norm(exact)
    second = np.linalg.norm(found[:, 1] - grid[:, 1]) / np.linalg.norm(grid[:, 1])
    assert solution.errors(grid) == pytest.approx({"velocity": whole, "v": second}, rel=1e-12)
    assert untrained(everything()).errors() == {}


def scattering() -> Problem:
    """A complex field with an exact solution, and complex outputs of all shapes."""
    domain = Rectangle((0, 0), (1, 1))
    (x, y), u = domain.coordinates, ComplexField("u", domain)
    conditions = [Condition("helmholtz", laplacian(u) + (9 + 1j) * u == 0, on=domain), Condition("wall", u == 1j * x, on=domain.boundary)]
    return Problem([u], conditions, outputs={"flux": 1j * grad(u), "size": norm((u, 1j * u))}, exact={"u": exp(3j * x)})


def test_what_is_complex_has_complex_values_and_one_error_for_both_parts() -> None:
    solution = untrained(scattering())
    points = inside(solution.problem, 50)
    found, parts = solution(points), plain(solution, 0, torch.tensor(points)).numpy()
    u, exact = parts @ [1, 1j], np.exp(3j * points[:, 0])
    assert np.allclose(found["u"], u, rtol=1e-12)
    assert np.allclose(found["size"], np.sqrt(2) * np.abs(u), rtol=1e-12) and found["size"].dtype == float
    slopes = solution.evaluate(grad(solution.problem.fields[0]).components, points)
    assert np.allclose(found["flux"], 1j * (slopes[:2] + 1j * slopes[2:]).T, rtol=1e-12)
    assert solution.errors(points) == {"u": pytest.approx(np.linalg.norm(u - exact) / np.linalg.norm(exact), rel=1e-12)}
    _, residuals = solution.residuals("wall", Points(points, None))
    assert np.allclose(residuals @ [1, 1j], u - 1j * points[:, 0], rtol=1e-12)


def test_a_verdict_says_how_large_residuals_are() -> None:
    solution = wave(1.5)
    for name, found in solution.judged().items():
        points, values = solution.residuals(name)
        assert found.points == len(points)
        assert found.rms == pytest.approx(np.sqrt(np.mean(values**2)), rel=1e-12, abs=1e-15)
        assert found.largest == pytest.approx(np.abs(values).max(), rel=1e-12, abs=1e-15)


def test_relative_residuals_are_one_for_the_zero_solution_and_small_for_the_exact_one() -> None:
    assert wave(0.0).judged()["balance"].relative == pytest.approx(1.0)
    assert wave(1.0).judged()["balance"].relative < 1e-12
    assert wave(1.1).judged()["balance"].relative == pytest.approx(0.1 / 1.1, rel=0.05)


def scaled_bar(factor: float, size: float) -> Problem:
    """The bar with its equation multiplied by a factor and its solution by a size."""
    domain = Interval(0, 1)
    u, (x,) = Field("u", domain), domain.coordinates
    return Problem([u], [Condition("balance", -factor * diff(u, x, x) == factor * size * pi**2 * sin(pi * x), on=domain),
                         Condition("ends", factor * u == 0, on=domain.boundary)])


def test_relative_residuals_do_not_depend_on_units() -> None:
    expected = wave(1.1, scaled_bar(1.0, 1.0)).judged()["balance"].relative
    for factor, size in ((1e3, 1.0), (1.0, 1e-5), (1e-4, 1e6)):
        assert wave(1.1 * size, scaled_bar(factor, size)).judged()["balance"].relative == pytest.approx(expected, rel=1e-9)


def test_a_boundary_value_of_zero_is_measured_against_the_solution_inside() -> None:
    """u = 0.01 on the ends of a bar where u is about 1."""
    solution = wave(1.0)
    shifted = replace(solution, theta=solution.theta + torch.tensor([0.0, 0.01], dtype=torch.float64))
    assert shifted.judged()["ends"].relative == pytest.approx(0.01 / np.sqrt(0.5), rel=0.05)


@pytest.mark.parametrize("slope, offset", [(1.0, 0.0), (1e-3, 0.0), (1e-15, 2.0), (1.0, 300.0)], ids=["line", "small", "constant", "offset"])
@pytest.mark.parametrize("length", [1.0, 1e-3, 1e3])
def test_where_all_terms_vanish_rounding_is_measured_against_the_solution(length: float, slope: float, offset: float) -> None:
    """u'' = 0 with u a line, up to a curvature of the size of rounding."""
    domain = Interval(0, length)
    u, (x,) = Field("u", domain), domain.coordinates
    problem = Problem([u], [Condition("balance", diff(u, x, x) == 0, on=domain), Condition("flux", diff(u, x) == slope / length, on=domain)])
    network = Network.dense(Embedding((0.0,), (length,), (0.0,)), (1,), 1, "sin")
    branch = Features(network, torch.tensor([1e-7, 0.0], dtype=torch.float64))
    theta = torch.tensor([slope / 1e-7, offset], dtype=torch.float64)
    found = Solution(problem, collocation(problem), Ansatz((Group(("u",), ("x",), (branch,)),)), theta, VERDICT)
    assert found.judged()["balance"].relative < 1e-12


def branches_of_all_kinds() -> Solution:
    """Trained, tangent, frozen and feature branches in one."""
    solution = untrained(bar())
    (branch,) = solution.ansatz.groups[0].branches
    own = solution.theta
    group = Group(("u",), ("x",), (branch, Tangent(branch.network, own), Frozen(Trained(branch.network), own), *wave(1.0).ansatz.groups[0].branches))
    theta = torch.linspace(-1, 1, group.size, dtype=torch.float64)
    return Solution(solution.problem, solution.collocation, Ansatz((group,)), theta, VERDICT)


@pytest.mark.parametrize("make", [lambda: untrained(everything()), lambda: untrained(conductivity()), branches_of_all_kinds,
                                  lambda: untrained(scattering())], ids=["everything", "parameter", "branches", "complex"])
def test_a_solution_that_is_saved_and_loaded_is_the_same(make: Callable[[], Solution], tmp_path: Path) -> None:
    solution = make()
    solution.save(tmp_path / "solution.pt")
    loaded = Solution.load(tmp_path / "solution.pt", solution.problem)
    points = inside(solution.problem, 30)
    for name, values in solution(points).items():
        assert np.array_equal(loaded(points)[name], values)
    assert loaded.parameters == solution.parameters and loaded.verdict == solution.verdict
    for one, other in zip(loaded.judged().values(), solution.judged().values()):
        assert one == other


def changed_conductivity(**changes: float) -> Problem:
    """As `conductivity`, with other bounds, start or measurements."""
    domain = Interval(0, 1)
    (x,), u = domain.coordinates, Field("u", domain)
    given: Mapping[str, float] = {"initial": 1.0, "lower": 0.5, "upper": 5.0, **changes}
    k = Parameter("k", **given)
    return Problem([u], [Condition("balance", -k * diff(u, x, x) == sin(pi * x), on=domain), Condition("ends", u == 0, on=domain.boundary)])


def periodic_problem(periodic: tuple[str, ...]) -> Problem:
    domain = Rectangle((0, 0), (1, 1), periodic=periodic)
    u = Field("u", domain)
    return Problem([u], [Condition("balance", laplacian(u) == u, on=domain)])


def varied(corner: float = 2.0, factor: float = 1.23456789, far: float = 1.0, law: Callable = torch.sin, measured: float = 1.0,
           below: bool = True) -> Problem:
    """A problem of many parts, each of which may be varied a little."""
    domain = Polygon([(0, 0), (corner, 0), (2, 1), (0, 1)]) - Disk((0.5, far / 2), 0.1)
    (x, y), u = domain.coordinates, Field("u", domain)
    probes = Observations({"x": [0.2, 0.3], "y": [0.1, 0.2], "u": [measured, 2.0]}, domain, columns=("u",))
    long = sum(sin(k * x) * cos(k * y) for k in range(1, 30)) + far * y
    where = domain.boundary.where(x < 0.5) if below else domain.boundary.where(x > 0.5)
    return Problem([u], [
        Condition("balance", laplacian(u) + factor * pointwise(law)(x) == long, on=domain),
        Condition("wall", u == 0, on=where),
        Condition("probes", u == probes["u"], on=probes),
    ])


def test_what_is_computed_from_a_solution_may_change(tmp_path: Path) -> None:
    untrained(varied()).save(tmp_path / "solution.pt")
    problem = varied()
    loaded = Solution.load(tmp_path / "solution.pt", Problem(problem.fields, problem.conditions, outputs={"twice": 2 * problem.fields[0]}))
    points = np.array([[1.5, 0.5]])
    assert loaded(points)["twice"] == 2 * loaded(points)["u"]


@pytest.mark.parametrize("change", [{"corner": 2.000001}, {"factor": 1.23456712}, {"far": 1.0001}, {"law": torch.cos}, {"measured": 1.0000001},
                                    {"below": False}], ids=lambda change: next(iter(change)))
def test_the_smallest_change_makes_another_problem(change: Mapping[str, object], tmp_path: Path) -> None:
    untrained(varied()).save(tmp_path / "solution.pt")
    Solution.load(tmp_path / "solution.pt", varied())
    with pytest.raises(UsageError, match="of another problem"):
        Solution.load(tmp_path / "solution.pt", varied(**change))


def test_a_law_that_fails_outside_its_range_does_not_keep_a_solution_from_being_saved(tmp_path: Path) -> None:
    def law(a: torch.Tensor) -> torch.Tensor:
        if (a < 0).any():
            raise ValueError("below the table")
        return a.sqrt()

    untrained(varied(law=law)).save(tmp_path / "solution.pt")
    assert Solution.load(tmp_path / "solution.pt", varied(law=law)).theta.isfinite().all()


def test_a_solution_whose_classes_had_other_fields_is_of_another_version(tmp_path: Path) -> None:
    untrained(bar()).save(tmp_path / "solution.pt")
    tree = torch.load(tmp_path / "solution.pt")
    torch.save({**tree, "format": tree["format"].replace("accuracy", "precision")}, tmp_path / "older.pt")
    with pytest.raises(UsageError, match="no solution of this version"):
        Solution.load(tmp_path / "older.pt", bar())


@pytest.mark.parametrize("saved, other", [
    (bar(), bar(2.0)), (bar(), plate()), (everything(), conductivity()), (changed_conductivity(), changed_conductivity(upper=6.0)),
    (changed_conductivity(), changed_conductivity(initial=1.1)), (periodic_problem(()), periodic_problem(("x",))),
], ids=["equation", "domain", "fields", "bounds", "start", "periodic"])
def test_the_solution_of_another_problem_is_refused(saved: Problem, other: Problem, tmp_path: Path) -> None:
    untrained(saved).save(tmp_path / "solution.pt")
    assert Solution.load(tmp_path / "solution.pt", saved).problem is saved
    with pytest.raises(UsageError) as refused:
        Solution.load(tmp_path / "solution.pt", other)
    assert "solution.pt is the solution of another problem" in str(refused.value) and "solve again" in str(refused.value)


@pytest.mark.parametrize("content", [b"hello", b"", b"PK\x03\x04 no archive", bytes(range(256)) * 40],
                         ids=["text", "empty", "false archive", "noise"])
def test_a_file_that_is_no_solution_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "solution.pt"
    path.write_bytes(content)
    with pytest.raises(UsageError) as refused:
        Solution.load(path, bar())
    assert "solution.pt" in str(refused.value)


def test_half_a_file_and_a_missing_one_are_refused(tmp_path: Path) -> None:
    untrained(bar()).save(tmp_path / "whole.pt")
    (tmp_path / "half.pt").write_bytes((tmp_path / "whole.pt").read_bytes()[:2000])
    for name in ("half.pt", "missing.pt"):
        with pytest.raises(UsageError, match=f"{name} cannot be read as a solution"):
            Solution.load(tmp_path / name, bar())


def test_a_file_of_torch_that_holds_something_else_is_refused(tmp_path: Path) -> None:
    torch.save({"weights": torch.zeros(3)}, tmp_path / "other.pt")
    with pytest.raises(UsageError, match="other.pt is no solution of this version"):
        Solution.load(tmp_path / "other.pt", bar())
