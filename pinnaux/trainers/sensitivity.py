"""How fields and numbers answer to the free parameters, each relative to its own size, and which of them is determined the least."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

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
UNSEEN, MODERATE = 0.02, 6e4
"""Where regularisation is so much of what an error leaves, nothing else sees the error: if its summands are not that many times larger and
nearly cancel, as those of a basis that is too rich for its problem do, there are other solutions. Without a condition 0.07 and more, and
5e4 times at most, were seen; with all of them 0.006 at most, or 8e4 times and more in ill-posed problems and 1e6 in others."""


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


@dataclass(frozen=True)
class Amplified:
    """By how much residuals are amplified at most in a relative error e, |e| / (|u| |L e|), and in which unknown, for a field with the place.

    Where next to nothing sees e, the factor is only what regularisation leaves of it (`seen` is False); if e is a function of moderate
    coefficients, there are other solutions (`open`).
    """

    factor: float = 0.0
    unknown: str = ""
    seen: bool = True
    open: bool = False


def most_amplified(collocation: Collocation, rows: Mapping[str, Tensor], form: QuadraticForm, points: Tensor) -> Amplified:
    """What is determined the least of the unknowns with these relative rows.

    Where it is amplified much, equations and conditions hardly determine the solution, and small residuals prove nothing. Fields to which
    any function of time may be added are not asked.
    """
    adrift = {field.name for field in collocation.plan.adrift}
    rows = {name: own for name, own in rows.items() if name not in adrift}
    if not rows:
        return Amplified()
    asked = torch.cat(list(rows.values()))
    image, scaled = form.most_amplified(asked)
    factor = torch.nan_to_num(image.norm(), nan=math.inf).item()
    seen = form.regularised(scaled) < UNSEEN
    summands = ((asked / form.scale).norm(dim=0) * scaled).norm().item()
    # Measurements see nothing between them, which is no other solution.
    measured = any(region.region.kind == "observations" for region in collocation.plan.regions)
    other = not seen and summands < MODERATE * factor and not measured
    parts = dict(zip(rows, image.split([len(one) for one in rows.values()])))
    name = max(parts, key=lambda one: parts[one].norm().item())
    number = next((i for i, group in enumerate(collocation.plan.groups) if any(field.name == name for field in group)), None)
    if number is None:
        return Amplified(factor, name, seen, other)
    worst, names = points[parts[name].abs().argmax()], collocation.plan.problem.domain.names
    place = ", ".join(f"{names[axis]} = {worst[axis].item():.2g}" for axis in collocation.axes(number))
    return Amplified(factor, f"{name} (most at {place})", seen, other)


def lengths_of(problem: Problem, components: Mapping[str, float]) -> dict[str, float]:
    """For every component of every field, the norm that its error is relative to: the field's, vectors as a whole.

    A field that is zero beside the others has no relative error of its own: it counts as a small share of the largest.
    """
    whole = [math.hypot(*(components[one.name] for one in field.unknowns)) for field in problem.fields]
    least = max(1e-300, SMALLEST_FIELD * max(whole))
    return {one.name: max(length, least) for field, length in zip(problem.fields, whole) for one in field.unknowns}
