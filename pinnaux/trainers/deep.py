"""The deep network that stage 2 trains: its start, layer by layer, and the points it moves on."""

from __future__ import annotations

import math
from dataclasses import replace

import torch
from torch import Tensor

from pinnaux.ansatz import Ansatz, Candidate, Features, Trained
from pinnaux.architecture import embedding, random_start, start, with_branches
from pinnaux.balance import fair_weights
from pinnaux.collocation import Collocation, Purpose
from pinnaux.jets.layers import Scale
from pinnaux.jets.spec import JetSpec
from pinnaux.network import Network, spread
from pinnaux.objective import Block, Objective
from pinnaux.trainers.first_solution import solved_from_zero
from pinnaux.trainers.held_out import HeldOut, check_finite
from pinnaux.trainers.starts import with_numbers
from pinnaux.trainers.levenberg_marquardt import Descent, LevenbergMarquardt, moved

NETWORK, START_POINTS, MOVED_POINTS = 11, 12, 13
ORDINARY = 1e4
"""Sizes within this factor of one get no unit: a start may be wrong by as much, as the pressure of slow flow is for fast flow."""


def begin(collocation: Collocation, judge: HeldOut, known: Candidate | None = None) -> Descent:
    """The best of a few starts, after a few steps of training: layers spread one after another, the output layer in closed form.

    Where the problem is nonlinear, one of them comes by continuation from its linear part; not in time, which begins at a solution.
    Where it has unknown numbers, some start from those of the best solution that is known.
    """
    settings = collocation.plan.settings
    found = [spread_start(collocation, scale, at_random) for scale, at_random in settings.starts]
    if known and known.ansatz.numbers:
        numbers = known.ansatz.split(known.theta)[-1]
        found += [spread_start(collocation, scale, at_random, numbers) for scale, at_random in settings.starts if not at_random]
    if not judge.linear and collocation.plan.problem.domain.time is None:
        found += _continued(collocation, judge, settings.continued_start)
    trained = [_trained(state, settings.start_steps, settings.memory) for state in found]
    return min(trained, key=lambda state: judge.score(state.objective.ansatz, state.theta))


def _trained(state: Descent, steps: int, memory: float) -> Descent:
    for _ in range(steps):
        state = LevenbergMarquardt(memory=memory).step(state)
    return state


def _continued(collocation: Collocation, judge: HeldOut, scale: float) -> list[Descent]:
    """A start by continuation, trained for a few steps at every share of what is nonlinear.

    None where the solution of the linear part is no better than zero, as where an equation degenerates, and none where nothing but
    products of functions and numbers is nonlinear: the linear part is the whole.
    """
    settings = collocation.plan.settings
    state = spread_start(replace(collocation, share=settings.shares[0]), scale, False)
    if not judge.score(state.objective.ansatz, state.theta) < judge.zero or not _nonlinear(collocation, state) > settings.nonlinear:
        return []
    for share in settings.shares:
        part = replace(collocation, share=share)
        state = _renewed(part, state)
        for _ in range(settings.share_steps):
            state = advance(part, state)
    return [_renewed(collocation, state)]


def _nonlinear(collocation: Collocation, state: Descent) -> float:
    """|r(u) − a(u)| / |a(u) − a(0)| for the residuals r, their linear part a that the state is trained on, and its functions u."""
    part = state.objective
    whole = replace(part, blocks=_start_blocks(collocation, part.ansatz))
    linear = part.residual(state.theta)
    return ((whole.residual(state.theta) - linear).norm() / (linear - part.residual(torch.zeros_like(state.theta))).norm()).item()


def _start_blocks(collocation: Collocation, ansatz: Ansatz) -> tuple[Block, ...]:
    interior = collocation.plan.interior_points(int(collocation.plan.settings.descent_sampling * ansatz.size))
    return collocation.blocks(interior, Purpose(collocation.plan.settings.seed, START_POINTS, 1))


def spread_start(collocation: Collocation, scale: float, at_random: bool, numbers: Tensor | None = None) -> Descent:
    """Hidden layers spread with this scale; the output layer solved for, from zero or from random weights.

    Unknown numbers are solved for as well, or held at free values (n,) that are known to be good.
    """
    plan = collocation.plan
    settings = plan.settings
    points = collocation.domain_points(2048, Purpose(settings.seed, START_POINTS))
    generator = Purpose(settings.seed, NETWORK, int(1000 * scale)).torch_generator()
    trained, held = [], []
    for number, group in enumerate(plan.groups):
        network = Network.dense(embedding(group, plan.problem.domain, plan.kinks[number]), settings.hidden_widths, len(group), settings.activation)
        own = spread(network, points[:, collocation.axes(number)], scale, generator)
        hidden = own[: network.size - network.layers[-1].size]
        held.append(with_branches(collocation, group, [Features(network, hidden)]))
        trained.append((replace(held[-1], branches=(Trained(network), *held[-1].branches[1:])), hidden))
    first = Ansatz(tuple(held), len(plan.problem.parameters))
    ansatz = Ansatz(tuple(group for group, _ in trained), first.numbers)
    blocks = _start_blocks(collocation, ansatz)
    objective = Objective.unweighted(first, blocks)
    theta = random_start(first, collocation, Purpose(settings.seed, START_POINTS, 2)) if at_random else start(first, collocation)
    if numbers is not None:
        theta = torch.cat([theta[: len(theta) - len(numbers)], numbers])
        objective = with_numbers(objective, numbers)
    objective = replace(objective, weights=fair_weights(objective, theta))
    zero = theta
    theta = solved_from_zero(collocation, objective, zero, settings.newton_steps, settings.start_regularisation)
    parts = [part for (_, hidden), own in zip(trained, first.split(theta)) for part in (hidden, own)]
    whole = torch.cat([*parts, first.split(theta)[-1]])
    ansatz, whole = _in_units(ansatz, whole, [points[:, collocation.axes(number)] for number in range(len(plan.groups))])
    return Descent(_weighted(ansatz, blocks, whole), whole, settings.first_damping)


def _in_units(ansatz: Ansatz, theta: Tensor, points: list[Tensor]) -> tuple[Ansatz, Tensor]:
    """The same functions with every output in its unit: the power of a thousand next to its size.

    The trust region then means the same for a displacement of 1e-9 m as for a pressure of 1e5 Pa.
    """
    groups, parts = [], []
    for group, own, at in zip(ansatz.groups, ansatz.split(theta), points):
        network = group.branches[0].network
        size = group.push(own, at, JetSpec.closure(at.shape[1], []))[0][0].square().mean(dim=0).sqrt()
        factors = tuple(map(_unit, size.tolist()))
        if all(factor == 1 for factor in factors):
            groups.append(replace(group, branches=(Trained(network), *group.branches[1:])))
            parts.append(own)
            continue
        last = network.layers[-1]
        output = own[network.size - last.size:network.size]
        shares = own.new_tensor(factors)
        scaled = torch.cat([(last.split(output)[0] / shares[:, None]).flatten(), last.split(output)[1] / shares])
        parts.append(torch.cat([own[: network.size - last.size], scaled, own[network.size:]]))
        network = replace(network, layers=(*network.layers, Scale(factors)))
        groups.append(replace(group, branches=(Trained(network), *group.branches[1:])))
    return Ansatz(tuple(groups), ansatz.numbers), torch.cat([*parts, ansatz.split(theta)[-1]])


def _unit(size: float) -> float:
    """1000^k next to a size; 1 for what is ordinary, zero or undefined."""
    if not 0 < size < math.inf or 1 / ORDINARY < size < ORDINARY:
        return 1.0
    return 1e3 ** round(math.log(size, 1e3))


def advance(collocation: Collocation, state: Descent) -> Descent:
    """One step; every few steps, or when no step helps, on new points drawn to where the residual is large."""
    settings = collocation.plan.settings
    if (state.steps and state.steps % settings.refresh_every == 0) or state.stuck:
        state = _renewed(collocation, state)
        check_finite(state.objective, state.theta)
    return LevenbergMarquardt(memory=settings.memory).step(state)


def _renewed(collocation: Collocation, state: Descent) -> Descent:
    """The same θ on new points of this collocation, drawn to where the residual is large."""
    settings, ansatz = collocation.plan.settings, state.objective.ansatz
    interior = collocation.plan.interior_points(int(settings.descent_sampling * ansatz.size))
    blocks = collocation.attracted(ansatz, state.theta, interior, Purpose(settings.seed, MOVED_POINTS, state.steps))
    return moved(state, _weighted(ansatz, blocks, state.theta))


def with_corners(collocation: Collocation, state: Descent) -> Descent:
    """The same functions with singular ones at the corners beside them, which are zero so far, on new points."""
    ansatz, groups, parts = state.objective.ansatz, [], []
    for fields, group, own in zip(collocation.plan.groups, ansatz.groups, ansatz.split(state.theta)):
        groups.append(with_branches(collocation, fields, group.branches))
        parts.append(torch.cat([own, own.new_zeros(groups[-1].size - group.size)]))
    theta = torch.cat([*parts, ansatz.split(state.theta)[-1]])
    objective = replace(state.objective, ansatz=Ansatz(tuple(groups), ansatz.numbers))
    return _renewed(collocation, replace(state, objective=objective, theta=theta))


def _weighted(ansatz: Ansatz, blocks: tuple, theta: Tensor) -> Objective:
    objective = Objective.unweighted(ansatz, blocks)
    return replace(objective, weights=fair_weights(objective, theta))
