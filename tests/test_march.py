"""Evolutions window by window: which problems are, what a window asks, and marches against exact and SciPy's solutions."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from compute_problems import bar, collocation, conductivity, decay, everything, oscillator, ring, source
from scipy.integrate import solve_ivp

from pinnaux import Condition, Field, Interval, Observations, Parameter, Problem, TimeInterval, cos, diff, exp, laplacian, pi, sin
from pinnaux.ansatz import Ansatz, Candidate, Group, Trained
from pinnaux.architecture import embedding
from pinnaux.collocation import Purpose
from pinnaux.evolution import Evolution
from pinnaux.jets.spec import JetSpec
from pinnaux.network import Network
from pinnaux.plan import Plan
from pinnaux.solver import solve
from pinnaux.trainers import rounds as marches
from pinnaux.trainers.features import held_out
from pinnaux.trainers.march import Marching
from pinnaux.trainers.window import Window

domain = Interval(0, 1) * TimeInterval(0, 2)
x, t = domain.coordinates
u = Field("u", domain)
HEAT = Condition("heat", diff(u, t) == diff(u, x, x), on=domain)
ENDS = Condition("ends", u == 0, on=domain.boundary)
START = Condition("start", u == sin(pi * x), on=domain.initial)


def heat() -> Problem:
    """u = e^(−π² t/10) sin πx, in a periodic interval so that a few features do."""
    ground = Interval(0, 2, periodic="x") * TimeInterval(0, 1)
    w, (place, time) = Field("w", ground), ground.coordinates
    exact = exp(-(pi**2) / 10 * time) * sin(pi * place)
    return Problem([w], [Condition("heat", diff(w, time) == laplacian(w) / 10, on=ground),
                         Condition("start", w == sin(pi * place), on=ground.initial)], exact={"w": exact})


def growth(rate: float = 2.0) -> Problem:
    """u' = rate u: whatever is wrong at first is wrong e^rate times as much a unit of time later."""
    times = TimeInterval(0, 3)
    v, (time,) = Field("v", times), times.coordinates
    return Problem([v], [Condition("growth", diff(v, time) == rate * v + sin(time), on=times), Condition("start", v == 1, on=times.initial)])


def test_evolutions_are_told_from_other_problems() -> None:
    measured = Observations({"x": [0.5], "t": [0.5], "value": [1.0]}, domain, columns=("value",))
    late = Condition("late", u == 0, on=domain.final)
    k = Parameter("k", 1.0)
    assert Evolution.of(Plan.of(Problem([u], [HEAT, ENDS, START]))).orders == ((u, 1),)
    assert {field.name: order for field, order in Evolution.of(Plan.of(oscillator())).orders} == {"a": 1, "b": 1}
    not_evolutions = [
        bar(), ring(), source(), conductivity(), everything(), Problem([u], [HEAT, ENDS]), Problem([u], [HEAT, ENDS, START, late]),
        Problem([u], [HEAT, ENDS, START, Condition("seen", u == measured["value"], on=measured)]),
        Problem([u], [Condition("heat", diff(u, t) == k * diff(u, x, x), on=domain), ENDS, START]),
        Problem([u], [Condition("wave", diff(u, t, t) == diff(u, x, x), on=domain), ENDS, START]),
        Problem([u], [HEAT, START, Condition("ends", u == 0, on=domain.boundary.where(t > 1))])]
    assert [Evolution.of(Plan.of(problem)) for problem in not_evolutions] == [None] * len(not_evolutions)


def window(start: float, end: float, before: Candidate | None = None) -> Window:
    points = replace(collocation(Problem([u], [HEAT, ENDS, START])), evenly=True)
    return Window(points, Evolution.of(points.plan), start, end, before)


def test_a_window_asks_conditions_in_its_own_time() -> None:
    blocks = {block.names[0]: block.surroundings.points for block in window(0.5, 0.75).blocks(400, Purpose(0, 1))}
    assert blocks.keys() == {"heat", "ends", "start"}
    for name, points in blocks.items():
        assert points[:, 1].min() >= 0.5 and points[:, 1].max() <= (0.5 if name == "start" else 0.75)
    assert blocks["heat"][:, 1].max() > 0.74 and blocks["heat"][:, 1].std().item() == pytest.approx(0.25 / math.sqrt(12), rel=0.05)


def test_a_window_goes_on_from_the_one_before() -> None:
    marching = marching_of(heat())
    march = marching.begin(1e-3)
    while not march.chain.pieces:
        march = marching.advance(march)
    later = Window(marching.collocation, marching.evolution, march.chain.end, 1.0, march.chain.pieces[0])
    block = later.starting(100, Purpose(0, 2))[0]
    assert block.names == ("w goes on",)
    piece = march.chain.pieces[0]
    assert block.residuals(piece.ansatz, piece.theta).abs().max() < 1e-14
    assert block.residuals(piece.ansatz, 0 * piece.theta).abs().max() > 0.1


def test_bent_features_have_points_where_the_state_bends() -> None:
    """u = tanh 50 (x − ½) bends in a twentieth of the interval."""
    network = Network.dense(embedding((u,), domain), (1,), 1, "tanh")
    group = Group(("u",), ("x", "t"), (Trained(network),))
    steep = Candidate(Ansatz((group,)), torch.tensor([25.0, 0.0, 0.0, 1.0, 0.0], dtype=torch.float64), 0.0)
    plain = window(0.5, 0.75)
    for one, share in ((plain, 0.1), (replace(plain, state=(steep, 0.5)), 0.3)):
        block = next(block for block in one.blocks(1000, Purpose(0, 3)) if block.names == ("heat",))
        near = (block.surroundings.points[:, 0] - 0.5).abs() < 0.05
        assert near.double().mean().item() == pytest.approx(share, abs=0.05) and len(near) == 1000


def marching_of(problem: Problem, **settings: object) -> Marching:
    points = collocation(problem, **{"window_units": (16, 32), "window_bases": (("sin", 2.0), ("bent", 8.0)), "held_out_points": 300, **settings})
    return Marching(replace(points, evenly=True), Evolution.of(points.plan))


def marched(problem: Problem, accuracy: float, count: int = 3, **settings: object) -> tuple[Marching, marches.Rounds]:
    """After so many marches."""
    marching = marching_of(problem, accuracy=accuracy, **settings)
    with torch.no_grad():
        judge, rounds = held_out(marching.collocation), marches.begin(marching)
        while rounds.march.rounds < count and not rounds.over:
            rounds = marches.advance(marching, judge, rounds)
    assert not rounds.over
    return marching, rounds


def values(rounds: marches.Rounds, points: np.ndarray) -> np.ndarray:
    """(N, unknowns) of the first group."""
    places = torch.as_tensor(points)
    return rounds.best.ansatz.groups[0].push(rounds.best.theta, places, JetSpec.closure(places.shape[1], []))[0][0].numpy()


def relative(found: np.ndarray, exact: np.ndarray) -> float:
    return float(np.linalg.norm(found - exact) / np.linalg.norm(exact))


def test_a_march_solves_an_equation_in_space_and_time() -> None:
    _, rounds = marched(heat(), 1e-4, 2)
    places = np.random.default_rng(0).random((500, 2)) * [2, 1]
    error = relative(values(rounds, places)[:, 0], np.exp(-(np.pi**2) / 10 * places[:, 1]) * np.sin(np.pi * places[:, 0]))
    assert error < 3e-4
    assert error / 10 < rounds.best.error


def test_a_march_through_an_oscillation_agrees_with_scipy() -> None:
    times = TimeInterval(0, 12)
    y, (time,) = Field("y", times), times.coordinates
    problem = Problem([y], [Condition("pendulum", diff(y, time, time) + sin(y) == 0.3 * cos(time), on=times),
                            Condition("place", y == 1, on=times.initial), Condition("speed", diff(y, time) == 0.5, on=times.initial)])
    _, rounds = marched(problem, 1e-8)
    moments = np.linspace(0, 12, 300)
    expected = solve_ivp(lambda s, state: [state[1], 0.3 * np.cos(s) - np.sin(state[0])], (0, 12), [1, 0.5], method="DOP853", t_eval=moments,
                         rtol=1e-12, atol=1e-12).y[0]
    error = relative(values(rounds, moments[:, None])[:, 0], expected)
    assert error < 1e-8
    assert error / 10 < rounds.best.error < 1e-7


@pytest.mark.parametrize("rate", [2.0, 6.0])
def test_the_difference_of_marches_sees_errors_grow(rate: float) -> None:
    """The error grows e^(3 rate) times: 400 times, or 7e7 times."""
    _, rounds = marched(growth(rate), 1e-6)
    moments = np.linspace(0, 3, 200)
    exact = np.exp(rate * moments) * (1 + 1 / (1 + rate**2)) - (rate * np.sin(moments) + np.cos(moments)) / (1 + rate**2)
    error = relative(values(rounds, moments[:, None])[:, 0], exact)
    assert error / 5 < rounds.best.error


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1])
def test_the_error_is_estimated_though_the_largest_residual_falls_faster(seed: int) -> None:
    """Predators and prey: from the first march to the second the largest residual fell 14 and 32 times, the error 4 and 2.4 times."""
    times = TimeInterval(0, 20)
    a, b = Field("a", times), Field("b", times)
    problem = Problem([a, b], [
        Condition("prey", diff(a, times.coordinates[0]) == 1.5 * a - a * b, on=times),
        Condition("predators", diff(b, times.coordinates[0]) == a * b - 3 * b, on=times),
        Condition("prey at first", a == 1, on=times.initial), Condition("predators at first", b == 1, on=times.initial)])
    _, rounds = marched(problem, 1e-4, 2, held_out_points=2000, seed=seed)
    moments = np.linspace(0, 20, 500)
    exact = solve_ivp(lambda _, state: [1.5 * state[0] - state[0] * state[1], state[0] * state[1] - 3 * state[1]], (0, 20), [1, 1],
                      method="DOP853", t_eval=moments, rtol=1e-12, atol=1e-12).y.T
    assert rounds.best.reliable
    assert relative(values(rounds, moments[:, None]), exact) < 3 * rounds.best.error


@pytest.mark.parametrize(("edges", "length", "tries", "expected"), [
    pytest.param((0.0, 0.2, 0.3, 0.5), 1e-3, 10, 10, id="one short by chance"), pytest.param((0.0, 0.2, 0.3, 0.5), 0.1, 10, 5, id="as now"),
    pytest.param((0.0, 1e-5, 2e-5, 3e-5), 2e-5, 20, np.log2(1 + (1 - 3e-5) / 2e-5), id="growing after a quick start"),
    pytest.param((0.0, 0.5), 0.1, 10, 0, id="too few to tell")])
def test_how_many_windows_are_left(edges: tuple[float, ...], length: float, tries: int, expected: float) -> None:
    marching = marching_of(decay())
    chain = marches.Chain(edges, (None,) * (len(edges) - 1))
    rounds = marches.Rounds(replace(marching.begin(1e-3), chain=chain, length=length, tries=tries))
    assert marches.windows_left(marching, rounds) == pytest.approx(expected)


def test_a_spike_in_a_short_window_counts_by_its_length() -> None:
    """∫ e^(−t/10⁻⁵) dt = 10⁻⁵: of 300 points spread evenly over the unit of time none would see it."""
    marching = marching_of(decay())
    points, shares = marches.spread(marching, marches.Chain((0.0, 1e-4, 0.3, 1.0), (None,) * 3))
    assert points.shape == (300, 1) and shares.sum().item() == pytest.approx(1)
    assert (shares @ torch.exp(-points[:, 0] / 1e-5)).item() == pytest.approx(1e-5, rel=0.05)


@pytest.mark.parametrize(("problem", "tighter"), [pytest.param(heat, 0.1, id="with space"), pytest.param(decay, 0.01, id="without")])
def test_the_next_march_is_tighter_by_what_makes_its_error_another(problem: Callable[[], Problem], tighter: float) -> None:
    marching, rounds = marched(problem(), 1e-4, 1)
    assert rounds.march.tolerance == pytest.approx(1e-3 * tighter)


def test_windows_grow_short_where_the_solution_is_quick() -> None:
    """u' = −200 (u − cos t): a layer of width 1/200 at first."""
    times = TimeInterval(0, 4)
    v, (time,) = Field("v", times), times.coordinates
    problem = Problem([v], [Condition("fast", diff(v, time) == -200 * (v - cos(time)), on=times), Condition("start", v == 2, on=times.initial)])
    _, rounds = marched(problem, 1e-6)
    edges = np.array(rounds.last.edges)
    lengths = np.diff(edges)
    assert lengths[0] < 0.1 and lengths[-1] > 5 * lengths[0]
    moments = np.linspace(0, 4, 400)
    particular = (200**2 * np.cos(moments) + 200 * np.sin(moments)) / (200**2 + 1)
    exact = particular + (2 - 200**2 / (200**2 + 1)) * np.exp(-200 * moments)
    assert relative(values(rounds, moments[:, None])[:, 0], exact) < 1e-6


def test_what_cannot_be_resolved_is_given_up() -> None:
    """u' = u², u(0) = 1 has no solution beyond t = 1."""
    times = TimeInterval(0, 2)
    v, (time,) = Field("v", times), times.coordinates
    problem = Problem([v], [Condition("explosion", diff(v, time) == v**2, on=times), Condition("start", v == 1, on=times.initial)])
    marching = marching_of(problem, accuracy=1e-6)
    with torch.no_grad():
        judge, rounds = held_out(marching.collocation), marches.begin(marching)
        while not rounds.over and rounds.march.tries < 400:
            rounds = marches.advance(marching, judge, rounds)
    assert rounds.over and rounds.best is None
    assert rounds.march.chain.end == pytest.approx(1.0, abs=1e-3)


def test_decay_is_an_evolution_of_its_exact_solution() -> None:
    _, rounds = marched(decay(), 1e-9)
    moments = np.linspace(0, 1, 50)
    assert relative(values(rounds, moments[:, None])[:, 0], 1 / (1 + moments)) < 1e-9


def test_a_start_that_contradicts_itself_is_soon_given_up() -> None:
    """u = 1 at first and 0 at the ends from then on."""
    problem = Problem([u], [HEAT, ENDS, Condition("start", u == 1, on=domain.initial)])
    marching = marching_of(problem, accuracy=1e-6)
    with torch.no_grad():
        judge, rounds = held_out(marching.collocation), marches.begin(marching)
        while not rounds.over:
            rounds = marches.advance(marching, judge, rounds)
    assert rounds.best is None and rounds.march.tries == marching.collocation.plan.settings.first_refusals


def rod(duration: float) -> Problem:
    """A weight on a rod falls from the horizontal: the rod's force is a field without a time derivative, its length a constraint."""
    times = TimeInterval(0, duration)
    a, b, force, (time,) = Field("a", times), Field("b", times), Field("force", times), times.coordinates
    return Problem([a, b, force], [
        Condition("across", diff(a, time, time) == -force * a, on=times), Condition("down", diff(b, time, time) == -force * b - 9.81, on=times),
        Condition("rod", a**2 + b**2 == 1, on=times), Condition("place", a == 1, on=times.initial), Condition("level", b == 0, on=times.initial),
        Condition("rest a", diff(a, time) == 0, on=times.initial), Condition("rest b", diff(b, time) == 0, on=times.initial)])


def test_steps_of_newton_follow_a_curved_constraint() -> None:
    """Straight steps leave the circle, and shorter ones get nowhere: the window is not solved without bending them (Maratos's effect)."""
    marching = marching_of(rod(1.6))
    with torch.no_grad():
        march = marching.advance(marching.begin(1e-6))
    assert march.chain.pieces
    assert march.chain.worst < 1e-10


def test_a_march_goes_back_where_the_state_is_too_inexact_to_go_on() -> None:
    """The end of the first windows violates the constraint by what was allowed, and no shorter window after them does better."""
    marching, rounds = marched(rod(5), 1e-4)
    moments = np.linspace(0, 5, 200)
    angle = solve_ivp(lambda s, state: [state[1], -9.81 * np.cos(state[0])], (0, 5), [0, 0], method="DOP853", t_eval=moments, rtol=1e-12, atol=1e-12).y[0]
    error = relative(values(rounds, moments[:, None])[:, :2], np.column_stack([np.cos(angle), np.sin(angle)]))
    assert error < 1e-4
    assert error / 10 < rounds.best.error




def kinetics(end: float) -> Problem:
    """Robertson's reactions, rates from 0.04 to 3e7, the first change within 1e-4 (H. H. Robertson, in Numerical Analysis: An Introduction, 1966)."""
    times = TimeInterval(0, end)
    time, = times.coordinates
    a, b, c = (Field(name, times) for name in "abc")
    rates = {"a": -0.04 * a + 1e4 * b * c, "b": 0.04 * a - 1e4 * b * c - 3e7 * b**2, "c": 3e7 * b**2}
    return Problem([a, b, c], [*(Condition(f"d{one.name}", diff(one, time) == rates[one.name], on=times) for one in (a, b, c)),
                               *(Condition(f"{one.name}0", one == float(one is a), on=times.initial) for one in (a, b, c))])


def relaxation(stiffness: float) -> Problem:
    """Van der Pol's oscillator, y'' = μ (1 − y²) y' − y, whose jumps are as short as 1/μ in a period of about 1.6 μ."""
    times = TimeInterval(0, 2 * stiffness)
    (time,), y = times.coordinates, Field("y", times)
    return Problem([y], [Condition("vdp", diff(y, time, time) == stiffness * (1 - y**2) * diff(y, time) - y, on=times),
                         Condition("y0", y == 2, on=times.initial), Condition("rest", diff(y, time) == 0, on=times.initial)])


@pytest.mark.slow
def test_stiff_reactions_are_followed_over_fifteen_powers_of_ten() -> None:
    solution = solve(kinetics(1e11))
    moments = np.logspace(-3, 11, 43)
    reference = solve_ivp(lambda t, y: [-0.04 * y[0] + 1e4 * y[1] * y[2], 0.04 * y[0] - 1e4 * y[1] * y[2] - 3e7 * y[1] ** 2, 3e7 * y[1] ** 2],
                          (0, 1e11), [1.0, 0.0, 0.0], method="Radau", rtol=1e-10, atol=1e-18, t_eval=moments).y
    found = solution(moments[:, None])
    assert solution.verdict.status == "accuracy"
    for name, expected in zip("abc", reference):
        assert np.linalg.norm(found[name] - expected) < 1e-3 * np.linalg.norm(expected)


@pytest.mark.slow
def test_a_stiff_oscillator_jumps_when_scipys_does() -> None:
    solution = solve(relaxation(1000.0))
    moments = np.linspace(1, 2000, 60)
    reference = solve_ivp(lambda t, y: [y[1], 1000 * (1 - y[0] ** 2) * y[1] - y[0]], (0, 2000), [2.0, 0.0], method="Radau", rtol=1e-11, atol=1e-13, t_eval=moments).y[0]
    assert np.linalg.norm(solution(moments[:, None])["y"] - reference) < 1e-5 * np.linalg.norm(reference)
    assert solution.verdict.status == "accuracy" and solution.verdict.error_estimate["y"] < 1e-4


def test_two_marches_without_space_have_windows_of_their_own() -> None:
    """Or what both have wrong in the same way would be told right."""
    points = collocation(decay(), first_window=0.05)
    marching, chains = Marching(points, Evolution.of(points.plan)), []
    with torch.no_grad():
        before = None
        for _ in range(2):
            march = marching.begin(1e-2, before)
            while not marching.finished(march):
                march = marching.advance(march)
            chains.append(march.chain.edges)
            before = march
    assert len(chains[0]) > 5 and abs(chains[0][3] - chains[1][3]) > 0.05 * chains[0][3]
