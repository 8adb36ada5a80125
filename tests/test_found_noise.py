"""Noise that nobody stated is found where measurements contradict the equations, and only there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from compute_problems import SMALL, collocation, conductivity, everything, plate
from noisy_problems import coefficient, fading, loads

from pinnaux import load
from pinnaux.solver import prepare
from pinnaux.trainers.first_fit import first_fit
from pinnaux.trainers.found_noise import found_noise, silent
from pinnaux.trainers.measurements import heard
from pinnaux.units import field_units

CAVITY = Path(__file__).parent.parent / "problems" / "cavity.py"


@pytest.mark.parametrize("deviation", [1e-3, 0.05, 0.2])
def test_noise_is_what_the_fit_leaves_of_measurements(deviation: float) -> None:
    known = fading(0, deviation, 24, stated=False)
    assert heard(collocation(known.problem, **SMALL)).noise == {"seen": pytest.approx((known.chi_squared / 24) ** 0.5, rel=1e-4)}


@pytest.mark.parametrize("deviation", [0.0, 0.02, 0.1])
def test_noise_is_found_where_nothing_moves_away_from_the_zero_solution(deviation: float) -> None:
    """An unknown coefficient times an unknown gradient: at zero, the equation sees neither."""
    places, errors = np.linspace(0, 1, 200), deviation * np.random.default_rng(0).standard_normal(200)
    expected = {"seen": pytest.approx(np.sqrt(np.mean(errors**2)), rel=0.1)} if deviation else {}
    assert heard(collocation(coefficient(places, np.sin(np.pi * places) + errors), **SMALL)).noise == expected


@pytest.mark.parametrize("unit", [1e-9, 1e6])
def test_noise_is_found_in_whatever_unit_is_measured(unit: float) -> None:
    known = fading(0, 0.05, 24, stated=False, unit=unit)
    points = collocation(known.problem, **SMALL)
    with torch.no_grad():
        found = heard(replace(points, units=field_units(points))).noise
    assert found == {"seen": pytest.approx(unit * (known.chi_squared / 24) ** 0.5, rel=1e-4)}


def test_two_sets_of_measurements_have_their_own() -> None:
    found = heard(collocation(loads(0, stated=False, counts=(40, 60)).problem, **SMALL)).noise
    assert found == {"good": pytest.approx(0.02, rel=0.3), "poor": pytest.approx(0.1, rel=0.3)}


def test_noise_is_found_where_few_measurements_are_nearly_fitted_by_equations_that_bend() -> None:
    for seed in (0, 12, 20):
        known = fading(seed, count=8, stated=False)
        assert heard(collocation(known.problem, **SMALL)).noise == {"seen": pytest.approx((known.chi_squared / 8) ** 0.5, rel=1e-4)}


@pytest.mark.parametrize("problem", [conductivity(), fading(0, 0.0, stated=False).problem, fading(0, 1e-6, stated=False).problem, plate(), everything(),
                                     fading(0).problem], ids=["exact", "exact rate", "below the accuracy", "no data", "not solved", "stated"])
def test_nothing_is_found_where_nothing_contradicts(problem) -> None:
    assert heard(collocation(problem, **SMALL)).noise == {}


@pytest.mark.parametrize("seed", range(4, 8))
def test_a_value_that_is_pinned_is_not_noise(seed: int) -> None:
    """A single pressure is met to rounding, or exactly, however badly the flow is found: were that noise, the pressure would run away."""
    assert heard(prepare(load(CAVITY), seed=seed)).noise == {}


def test_so_few_measurements_as_the_numbers_can_fit_tell_no_noise() -> None:
    assert silent(collocation(fading(0, count=5, stated=False).problem, **SMALL)) == ()
    assert silent(collocation(fading(0, count=6, stated=False).problem, **SMALL)) == ("seen",)


def test_many_measurements_are_thinned_where_their_noise_is_looked_for() -> None:
    points = collocation(fading(0, count=5000, stated=False).problem, **SMALL)
    fit = first_fit(points)
    assert fit.objective.blocks[-1].surroundings.count <= 2000
    assert found_noise(points, fit) == {"seen": pytest.approx(0.05, rel=0.05)}
