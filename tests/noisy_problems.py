"""Inverse problems with noise whose least-squares estimates are known in closed form."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pinnaux import Condition, Field, Interval, Observations, Parameter, Problem, TimeInterval, diff, pi, sin

Array = NDArray[np.float64]


class Known(NamedTuple):
    """A problem, the least-squares estimates of its numbers, their covariance, and χ²."""

    problem: Problem
    estimates: Array
    covariance: Array
    chi_squared: float


def loads(seed: int, stated: bool = True, deviations: tuple[float, float] = (0.02, 0.1), counts: tuple[int, int] = (12, 30)) -> Known:
    """−u'' = a + b x on a bar held at both ends, a = 1, b = 2, from two sets of measurements: u = a x (1 − x) / 2 + b x (1 − x²) / 6."""
    generator = np.random.default_rng(seed)
    domain = Interval(0, 1)
    (x,), u, a, b = domain.coordinates, Field("u", domain), Parameter("a", 0.5), Parameter("b", 0.5)
    rows, right, conditions = [], [], []
    for name, count, deviation in zip(("good", "poor"), counts, deviations):
        places = generator.uniform(0.1, 0.9, count)
        shapes = np.column_stack([places * (1 - places) / 2, places * (1 - places**2) / 6])
        values = shapes @ [1, 2] + deviation * generator.standard_normal(count)
        measured = Observations({"x": places, "u": values}, domain, columns=("u",))
        conditions.append(Condition(name, u == measured["u"], on=measured, noise=deviation if stated else None))
        rows.append(shapes / deviation)
        right.append(values / deviation)
    matrix, values = np.concatenate(rows), np.concatenate(right)
    estimates, (chi_squared,), *_ = np.linalg.lstsq(matrix, values, rcond=None)
    problem = Problem([u], [Condition("balance", -diff(u, x, x) == a + b * x, on=domain), Condition("ends", u == 0, on=domain.boundary), *conditions])
    return Known(problem, estimates, np.linalg.inv(matrix.T @ matrix), float(chi_squared))


def fading(seed: int, deviation: float = 0.05, count: int = 30, stated: bool = True, rate: float = 1.3, unit: float = 1.0) -> Known:
    """y' = −k y, y(0) = 1, k = 1.3 unknown, from measurements of y = e^(−kt) on 0 < t ≤ 2; y and its noise in another unit."""
    generator = np.random.default_rng(seed)
    domain = TimeInterval(0, 2)
    (t,), y, k = domain.coordinates, Field("y", domain), Parameter("k", 1.0, positive=True)
    times = np.linspace(0.05, 2, count)
    values = np.exp(-rate * times) + deviation * generator.standard_normal(count)
    measured = Observations({"t": times, "y": unit * values}, domain, columns=("y",))
    found = rate
    for _ in range(50):  # Gauss-Newton
        slope = -times * np.exp(-found * times)
        found += slope @ (values - np.exp(-found * times)) / (slope @ slope)
    problem = Problem([y], [Condition("fading", diff(y, t) == -k * y, on=domain), Condition("start", y == unit, on=domain.initial),
                            Condition("seen", y == measured["y"], on=measured, noise=unit * deviation if stated else None)])
    residual = values - np.exp(-found * times)
    unit = deviation if stated else 1.0
    return Known(problem, np.array([found]), np.array([[unit**2 / (slope @ slope)]]), float(residual @ residual / unit**2))


def coefficient(places: Array, values: Array) -> Problem:
    """(a u')' = f on a rod held at both ends, a = 1 + x² unknown but at its left end, from measurements of u = sin πx."""
    domain = Interval(0, 1)
    (x,), u, a = domain.coordinates, Field("u", domain), Field("a", domain)
    measured = Observations({"x": places, "u": values}, domain, columns=("u",))
    load = diff((1 + x**2) * diff(sin(pi * x), x), x)
    return Problem([u, a], [Condition("balance", diff(a * diff(u, x), x) == load, on=domain), Condition("ends", u == 0, on=domain.boundary),
                            Condition("known", a == 1, on=domain.boundary["left"]), Condition("seen", u == measured["u"], on=measured)])
