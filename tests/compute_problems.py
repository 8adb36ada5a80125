"""Small problems with known solutions, and small ansatz for them: what the compute side is tested on."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

import cases
import numpy as np
import torch
from torch import Tensor

from pinnaux import (
    Condition,
    Field,
    Interval,
    Observations,
    Parameter,
    Problem,
    Rectangle,
    TimeInterval,
    VectorField,
    cos,
    diff,
    dot,
    exp,
    grad,
    laplacian,
    pi,
    sin,
)
from pinnaux.ansatz import Ansatz, Features, Group, Trained
from pinnaux.architecture import embedding
from pinnaux.collocation import Collocation
from pinnaux.network import Network
from pinnaux.plan import Plan
from pinnaux.settings import Settings


def bar(frequency: float = 1.0) -> Problem:
    """−u'' = f with u = sin kπx."""
    domain = Interval(0, 1)
    u, (x,) = Field("u", domain), domain.coordinates
    wave = sin(frequency * pi * x)
    return Problem([u], [Condition("balance", -diff(u, x, x) == (frequency * pi) ** 2 * wave, on=domain),
                         Condition("ends", u == wave, on=domain.boundary)], exact={"u": wave})


def plate() -> Problem:
    """Poisson's equation on a square, with a Neumann side and a source that is smooth."""
    domain = Rectangle((0, 0), (1, 1))
    u, (x, y) = Field("u", domain), domain.coordinates
    exact = sin(pi * x) * exp(y)
    return Problem([u], [
        Condition("balance", -laplacian(u) == (pi**2 - 1) * exact, on=domain),
        Condition("walls", u == exact, on=domain.boundary["left", "right", "bottom"]),
        Condition("flux", dot(grad(u), domain.normal) == exact, on=domain.boundary["top"])], exact={"u": exact})


def decay() -> Problem:
    """u' = −u², u(0) = 1: u = 1/(1 + t)."""
    domain = TimeInterval(0, 1)
    u, (t,) = Field("u", domain), domain.coordinates
    return Problem([u], [Condition("decay", diff(u, t) == -(u**2), on=domain), Condition("start", u == 1, on=domain.initial)],
                   exact={"u": 1 / (1 + t)})


def reaction() -> Problem:
    """u'' = u² + f: nonlinear, no evolution, u = sin πx."""
    domain = Interval(0, 1)
    u, (x,) = Field("u", domain), domain.coordinates
    wave = sin(pi * x)
    return Problem([u], [Condition("reaction", diff(u, x, x) == u**2 - pi**2 * wave - wave**2, on=domain),
                         Condition("ends", u == 0, on=domain.boundary)], exact={"u": wave})


def oscillator() -> Problem:
    """The first-order system a' = b, b' = −a."""
    domain = TimeInterval(0, 2)
    state, (t,) = VectorField("state", domain, components=("a", "b")), domain.coordinates
    a, b = state
    return Problem([state], [Condition("motion a", diff(a, t) == b, on=domain), Condition("motion b", diff(b, t) == -a, on=domain),
                             Condition("start", state == (0, 1), on=domain.initial)], exact={"state": (sin(t), cos(t))})


def ring() -> Problem:
    """u − u'' = f on a periodic interval."""
    domain = Interval(0, 2, periodic=("x",))
    u, (x,) = Field("u", domain), domain.coordinates
    exact = sin(pi * x) + cos(2 * pi * x)
    return Problem([u], [Condition("balance", u - diff(u, x, x) == (1 + pi**2) * sin(pi * x) + (1 + 4 * pi**2) * cos(2 * pi * x), on=domain)],
                   exact={"u": exact})


def source() -> Problem:
    """u(x, t) and the unknown source q(x) of u_t = u_xx + q, from u at both ends of time: u = e^(−t) sin πx + q/π², q = sin πx."""
    domain = Interval(0, 1) * TimeInterval(0, 1)
    (x, t), u = domain.coordinates, Field("u", domain)
    q = Field("q", domain, depends_on=(x,))
    shape = sin(pi * x)
    exact = shape * (1 + exp(-(pi**2) * t))
    return Problem([u, q], [
        Condition("heat", diff(u, t) == diff(u, x, x) + q, on=domain), Condition("ends", u == 0, on=domain.boundary),
        Condition("first", u == 2 * shape, on=domain.initial), Condition("last", u == exact, on=domain.final)],
        exact={"u": exact, "q": pi**2 * shape})


def conductivity(true: float = 3.0) -> Problem:
    """−k u'' = f with k unknown between bounds, from measurements of u = sin πx."""
    domain = Interval(0, 1)
    (x,), u, k = domain.coordinates, Field("u", domain), Parameter("k", initial=1.0, lower=0.5, upper=5.0)
    places = np.linspace(0, 1, 21)
    measured = Observations({"x": places, "value": np.sin(np.pi * places)}, domain, columns=("value",))
    return Problem([u], [
        Condition("balance", -k * diff(u, x, x) == true * pi**2 * sin(pi * x), on=domain), Condition("ends", u == 0, on=domain.boundary),
        Condition("measured", u == measured["value"], on=measured)], exact={"u": sin(pi * x)})


def everything() -> Problem:
    """Two groups of unknowns, a parameter, normals, measurements and a vector condition: no solution is meant."""
    domain = Rectangle((0, 0), (2, 1)) * TimeInterval(0, 1)
    x, y, t = domain.coordinates
    velocity, q, k = VectorField("velocity", domain, components=("u", "v")), Field("q", domain, depends_on=(x, t)), Parameter("k", 0.7, positive=True)
    u, v = velocity
    rows = np.random.default_rng(0).random((11, 3)) * [2, 1, 1]
    measured = Observations({"x": rows[:, 0], "y": rows[:, 1], "t": rows[:, 2], "T": rows[:, 0]}, domain, columns=("T",))
    return Problem([velocity, q], [
        Condition("motion", diff(velocity, t) - k * laplacian(velocity) == (-u * diff(u, x) - q, x - v * diff(v, y)), on=domain),
        Condition("source", diff(q, x, x) == q * u, on=domain),
        Condition("wall", dot(grad(u), domain.normal) == k * v, on=domain.boundary["left", "top"]),
        Condition("seen", u**2 == measured["T"], on=measured),
        Condition("start", velocity == (sin(x), y), on=domain.initial)])


def collocation(problem: Problem, **settings: object) -> Collocation:
    return Collocation(Plan.of(problem, Settings(**settings)), torch.float64, torch.device("cpu"))


def small_ansatz(problem: Problem, widths: Sequence[int] = (4, 3), kind: str = "tanh") -> tuple[Ansatz, Tensor]:
    """A small network for the first group, features for the others, and θ at random."""
    groups = []
    for number, fields in enumerate(Plan.of(problem).groups):
        network = Network.dense(embedding(fields, problem.domain), tuple(widths), len(fields), kind)
        own = 0.7 * cases.normal(network.size, seed=60 + number)
        hidden = own[: network.size - network.layers[-1].size]
        branch = Trained(network) if number == 0 else Features(network, hidden)
        groups.append(Group(tuple(one.name for one in fields), tuple(c.name for c in fields[0].coordinates), (branch,)))
    ansatz = Ansatz(tuple(groups), len(problem.parameters))
    return ansatz, 0.7 * cases.normal(ansatz.size, seed=70)


SMALL = MappingProxyType(dict(
    pilot_features=60, feature_sizes=(90,), feature_trials=(("sin", 2.0), ("tanh", 2.0)), reference_trial=("sin", 2.0), hidden_widths=(6,),
    starts=((1.0, False),), start_steps=1, first_descent=3, refresh_every=2,
    correction_features=(80, 100), estimate_features=60, held_out_points=300))
"""Settings with which all stages are gone through in a moment."""
