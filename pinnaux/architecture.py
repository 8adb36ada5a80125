"""Which networks a problem gets: inputs scaled to its domain, singular functions at its corners, wide and deep layers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from pinnaux.ansatz import Ansatz, Branch, Candidate, Features, Frozen, Group
from pinnaux.collocation import Collocation, Purpose
from pinnaux.evaluate import free_start
from pinnaux.fields import Field
from pinnaux.geometry.domain import Corner, Domain
from pinnaux.jets.inputs import CornerFunctions, Embedding
from pinnaux.jets.layers import Linear
from pinnaux.jets.products import Factor, Products
from pinnaux.jets.spec import JetSpec
from pinnaux.kinks import Kink
from pinnaux.linalg import positive
from pinnaux.network import Network, spread
from pinnaux.singular import Principal, sharpest, singular_powers

NEAREST = 1e-4
"""Functions that are infinite at a corner grow no further within this distance, relative to the domain's size: nobody looks there but by
asking for the corner itself."""
SAME_PLACE = 1e-9
"""Points nearer to a corner than this, relative to the domain's size, are the corner."""
TIME_POLYNOMIALS = 5
CUT_DISTANCES, CUT_SAMPLES = (1e-3, 1.5), 400
"""Where the ray behind a corner is looked at, relative to the domain's size: beyond the corner's own rounding, up to farther than
the diagonal of a square, closely enough to meet every part of the domain that matters."""
CUT_MARGIN = 0.95
"""The share of the distance to the domain behind the corner at which the functions have died out."""
FEWEST_FEATURES = 100
"""Every group of unknowns gets so many, however many groups share the columns."""
SPREAD_POINTS, SIZE_POINTS = 2048, 512
"""Points that features are spread over (at least), and on which the size of a function is measured."""


def embedding(group: Sequence[Field], domain: Domain, kinks: Sequence[Kink] = ()) -> Embedding | Products:
    """The group's coordinates scaled to [−1, 1], periodic ones mapped to the circle; for scalars around an axis, functions of the place.

    Beside them, functions that bend at the kinks: a smooth function of both is any function that is smooth on either side.
    """
    names = [coordinate.name for coordinate in group[0].coordinates]
    if kinks:
        smooth = around_axis(names, domain).functions if group[0].is_smooth else [(one,) for name in names for one in scaled(name, names, domain)]
        return Products((*smooth, *((bent(kink, names, domain),) for kink in kinks)))
    if group[0].is_smooth:
        return around_axis(names, domain)
    bounds = {name: (float(low), float(high)) for name, (low, high) in zip(domain.names, domain.bounds)}
    chosen = [(coordinate.name, *bounds[coordinate.name]) for coordinate in group[0].coordinates]
    return Embedding(
        tuple((low + high) / 2 for _, low, high in chosen),
        tuple((high - low) / 2 for _, low, high in chosen),
        tuple(domain.periodic[name][1] - domain.periodic[name][0] if name in domain.periodic else 0.0 for name, _, _ in chosen))


def around_axis(names: Sequence[str], domain: Domain) -> Products:
    """The place, as far as the coordinates tell it: r cos θ and r sin θ, or r² alone; and all other coordinates, scaled."""
    frame = domain.frame
    radius, polar, around = (name if name in names else None for name in (frame.names[0], frame.polar, frame.around))
    ring = (Factor(names.index(radius), half=float(domain.bounds[0, 1])),)
    functions: list[tuple[Factor, ...]] = []
    if polar is not None:
        cosine, sine = waves(polar, names)
        functions, ring = [(*ring, cosine)], (*ring, sine)
    if around is None:
        functions.append(tuple(replace(factor, power=2) for factor in ring))
    else:
        functions += [(*ring, wave) for wave in waves(around, names)]
    rest = [name for name in names if name not in (radius, polar, around)]
    return Products((*functions, *((factor,) for name in rest for factor in scaled(name, names, domain))))


def waves(name: str, names: Sequence[str], length: float = 2 * math.pi, start: float = 0.0) -> list[Factor]:
    """Cosine and sine of an angle, or of any coordinate of that period."""
    wave = 2 * math.pi / length
    return [Factor(names.index(name), wave=wave, phase=wave * start + phase) for phase in (0.0, math.pi / 2)]


def scaled(name: str, names: Sequence[str], domain: Domain) -> list[Factor]:
    """A coordinate scaled to [−1, 1], or cosine and sine of a periodic one."""
    low, high = map(float, domain.bounds[domain.names.index(name)])
    if name in domain.periodic:
        return waves(name, names, high - low, low)
    return [Factor(names.index(name), centre=(low + high) / 2, half=(high - low) / 2)]


def bent(kink: Kink, names: Sequence[str], domain: Domain) -> Factor:
    """Zero before the kink, and one at the end of the coordinate's interval."""
    high = float(domain.bounds[domain.names.index(kink.coordinate), 1])
    return Factor(names.index(kink.coordinate), power=kink.order, centre=kink.place, half=high - kink.place, bent=True)


def corner_branches(group: Sequence[Field], domain: Domain, principal: Principal = Principal(), given: Sequence[np.ndarray] = ()) -> list[Branch]:
    """Singular functions at the corners of a planar domain, for unknowns of both spatial coordinates.

    At `given` points (2,), where conditions ask for values, coupled unknowns are smooth: else a given pressure could be met by bending
    within a tiny distance, which costs next to no residual, and the rest of the pressure would be undetermined.
    """
    names = [coordinate.name for coordinate in group[0].coordinates]
    if len(domain.space) != 2 or names not in ([*domain.space], [*domain.names]):
        return []
    timed, size = len(names) == 3, float((domain.bounds[:2, 1] - domain.bounds[:2, 0]).max())
    clock = (*map(float, domain.bounds[2]), TIME_POLYNOMIALS) if timed else None
    branches: list[Branch] = []
    for corner in sharpest(domain.corners):
        if principal.coupled and any(np.abs(place - corner.vertex).max() <= SAME_PLACE * size for place in given):
            continue
        powers = singular_powers(corner.opening, principal)
        layer = CornerFunctions(tuple(map(float, corner.vertex)), float(corner.start), float(corner.opening), powers.exponents, cut_radius(corner, domain),
                                clock, powers.logs, powers.conjugated, powers.conjugated_logs, powers.whole_log, NEAREST * size)
        network = Network(layer, (Linear(layer.width, len(group)),))
        branches.append(Features(network, torch.zeros(0, dtype=torch.float64), regular=False))
    return branches


def cut_radius(corner: Corner, domain: Domain) -> float:
    """Radius within which the domain is the corner's sector.

    It is 0 (no bound) where the cut behind the corner never meets the domain.
    """
    size = float((domain.bounds[:2, 1] - domain.bounds[:2, 0]).max())
    middle = corner.start + corner.opening / 2 + math.pi
    distances = torch.linspace(*CUT_DISTANCES, CUT_SAMPLES, dtype=torch.float64).numpy() * size
    ray = corner.vertex[None, :] + distances[:, None] * [[math.cos(middle), math.sin(middle)]]
    inside = domain.shape.inside(ray, 0.0)
    return float(CUT_MARGIN * distances[inside.argmax()]) if inside.any() else 0.0


def wide(collocation: Collocation, kind: str, scale: float, columns: int, purpose: Purpose) -> Ansatz:
    """Features spread over the domain, about `columns` free parameters in all, and the corner functions."""
    problem = collocation.plan.problem
    points = collocation.domain_points(max(SPREAD_POINTS, columns), purpose)
    generator = purpose.torch_generator()
    groups = []
    for number, group in enumerate(collocation.plan.groups):
        features = max(columns // len(problem.unknowns), FEWEST_FEATURES)
        network = Network.dense(embedding(group, problem.domain, collocation.plan.kinks[number]), (features,), len(group), kind)
        own = spread(network, points[:, collocation.axes(number)], scale, generator)
        groups.append(with_branches(collocation, group, [Features(network, own[: network.size - network.layers[-1].size])]))
    return Ansatz(tuple(groups), len(problem.parameters))


def with_branches(collocation: Collocation, group: Sequence[Field], branches: Sequence[Branch]) -> Group:
    """A group of unknowns with these branches and, where the collocation asks for them, the corner functions."""
    plan = collocation.plan
    found = corner_branches(group, plan.problem.domain, plan.principal(group), plan.given_places) if collocation.corners else []
    corners = [replace(branch, hidden=branch.hidden.to(collocation.device, collocation.dtype)) for branch in found]
    names = tuple(coordinate.name for coordinate in group[0].coordinates)
    return Group(tuple(field.name for field in group), names, (*branches, *corners))


def has_corners(collocation: Collocation) -> bool:
    """Whether the domain has corners where solutions may be singular."""
    return any(corner_branches(group, collocation.plan.problem.domain) for group in collocation.plan.groups)


def start(ansatz: Ansatz, collocation: Collocation) -> Tensor:
    """θ with all functions zero and the parameters at their initial values, or where they were found to start better."""
    theta = torch.zeros(ansatz.size, dtype=collocation.dtype, device=collocation.device)
    for number, parameter in enumerate(collocation.plan.problem.parameters):
        theta[ansatz.size - ansatz.numbers + number] = collocation.starts.get(parameter.name, free_start(parameter))
    return theta


def nothing(collocation: Collocation) -> Candidate:
    """The zero solution: what there is before the first trial."""
    ansatz = wide(collocation, *collocation.plan.settings.reference_trial, FEWEST_FEATURES, Purpose(0, 0))
    return Candidate(ansatz, start(ansatz, collocation), float("inf"))


def random_start(ansatz: Ansatz, collocation: Collocation, purpose: Purpose) -> Tensor:
    """θ with random output weights, so that every function is of size 1 on the domain; parameters at their initial values."""
    theta = start(ansatz, collocation)
    generator = purpose.torch_generator()
    points = collocation.domain_points(SIZE_POINTS, purpose)
    position = 0
    for number, group in enumerate(ansatz.groups):
        own = torch.randn(group.size, generator=generator, dtype=torch.float64).to(theta)
        axes = collocation.axes(number)
        values = group.push(own, points[:, axes], JetSpec.closure(len(axes), []))[0][0]
        theta[position:position + group.size] = own / positive(values.square().mean().sqrt())
        position += group.size
    return theta


def constant_start(ansatz: Ansatz, collocation: Collocation) -> Tensor:
    """θ with every function one, or one added to what is frozen; the parameters at their initial values."""
    theta = start(ansatz, collocation)
    position = 0
    for group in ansatz.groups:
        branch = next(branch for branch in group.branches if branch.size)  # its last parameters are the biases of its outputs
        theta[position + branch.size - len(group.unknowns):position + branch.size] = 1
        position += group.size
    return theta


def on_top(ansatz: Ansatz, theta: Tensor, base: Candidate) -> tuple[Ansatz, Tensor]:
    """The ansatz added to the frozen functions of `base`, from whose numbers it starts."""
    groups = []
    for group, below, own in zip(ansatz.groups, base.ansatz.groups, base.ansatz.split(base.theta)):
        frozen = [Frozen(branch, part) for branch, part in zip(below.branches, below.split(own))]
        groups.append(replace(group, branches=(*group.branches, *frozen)))
    following = theta.clone()
    following[ansatz.size - ansatz.numbers:] = base.ansatz.split(base.theta)[-1]
    return replace(ansatz, groups=tuple(groups)), following
