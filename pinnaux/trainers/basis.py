"""Which features of space a state needs: chosen by fitting the state itself, which costs next to nothing beside solving with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from pinnaux.ansatz import Ansatz, Candidate, Features, Group
from pinnaux.architecture import embedding
from pinnaux.collocation import Purpose
from pinnaux.jets.inputs import Embedding
from pinnaux.jets.layers import Linear
from pinnaux.jets.products import Products
from pinnaux.jets.spacetime import SpaceTime
from pinnaux.jets.spec import JetSpec, unit
from pinnaux.linalg import LeastSquares, positive
from pinnaux.network import Network, spread
from pinnaux.trainers.correction import bend, bent
from pinnaux.trainers.window import Window

BASIS, FITTED = 41, 42
SAMPLED = 4096
# Points to fit a state on, and to judge the fit, for each unit.
FIT_ROWS = 3
BENT = "bent"


@dataclass(frozen=True, eq=False)
class Basis:
    """Features of space, one hidden layer (`hidden`) a group of unknowns: σ of this kind, `units` of them.

    Those of a `bent` one have their centres where a state bends, and need points to be there too.
    """

    kind: str
    units: int
    hidden: tuple[Tensor, ...]
    label: str = ""
    bent: bool = False


def space_embedding(window: Window, group: int) -> Embedding | Products:
    """The inputs made of a group's spatial coordinates."""
    plan = window.collocation.plan
    fields = plan.groups[group]
    return embedding(fields, plan.problem.domain, plan.kinks[group]).without(len(fields[0].coordinates) - 1)


def expanded(window: Window, basis: Basis, degree: int) -> Ansatz:
    """The basis times polynomials of time up to the degree."""
    groups = []
    for number, fields in enumerate(window.collocation.plan.groups):
        space = space_embedding(window, number)
        units = basis.units if space.width else 0
        layer = SpaceTime(space, basis.kind, units, basis.hidden[number], window.start, window.end, degree)
        network = Network(layer, (Linear(layer.width, len(fields)),))
        names = tuple(coordinate.name for coordinate in fields[0].coordinates)
        groups.append(Group(tuple(field.name for field in fields), names, (Features(network, layer.hidden[:0]),)))
    return Ansatz(tuple(groups))


def constant_in_time(ansatz: Ansatz, theta: Tensor, degree: int, higher: int) -> Tensor:
    """θ of the same functions when polynomials up to a higher degree are there."""
    parts = []
    for group, own in zip(ansatz.groups, ansatz.split(theta)):
        outputs = len(group.unknowns)
        weights = own[: len(own) - outputs].view(outputs, -1, degree + 1)
        wider = weights.new_zeros(outputs, weights.shape[1], higher + 1)
        wider[:, :, : degree + 1] = weights
        parts += [wider.flatten(), own[len(own) - outputs:]]
    return torch.cat(parts)


def drawn(window: Window, kind: str, scale: float, units: int, state: Candidate | None, time: float, count: int) -> Basis:
    """Features spread over space, or (kind "bent") where the state bends, with slopes up to the scale."""
    collocation = window.collocation
    purpose = Purpose(collocation.plan.settings.seed, BASIS, count)
    points, generator = window.state_points(SAMPLED, time, purpose), purpose.torch_generator()
    hidden = []
    for number, fields in enumerate(collocation.plan.groups):
        space, own = space_embedding(window, number), points[:, collocation.axes(number)]
        if not space.width:
            hidden.append(points.new_zeros(0))
        elif kind == BENT:
            group, theta = state.ansatz.groups[number], state.ansatz.split(state.theta)[number]
            weights = bend(group, theta, own, collocation.plan.settings.bend_share)
            centres = own[torch.multinomial(weights, units, replacement=True, generator=generator)][:, :-1]
            hidden.append(bent(space, centres, 1, (collocation.plan.settings.correction_slopes[0], scale), generator).hidden)
        else:
            network = Network.dense(space, (units,), 1, kind)
            hidden.append(spread(network, own[:, :-1], scale, generator)[: network.layers[0].size])
    label = f" with {units} {kind} features of space, scale {scale:g}" if collocation.plan.problem.domain.space else ""
    return Basis("tanh" if kind == BENT else kind, units, tuple(hidden), label, kind == BENT)


def chosen(window: Window, units: int, states: Sequence[tuple[Candidate, float]], count: int) -> Basis:
    """Of the settings' kinds and scales the one that fits the states (candidates at moments) best on points held out."""
    settings = window.collocation.plan.settings
    if not window.collocation.plan.problem.domain.space:
        return drawn(window, "sin", 1.0, 1, *states[0], count)
    trials = [drawn(window, kind, scale, units, *states[-1], count) for kind, scale in settings.window_bases]
    return min(trials, key=lambda basis: max(misfit(window, basis, state, time, count) for state, time in states))


def misfit(window: Window, basis: Basis, state: Candidate, time: float, count: int) -> float:
    """The relative error, over values and first derivatives in space, of the best fit to a state on points held out."""
    collocation, total = window.collocation, 0.0
    points = window.state_points(2 * FIT_ROWS * basis.units, time, Purpose(collocation.plan.settings.seed, FITTED, count))
    fitted = expanded(window, basis, 0)
    for number, (group, theta) in enumerate(zip(state.ansatz.groups, state.ansatz.split(state.theta))):
        own = points[:, collocation.axes(number)]
        dimension = own.shape[1]
        if dimension == 1:
            continue
        spec = JetSpec.closure(dimension, [unit(dimension, axis) for axis in range(dimension - 1)])
        target = group.push(theta, own, spec)[0]
        layer = fitted.groups[number].branches[0].network.input
        columns = layer.push(own, spec)
        size = positive(target.square().mean(dim=(1, 2), keepdim=True).sqrt())
        target, columns = target / size, columns / size
        half = len(own) // 2
        system = LeastSquares.build(columns[:, :half].flatten(0, 1), collocation.plan.settings.regularisation)
        for output in range(target.shape[2]):
            coefficients = system.solve(target[:, :half, output].flatten())
            rest = target[:, half:, output] - columns[:, half:] @ coefficients
            total = max(total, rest.square().mean().sqrt().item())
    return total
