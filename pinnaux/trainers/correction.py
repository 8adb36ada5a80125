"""Stage 3: a correction in closed form, e in the span of wide features and of the network's own tangent functions.

L_u e = −r is solved by least squares over many fresh points. Kept if the residual on held-out points falls; its size is an
estimate of the error of what it corrects (method: measured within some percent of the true error where it is reliable).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from pinnaux.ansatz import AT_WORST, Ansatz, Branch, Candidate, Features, Frozen, Group, Tangent, Trained, Trial
from pinnaux.applications import applications
from pinnaux.architecture import embedding, with_branches
from pinnaux.balance import exactness
from pinnaux.collocation import Collocation, Purpose
from pinnaux.evaluate import parameter_value
from pinnaux.gauge import Gauge
from pinnaux.jets.inputs import InputLayer
from pinnaux.jets.spec import JetSpec, unit
from pinnaux.linalg import positive
from pinnaux.network import Network, spread
from pinnaux.objective import Objective
from pinnaux.trainers.closed_form import gauss_newton
from pinnaux.trainers.confidence import Leverage, louder_rows
from pinnaux.trainers.held_out import HeldOut
from pinnaux.trainers.sensitivity import Amplified, lengths_of, most_amplified, relative_rows
from pinnaux.unknown_function import Coefficient
from pinnaux.verdict import Confidence

CENTRES, CORRECTION_POINTS, SIZE_POINTS = 21, 22, 23
# By how much a correction often lowers the residual; measurements of known noise are as quiet as what is then left allows.
EXPECTED_GAIN = 1e2
STABILITY_POINTS = 500
# Well-posed problems amplify residuals 1 to 1000 times; missing conditions, resonances and unstable initial values, 1e6 and more.
UNDETERMINED = 1e6
LARGEST_OVERFIT = 30.0
SMALLEST_GAIN = 2.0
SMALL_SHARE = 1e-2
ROUNDING = 1e-10
EPSILON = 2.0**-52


@dataclass(frozen=True, eq=False)
class Correction:
    """The corrected candidate, the one it corrects with its error now estimated, and by how much residuals fell."""

    before: Candidate
    after: Candidate
    train_gain: float
    held_gain: float
    share: float
    accuracy: float
    amplified: Amplified = Amplified()

    @property
    def reliable(self) -> bool:
        """Whether the size of the correction says something about the error, as far as telling it from `accuracy` needs it.

        It does if residuals fell on held-out points about as on those solved on, or by less in the measure in which the whole correction
        is below the accuracy. If they hardly fell, what the correction removed stands for the rest in proportion, and only where little
        is left of what the zero solution leaves (`share`): a correction that finds nothing to do about a large residual proves nothing,
        nor where that little may at worst be amplified far beyond the accuracy.
        Nothing is proved either where the conditions leave directions open, in which errors of any size leave no residual, or nearly
        open, unless what is left is so little that even the worst error is below the accuracy.
        """
        margin = max(1.0, self.accuracy / self.before.error)
        alike = self.held_gain > self.train_gain / (LARGEST_OVERFIT * margin)
        removed = math.sqrt(abs(1 - self.train_gain**-2))
        fell = self.train_gain > SMALLEST_GAIN or (self.share < SMALL_SHARE and removed * margin > 1 and self.amplified.factor * self.share < AT_WORST * self.accuracy)
        factor, harmless = self.amplified.factor, self.amplified.seen and self.amplified.factor * max(self.share, EPSILON) < self.accuracy
        return alike and (fell or self.share < ROUNDING) and not self.amplified.open and (factor < UNDETERMINED or harmless)

    @property
    def best(self) -> Candidate:
        """The better of the two on held-out points."""
        left, amplified = self.share / self.held_gain if self.kept else self.share, self.amplified
        return replace(self._better, reliable=self.reliable, amplification=amplified.factor, weakest=amplified.unknown, undetermined=amplified.open,
                       at_worst=amplified.factor * left if amplified.seen else math.inf)

    @property
    def uncorrected(self) -> Candidate:
        """The one before correction, with its error estimated and how reliably: for trainers that keep no correction."""
        return replace(self, after=self.before).best

    @property
    def kept(self) -> bool:
        """Whether the corrected candidate is the better one."""
        return self.after.score < self.before.score

    @property
    def _better(self) -> Candidate:
        return self.after if self.kept else self.before


def correct(collocation: Collocation, judge: HeldOut, candidate: Candidate, number: int, features: int) -> Correction:
    """Correct a candidate; `number` tells one correction's random points and features from another's."""
    settings = collocation.plan.settings
    ansatz = _corrected(collocation, candidate, features, Purpose(settings.seed, CENTRES, number))
    theta = torch.zeros(ansatz.size, dtype=collocation.dtype, device=collocation.device)
    theta[ansatz.size - ansatz.numbers:] = candidate.ansatz.split(candidate.theta)[-1]
    interior = collocation.plan.interior_points(int(ansatz.size * settings.correction_oversampling))
    blocks = collocation.attracted(candidate.ansatz, candidate.theta, interior, Purpose(settings.seed, CORRECTION_POINTS, number))
    left = judge.exactness(candidate.ansatz, candidate.theta)
    objective = Objective(ansatz, blocks, judge.weights_for(candidate.ansatz, candidate.theta, EXPECTED_GAIN))
    result = gauss_newton(objective, theta, 1, settings.correction_regularisation, memory=settings.memory)
    solved = result.theta
    # Noise is no residual to remove: what equations leave is what tells how well they are solved.
    train_gain = max(exactness(objective, theta), 1e-300) / max(exactness(objective, solved), 1e-300)
    score = judge.score(ansatz, solved)
    held_gain = max(left, 1e-300) / max(judge.exactness(ansatz, solved), 1e-300)
    points = collocation.domain_points(settings.held_out_points, Purpose(settings.seed, SIZE_POINTS))
    sizes = relative_change(collocation, candidate, ansatz, solved, points)
    rows = relative_rows(collocation, ansatz, solved, points[:STABILITY_POINTS])
    form, louder = result.system.form, louder_rows(objective, solved, judge.balance)
    amplified = most_amplified(collocation, rows, form.plus(louder) if len(louder) else form, points)
    if judge.linear and candidate.undetermined:  # another correction's functions, or places, may show less of what is open
        amplified = replace(amplified, open=True)
    # The correction is the error and noise of its own, |e|² = error² + noise²; what is left after it is the noise, and held-out
    # residuals tell the ratio of the two: error = |e| g/√(1 + g²), noise = |e|/√(1 + g²) for the gain g. But noise may be nearly all of the
    # residual and little of e: it is taken for half of |e|² at most.
    least, root = max(held_gain, 1.0), math.hypot(1.0, held_gain)
    error = {name: EPSILON + size * least / math.hypot(1.0, least) for name, size in sizes.items()}
    noise = {name: EPSILON + size / root for name, size in sizes.items()}
    share = left / max(judge.zero, 1e-300)
    if not result.after < result.before and share > ROUNDING:
        error = noise = {}  # no step lowered the residual: nothing is known of the error
    leverage = Leverage.of(collocation, objective, solved, result.system.form, rows)
    told = [leverage.confidence(collocation, objective, own, candidate.confidence) for own in (theta, solved)]
    return Correction(replace(candidate, estimate=error, confidence=told[0]), Candidate(ansatz, solved, score, noise, confidence=told[1]),
                      train_gain, held_gain, share, settings.accuracy, replace(amplified, factor=amplified.factor * judge.zero))


def _corrected(collocation: Collocation, candidate: Candidate, features: int, purpose: Purpose) -> Ansatz:
    """The candidate frozen, its tangent space, wide features where it bends, corner functions."""
    plan = collocation.plan
    points = collocation.domain_points(max(8192, 4 * features), purpose)
    generator = purpose.torch_generator()
    groups = []
    for number, (group, fields, theta) in enumerate(zip(candidate.ansatz.groups, plan.groups, candidate.ansatz.split(candidate.theta))):
        own = points[:, collocation.axes(number)]
        parts = list(zip(group.branches, group.split(theta)))
        branches: list[Branch] = [Frozen(branch, part) for branch, part in parts]
        branches += [Tangent(branch.network, part) for branch, part in parts if isinstance(branch, Trained)]
        layer, share = embedding(fields, plan.problem.domain, plan.kinks[number]), max(100, features // len(plan.problem.unknowns))
        if candidate.trial:
            branches.append(mixed(layer, own, (len(fields), share), candidate.trial, plan.settings.finest(candidate.trial.kind), generator))
        else:
            centres = own[torch.multinomial(bend(group, theta, own, plan.settings.bend_share), share, generator=generator)]
            branches.append(bent(layer, centres, len(fields), plan.settings.correction_slopes, generator))
        groups.append(with_branches(collocation, fields, branches))
    return Ansatz(tuple(groups), candidate.ansatz.numbers)


def mixed(layer: InputLayer, points: Tensor, shape: tuple[int, int], trial: Trial, finest: float, generator: torch.Generator) -> Features:
    """Units of the trial's kind: half of its scale, half of scales log-uniform from 1 to the `finest`; `shape` is (outputs, units).

    A residual too fine for the trial's own functions may hide an error as large as the solution where the problem amplifies it.
    """
    outputs, count = shape
    network = Network.dense(layer, (count,), outputs, trial.kind)
    drawn = spread(network, points, 1.0, generator)[: network.size - network.layers[-1].size]
    scale = finest ** torch.rand(count, 1, generator=generator, dtype=torch.float64).to(drawn)
    scale[::2] = trial.scale
    weights, bias = network.layers[0].split(drawn)
    return Features(network, torch.cat([(weights * scale).flatten(), bias * scale[:, 0]]))


def bent(layer: InputLayer, centres: Tensor, outputs: int, slopes: tuple[float, float], generator: torch.Generator) -> Features:
    """tanh units with the given centres, random directions, and slopes log-uniform between the two bounds."""
    count = len(centres)
    network = Network.dense(layer, (count,), outputs, "tanh")
    inputs = layer.push(centres, JetSpec.closure(centres.shape[1], []))[0]
    directions = torch.randn(count, layer.width, generator=generator, dtype=torch.float64)
    share = torch.rand(count, 1, generator=generator, dtype=torch.float64)
    length = torch.exp(math.log(slopes[0]) + share * math.log(slopes[1] / slopes[0]))
    weights = (directions / directions.norm(dim=1, keepdim=True) * length).to(inputs)
    return Features(network, torch.cat([weights.flatten(), -(weights * inputs).sum(dim=1)]))


def bend(group: Group, theta: Tensor, points: Tensor, uniform: float) -> Tensor:
    """Probabilities (N,) ∝ uniform + |second derivatives| / mean, in coordinates scaled by the points' spread."""
    dimension = points.shape[1]
    spec = JetSpec.closure(dimension, [unit(dimension, axis, 2) for axis in range(dimension)])
    jet = group.push(theta, points, spec)[0]
    spread = points.std(dim=0)
    bend = sum((jet[spec.position[unit(dimension, axis, 2)]] * spread[axis] ** 2).square() for axis in range(dimension))
    size = bend.sqrt()
    size = (size / positive(size.mean(dim=0))).mean(dim=1)
    probabilities = uniform + torch.nan_to_num(size, nan=0.0, posinf=0.0)
    return (probabilities / probabilities.sum()).cpu()


def relative_change(collocation: Collocation, before: Candidate, ansatz: Ansatz, theta: Tensor, points: Tensor,
                    shares: Tensor | None = None) -> dict[str, float]:
    """|u_after − u_before| / |u_after| for every field (vectors as a whole), root mean square over the points, for every number,
    infinite for one that is stuck at a bound, and for unknown functions at the arguments that the conditions give them; what may be added to fields is left out of them.

    `shares` (N,) of the domain that the points stand for, if not the same.
    """
    problem = collocation.plan.problem
    old_parts, new_parts = before.ansatz.split(before.theta), ansatz.split(theta)
    change, size = {}, {}
    weights = points.new_ones(len(points), 1) if shares is None else len(points) * shares[:, None]
    gauge = Gauge.of(collocation.plan, points, shares)
    for number in range(len(collocation.plan.groups)):
        own = points[:, collocation.axes(number)]
        spec = JetSpec.closure(own.shape[1], [])
        new = ansatz.groups[number].push(new_parts[number], own, spec)[0][0]
        old = before.ansatz.groups[number].push(old_parts[number], own, spec)[0][0]
        names = ansatz.groups[number].unknowns
        for values, norms in ((new - old, change), (new, size)):
            columns = zip(names, values.split(1, dim=1), strict=True)
            norms |= {name: (gauge.without(own, name) * weights.sqrt()).norm().item() for name, own in columns}
    lengths = lengths_of(problem, size)
    sizes = {field.name: math.hypot(*(change[one.name] / lengths[one.name] for one in field.unknowns)) for field in problem.fields}
    for number, (parameter, old, new) in enumerate(zip(problem.parameters, old_parts[-1], new_parts[-1])):
        old, new = parameter_value(parameter, old), parameter_value(parameter, new)
        if not isinstance(parameter, Coefficient):
            bounded = parameter.lower is not None or parameter.upper is not None
            stuck = bounded and parameter_value(parameter, new_parts[-1][number] + 1) == new
            sizes[parameter.name] = math.inf if stuck else (abs(new - old) / positive(abs(new))).item()
    for name, one in applications(collocation).items():
        new, old = one.values(ansatz, theta), one.values(before.ansatz, before.theta)
        sizes[name] = ((new - old).norm() / positive(new.norm())).item()
    return sizes
