"""How fields and numbers answer to the free parameters, each relative to its own size, and which of them is determined the least."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from pinnaux.ansatz import Ansatz
from pinnaux.applications import applications
from pinnaux.collocation import Collocation
from pinnaux.evaluate import parameter_value
from pinnaux.gauge import Gauge
from pinnaux.jets.spec import JetSpec
from pinnaux.linalg import QuadraticForm, positive
from pinnaux.problem import Problem
from pinnaux.unknown_function import Coefficient

SMALLEST_FIELD = 1e-8
SMALL_STEP = 1e-6
UNSEEN, MODERATE = 0.02, 5e3
"""Where regularisation is so much of what an error leaves, nothing else sees the error: if it is made of functions that are not that many
times larger and nearly cancel, as those of a basis that is too rich for its problem do. Without a condition 0.1 and more, and 500 times at
most, were seen, with all of them 0.002, or 5e4 times and more."""


def relative_rows(collocation: Collocation, ansatz: Ansatz, theta: Tensor, points: Tensor) -> dict[str, Tensor]:
    """By scalar unknown ∂u/∂θ / |u| (M, P) at points (M, d), by number ∂k/∂θ / |k| (1, P), and by unknown
    function ∂f/∂θ / |f| (M, P) at the arguments that the conditions give it.

    What may be added to fields is left out of them; so are fields that are zero, unless all are, which are taken as of size 1.
    """
    gauge, pushed, components = Gauge.of(collocation.plan, points), [], {}
    for number, (group, part) in enumerate(zip(ansatz.groups, ansatz.split(theta))):
        own = points[:, collocation.axes(number)]
        spec = JetSpec.closure(own.shape[1], [])
        jet, traces = group.push(part, own, spec)
        pushed.append((group, part, spec, jet, traces))
        components |= {name: gauge.without(own, name).norm().item() for name, own in zip(group.unknowns, jet[0].split(1, dim=1))}
    lengths = lengths_of(collocation.plan.problem, components) if any(components.values()) else dict.fromkeys(components, 1.0)
    found, start = {}, 0
    for group, part, spec, jet, traces in pushed:
        for output, name in enumerate(group.unknowns):
            if lengths[name] > SMALLEST_FIELD * max(lengths.values()):
                adjoint = jet.new_zeros(1, *jet.shape)
                adjoint[0, 0, :, output] = 1 / lengths[name]
                found[name] = jet.new_zeros(len(points), ansatz.size)
                found[name][:, start:start + group.size] = group.rows(part, traces, adjoint, spec)[0]
                found[name] = gauge.without(found[name], name)
        start += group.size
    for number, (parameter, free) in enumerate(zip(collocation.plan.problem.parameters, ansatz.split(theta)[-1])):
        if isinstance(parameter, Coefficient):
            continue
        value, further = (parameter_value(parameter, free + step) for step in (0.0, SMALL_STEP))
        found[parameter.name] = theta.new_zeros(1, ansatz.size)
        found[parameter.name][0, start + number] = (further - value) / (SMALL_STEP * positive(abs(value)))
    for name, one in applications(collocation).items():
        found[name] = one.rows(ansatz, theta) / positive(one.values(ansatz, theta).norm())
    return found


def most_amplified(collocation: Collocation, rows: Mapping[str, Tensor], form: QuadraticForm, points: Tensor) -> tuple[float, str]:
    """By how much residuals are amplified in the unknowns with these relative rows: the largest of |e| / (|u| |L e|).

    And which unknown they are amplified in the most, for a field with the place. Where this is large, equations and conditions hardly
    determine the solution, and small residuals prove nothing. It is infinite where regularisation keeps e small, as where a condition is
    missing. Fields that are known up to a constant only are not asked.
    """
    floating = {field.name for field in collocation.plan.floating}
    rows = {name: own for name, own in rows.items() if name not in floating}
    if not rows:
        return 0.0, ""
    image, length = form.most_amplified(torch.cat(list(rows.values())))
    amplification = image.norm().item()
    if form.regularised(length) > UNSEEN and length < MODERATE * amplification:
        amplification = math.inf
    parts = dict(zip(rows, image.split([len(one) for one in rows.values()])))
    name = max(parts, key=lambda one: parts[one].norm().item())
    number = next((i for i, group in enumerate(collocation.plan.groups) if any(field.name == name for field in group)), None)
    if number is None:
        return amplification, name
    worst, names = points[parts[name].abs().argmax()], collocation.plan.problem.domain.names
    place = ", ".join(f"{names[axis]} = {worst[axis].item():.2g}" for axis in collocation.axes(number))
    return amplification, f"{name} (most at {place})"


def lengths_of(problem: Problem, components: Mapping[str, float]) -> dict[str, float]:
    """For every component of every field, the norm that its error is relative to: the field's, vectors as a whole.

    A field that is zero beside the others has no relative error of its own: it counts as a small share of the largest.
    """
    whole = [math.hypot(*(components[one.name] for one in field.unknowns)) for field in problem.fields]
    least = max(1e-300, SMALLEST_FIELD * max(whole))
    return {one.name: max(length, least) for field, length in zip(problem.fields, whole) for one in field.unknowns}
