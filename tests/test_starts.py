"""Unknown numbers start in the decade where measurements are fitted far better."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from compute_problems import SMALL, collocation

from pinnaux import Condition, Field, Interval, Observations, Parameter, Problem, TimeInterval, diff, pi, sin
from pinnaux.evaluate import parameter_value
from pinnaux.trainers.first_fit import first_fit
from pinnaux.trainers.starts import better_starts


def diffusion(true: float, **parameter: object) -> Problem:
    """u_t = D u_xx on a film of 1 mm for 200 s, u = e^(−D(π/L)²t) sin πx/L, from exact measurements."""
    domain = Interval(0, 1e-3) * TimeInterval(0, 200)
    (x, t), u, D = domain.coordinates, Field("u", domain), Parameter("D", **parameter)
    places, times = np.random.default_rng(0).random((2, 40)) * [[1e-3], [200]]
    values = np.exp(-true * (np.pi * 1e3) ** 2 * times) * np.sin(np.pi * 1e3 * places)
    measured = Observations({"x": places, "t": times, "u": values}, domain, columns=("u",))
    return Problem([u], [Condition("diffusion", diff(u, t) == D * diff(u, x, x), on=domain), Condition("ends", u == 0, on=domain.boundary),
                         Condition("start", u == sin(1e3 * pi * x), on=domain.initial), Condition("seen", u == measured["u"], on=measured)])


@pytest.mark.parametrize("parameter", [{"initial": 1e-11, "positive": True}, {"initial": 1.0, "positive": True}, {"initial": 1e-6},
                                       {"initial": 3e-12, "lower": 1e-12, "upper": 1e-5}], ids=["too small", "not thought of", "any sign", "bounds"])
def test_a_number_is_in_the_decade_where_measurements_are_fitted_before_training_starts(parameter: dict[str, object]) -> None:
    problem = diffusion(1e-9, **parameter)
    points = collocation(problem, **SMALL)
    fit = first_fit(points)
    free = better_starts(points, fit).get("D", fit.theta[-1].item())
    assert 1e-10 < parameter_value(problem.parameters[0], torch.tensor(free, dtype=torch.float64)) < 1e-8


def test_a_number_that_starts_well_stays_where_it_is() -> None:
    points = collocation(diffusion(1e-9, initial=2e-9, positive=True), **SMALL)
    assert better_starts(points, first_fit(points)) == {}


def test_numbers_that_hide_each_other_are_tried_together() -> None:
    """u_t = D u_xx − k u in metres and seconds: with k = 1 nothing is left of u whatever D is, and with D = 1 whatever k is."""
    generator, length = np.random.default_rng(3), 1e-3
    domain = Interval(0, length) * TimeInterval(0, 60)
    (x, t), u, rates = domain.coordinates, Field("u", domain), [Parameter(name, positive=True) for name in "Dk"]
    places, times = generator.uniform(0, length, 200), generator.uniform(0, 60, 200)
    values = sum(size * np.exp(-(3e-9 * (n * np.pi / length) ** 2 + 2e-3) * times) * np.sin(n * np.pi * places / length) for n, size in ((1, 1.0), (3, 0.5)))
    seen = Observations({"x": places, "t": times, "u": values + 0.02 * generator.standard_normal(200)}, domain, columns=("u",))
    points = collocation(Problem([u], [
        Condition("heat", diff(u, t) == rates[0] * diff(u, x, x) - rates[1] * u, on=domain), Condition("ends", u == 0, on=domain.boundary),
        Condition("start", u == sin(pi * x / length) + 0.5 * sin(3 * pi * x / length), on=domain.initial),
        Condition("seen", u == seen["u"], on=seen, noise=0.02)]), **SMALL)
    with torch.no_grad():
        found = better_starts(points, first_fit(points))
    assert abs(found["D"] - np.log(3e-9)) < 2.4 and found["k"] < np.log(0.2)
