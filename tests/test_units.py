"""The same problem in other units: the same relative errors, whatever the size of the unknowns and of the domain."""

from __future__ import annotations

import math

import pytest
import torch
from compute_problems import SMALL, collocation

from pinnaux import Condition, Field, Interval, Problem, diff, tanh
from pinnaux.trainers.deep import advance, begin
from pinnaux.trainers.features import held_out, pilot, solve_trial


def layer(unit: float = 1.0, length: float = 1.0) -> Problem:
    """w² u''/U = u/U + (u/U)³/4 + f with the layer U tanh((x − 0.4 l)/w), in units of u and x."""
    domain = Interval(0, length)
    x, = domain.coordinates
    u, width = Field("u", domain), 0.2 * length
    bend = tanh((x - 0.4 * length) / width)
    exact, source = unit * bend, width**2 * diff(bend, x, x) - bend - bend**3 / 4
    return Problem([u], [Condition("layer", width**2 / unit * diff(u, x, x) == u / unit + (u / unit) ** 3 / 4 + source, on=domain),
                         Condition("ends", u == exact, on=domain.boundary)], exact={"u": exact})


UNITS = [(1e9, 1.0), (1e-9, 1.0), (1.0, 1e-6), (1e6, 1e6)]


@pytest.mark.parametrize("unit, length", UNITS)
def test_features_know_no_units(unit: float, length: float) -> None:
    scores = []
    for problem in (layer(), layer(unit, length)):
        whole = collocation(problem, **SMALL)
        with torch.no_grad():
            judge = held_out(whole)
            assert not judge.linear
            candidate = solve_trial(whole, judge, pilot(whole).waiting[0])
            scores.append(candidate.score / judge.zero)
    assert scores[1] == pytest.approx(scores[0], rel=0.1)


@pytest.mark.parametrize("unit, length", UNITS)
def test_training_knows_no_units(unit: float, length: float) -> None:
    scores = []
    for problem in (layer(), layer(unit, length)):
        whole = collocation(problem, **SMALL)
        with torch.no_grad():
            judge = held_out(whole)
            descent = begin(whole, judge)
            for _ in range(12):
                descent = advance(whole, descent)
            scores.append(judge.score(descent.objective.ansatz, descent.theta) / judge.zero)
    assert math.log10(scores[1]) == pytest.approx(math.log10(scores[0]), abs=0.3)
