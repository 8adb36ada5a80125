"""Unknown numbers and functions of many kinds are found from what is known of the solution: manufactured problems with exact answers."""

from __future__ import annotations

import numpy as np
import pytest

from pinnaux import Condition, Field, Interval, Observations, Parameter, Problem, Rectangle, TimeInterval, diff, exp, integral, laplacian, pi, sin, solve

pytestmark = pytest.mark.slow


def relaxation(rate: float) -> Problem:
    """y' = −k y for three relaxation times, from 30 exact measurements of y = e^(−kt); nothing is said of the size of k."""
    domain = TimeInterval(0, 3 / rate)
    (t,), y, k = domain.coordinates, Field("y", domain), Parameter("k", positive=True)
    times = np.linspace(0.1, 3, 30)
    measured = Observations({"t": times / rate, "y": np.exp(-times)}, domain, columns=("y",))
    return Problem([y], [Condition("relaxation", diff(y, t) == -k * y, on=domain), Condition("start", y == 1, on=domain.initial),
                         Condition("seen", y == measured["y"], on=measured)])


@pytest.mark.parametrize("rate", [1e-12, 1e8])
def test_a_number_may_be_of_any_size(rate: float) -> None:
    assert solve(relaxation(rate)).parameters["k"] == pytest.approx(rate, rel=1e-4)


def law() -> Problem:
    """−(b(u) u')' = f with b = 1 + u/4 + u²/2 unknown but for its form, b(0) = 1 known, from 20 exact measurements of u = sin πx."""
    domain = Interval(0, 1)
    (x,), u = domain.coordinates, Field("u", domain)
    first, second = Parameter("b1", initial=0), Parameter("b2", initial=0)
    wave, places = sin(pi * x), np.linspace(0.03, 0.97, 20)
    measured = Observations({"x": places, "u": np.sin(np.pi * places)}, domain, columns=("u",))

    def flow(b: object, u: object) -> object:
        return -diff(b * diff(u, x), x)

    return Problem([u], [Condition("flow", flow(1 + first * u + second * u**2, u) == flow(1 + wave / 4 + wave**2 / 2, wave), on=domain),
                         Condition("ends", u == 0, on=domain.boundary), Condition("seen", u == measured["u"], on=measured)])


def test_a_law_of_the_unknown_itself_is_found_by_its_coefficients() -> None:
    found = solve(law(), time_limit=40).parameters
    assert found["b1"] == pytest.approx(0.25, rel=0.02) and found["b2"] == pytest.approx(0.5, rel=0.02)


def test_a_load_is_found_from_means_over_parts() -> None:
    """−u'' = a + b x from the integrals of u = a x (1 − x) / 2 + b x (1 − x²) / 6 over both halves, a = 1, b = 2."""
    domain = Interval(0, 1)
    (x,), u, a, b = domain.coordinates, Field("u", domain), Parameter("a", initial=0), Parameter("b", initial=0)
    ends = np.array([0, 0.5, 1])
    left, right = np.diff((ends**2 / 2 - ends**3 / 3) / 2 + 2 * (ends**2 / 2 - ends**4 / 4) / 6)
    problem = Problem([u], [Condition("balance", -diff(u, x, x) == a + b * x, on=domain), Condition("ends", u == 0, on=domain.boundary),
                            Condition("left half", integral(u, over=x, start=0, end=0.5) == left),
                            Condition("right half", integral(u, over=x, start=0.5, end=1) == right)])
    found = solve(problem).parameters
    assert found["a"] == pytest.approx(1, abs=1e-6) and found["b"] == pytest.approx(2, abs=1e-6)


def source() -> Problem:
    """−Δu = P e^(−|x − (a, b)|² / w²) with P = 2 at (0.3, 0.6), w = 0.2, on a square that is kept at 0; u by a double sine series."""
    domain, width = Rectangle((0, 0), (1, 1)), 0.2
    (x, y), u = domain.coordinates, Field("u", domain)
    strength, a, b = Parameter("P", positive=True), Parameter("a", lower=0, upper=1), Parameter("b", lower=0, upper=1)
    places = np.random.default_rng(0).uniform(0.05, 0.95, (30, 2))
    measured = Observations({"x": places[:, 0], "y": places[:, 1], "u": heated(places, 2.0, (0.3, 0.6), width)}, domain, columns=("u",))
    heating = strength * exp(-((x - a) ** 2 + (y - b) ** 2) / width**2)
    return Problem([u], [Condition("heat", -laplacian(u) == heating, on=domain), Condition("cold", u == 0, on=domain.boundary),
                         Condition("seen", u == measured["u"], on=measured)])


def heated(places: np.ndarray, strength: float, centre: tuple[float, float], width: float, modes: int = 60, nodes: int = 2000) -> np.ndarray:
    """u (N,) at places (N, 2): Σ f_mn sin mπx sin nπy / (m² + n²) π², f_mn by the midpoint rule."""
    middle, order = (np.arange(nodes) + 0.5) / nodes, np.pi * np.arange(1, modes + 1)
    waves = np.sin(np.outer(order, middle))
    first, second = (2 * waves @ np.exp(-((middle - one) ** 2) / width**2) / nodes for one in centre)
    amplitudes = strength * np.outer(first, second) / (order[:, None] ** 2 + order**2)
    return np.einsum("mn,mi,ni->i", amplitudes, np.sin(np.outer(order, places[:, 0])), np.sin(np.outer(order, places[:, 1])))


def test_strength_and_place_of_a_source_are_found() -> None:
    found = solve(source(), time_limit=40).parameters
    assert found["P"] == pytest.approx(2, rel=2e-3)
    assert (found["a"], found["b"]) == (pytest.approx(0.3, abs=1e-3), pytest.approx(0.6, abs=1e-3))
