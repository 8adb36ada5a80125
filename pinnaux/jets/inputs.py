"""Input layers: they turn points into the first jet.

`Embedding` scales the coordinates to [−1, 1] and maps periodic ones to the circle, so that every function of them is
periodic exactly. `CornerFunctions` are the singular functions r^s cos sθ, r^s sin sθ of a polygon's corners.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from pinnaux.jets.spec import JetSpec, MultiIndex, faa_di_bruno


class InputLayer(Protocol):
    """A map from points to a jet of `width` functions."""

    @property
    def width(self) -> int: ...

    def push(self, points: Tensor, spec: JetSpec) -> Tensor:
        """Points (N, d) → jet (K, N, width), derivatives in the physical coordinates."""


@dataclass(frozen=True)
class Embedding:
    """ξ = (x − centre)/half for ordinary axes, (cos ωx, sin ωx) with ω = 2π/period for periodic ones (period > 0)."""

    centre: tuple[float, ...]
    half: tuple[float, ...]
    period: tuple[float, ...]

    @property
    def width(self) -> int:
        return sum(2 if period else 1 for period in self.period)

    def without(self, axis: int) -> Embedding:
        """The functions of the other coordinates, which come before it."""
        return Embedding(self.centre[:axis], self.half[:axis], self.period[:axis])

    def push(self, points: Tensor, spec: JetSpec) -> Tensor:
        columns = [column for axis in range(len(self.centre)) for column in self._axis(points[:, axis], axis, spec)]
        return torch.stack(columns, dim=2)

    def _axis(self, x: Tensor, axis: int, spec: JetSpec) -> list[Tensor]:
        """Jets (K, N) of the one or two functions of this axis."""
        offset = x - self.centre[axis]
        if not self.period[axis]:
            return [_one_axis(axis, spec, [offset / self.half[axis], torch.full_like(x, 1 / self.half[axis])])]
        omega = 2 * math.pi / self.period[axis]
        cycle = [torch.cos(omega * offset), -torch.sin(omega * offset)]
        cycle += [-cycle[0], -cycle[1]]
        powers = [omega**k for k in range(spec.order + 1)]
        cosine = [powers[k] * cycle[k % 4] for k in range(spec.order + 1)]
        sine = [powers[k] * cycle[(k + 3) % 4] for k in range(spec.order + 1)]
        return [_one_axis(axis, spec, cosine), _one_axis(axis, spec, sine)]


def _one_axis(axis: int, spec: JetSpec, derivatives: list[Tensor]) -> Tensor:
    """Jet (K, N) of a function of one coordinate from its derivatives of rising order (higher ones are zero)."""
    jet = derivatives[0].new_zeros(len(spec), derivatives[0].shape[0])
    for channel, index in enumerate(spec.indices):
        order = index[axis]
        if order == sum(index) and order < len(derivatives):
            jet[channel] = derivatives[order]
    for form in spec.forms:
        if form[axis] and len(derivatives) > 2:
            jet[spec.form_position(form)] = form[axis] * derivatives[2]
    return jet


@dataclass(frozen=True)
class CornerFunctions:
    """Re and Im of z^s for every exponent s and of z^k log z for every log k, and of these times z̄/z, times Chebyshev polynomials in time.

    z = (x − vertex) e^{−i·start}.
    They span what the solution of an elliptic equation does near a corner of opening ω (Grisvard 1985): exponents are
    multiples of π/ω (both sides of one kind) and of π/(2ω) (Dirichlet meets Neumann), with a logarithm where they are whole.
    Of log z only the angle is taken, which is what a jump of boundary values makes, or with `whole_log` both parts: pressures and
    stresses have that singularity. What is `conjugated`, z̄ z^(s−1) and z̄ z^(k−1) log z, is no harmonic function: with it all
    biharmonic functions, and displacements and velocities in the plane are spanned (Goursat), and what an equation makes that holds its unknown
    undifferentiated: Δ(z̄ z^(s−1)) = 4 (s − 1) z^(s−2) is harmonic. Where the cut of the functions would cross
    the domain, they are multiplied by the bump (1 − (r/radius)⁴)⁶; radius 0 means no bump. Negative powers and log |z| are taken no nearer
    to the corner than `nearest`.
    """

    vertex: tuple[float, float]
    start: float
    opening: float
    exponents: tuple[float, ...]
    radius: float = 0.0
    time: tuple[float, float, int] | None = None
    logs: tuple[int, ...] = ()
    conjugated: tuple[float, ...] = ()
    conjugated_logs: tuple[int, ...] = ()
    whole_log: bool = False
    nearest: float = 0.0

    @property
    def width(self) -> int:
        spatial = 2 * (len(self.exponents) + len(self.logs) + len(self.conjugated) + len(self.conjugated_logs)) - self._only_angle
        return spatial * (self.time[2] if self.time else 1)

    def push(self, points: Tensor, spec: JetSpec) -> Tensor:
        planar = {index[:2] for index in spec.indices}
        plane = JetSpec.closure(2, planar | {(2, 0), (0, 2)} if spec.forms else planar)
        jet = self._powers(points, plane)
        if self.radius:
            jet = _multiply(self._bump(points, plane), jet, plane)
        clock = self._clock(points, spec) if self.time else [torch.ones_like(points[:, :1])]
        columns = []
        for index in spec.indices:
            order = index[2] if self.time else 0
            spatial = jet[plane.position[index[:2]]]
            columns.append((spatial[:, :, None] * clock[order][:, None, :]).flatten(1))
        for form in spec.forms:
            spatial = form[0] * jet[plane.position[2, 0]] + form[1] * jet[plane.position[0, 2]]
            value = spatial[:, :, None] * clock[0][:, None, :]
            if self.time and form[2]:
                value = value + form[2] * jet[0][:, :, None] * clock[2][:, None, :]
            columns.append(value.flatten(1))
        return torch.stack(columns)

    def _powers(self, points: Tensor, plane: JetSpec) -> Tensor:
        """∂_x^a ∂_y^b f(z) = i^b e^{−i(a+b)start} f^(a+b)(z), and for z̄ g(z) with z̄ g^(a+b) + (a − b) e^{2i·start} g^(a+b−1) instead of f^(a+b).

        Real and imaginary parts of every f, then of every z̄ g.
        """
        x, y = points[:, 0] - self.vertex[0], points[:, 1] - self.vertex[1]
        tiny = torch.finfo(points.dtype).tiny ** 0.125
        radius = torch.hypot(x, y).clamp_min(tiny)[:, None]
        # Angles just outside the sector by rounding must not wrap to the other side of the cut.
        middle = self.start + self.opening / 2
        angle = (torch.remainder(torch.atan2(y, x) - middle + math.pi, 2 * math.pi) - math.pi + self.opening / 2)[:, None]
        orders = range(1 + max(map(sum, plane.indices)))
        floors = radius.new_tensor([self.nearest * (s < 0) for s in self.exponents] + [self.nearest * (self.whole_log and not k) for k in self.logs])
        plain = [_derivatives(torch.maximum(radius, floors), angle, self.exponents, self.logs, order) for order in orders]
        below = tuple(s - 1 for s in self.conjugated), tuple(k - 1 for k in self.conjugated_logs)
        inner = [_derivatives(radius.expand(-1, len(below[0]) + len(below[1])), angle, *below, order) for order in orders]
        columns = []
        for a, b in plane.indices:
            parts = [plain[a + b], _conjugated(radius, angle, inner, (a, b), self.start)]
            turned = _turned((a + b) * -self.start, tuple(torch.cat(each, dim=1) for each in zip(*parts)))
            # i^b by exchanging the parts, so that ∂yy = −∂xx to the last bit: near the corner both are huge and must cancel.
            for _ in range(b):
                turned = (-turned[1], turned[0])
            columns.append(torch.stack(turned, dim=2).flatten(1))
        both = torch.stack(columns)
        return both[:, :, [column for column in range(both.shape[2]) if column != self._logarithm]] if self._only_angle else both

    @property
    def _only_angle(self) -> bool:
        """Whether there is log z, and its real part is left out."""
        return 0 in self.logs and not self.whole_log

    @property
    def _logarithm(self) -> int:
        """The column of Re log z among real and imaginary parts of all functions."""
        return 2 * (len(self.exponents) + self.logs.index(0))

    def _bump(self, points: Tensor, plane: JetSpec) -> Tensor:
        """Jet (K, N, 1) of (1 − q²)⁶ for q = (r/radius)² < 1, zero beyond."""
        x, y = points[:, 0] - self.vertex[0], points[:, 1] - self.vertex[1]
        scale = self.radius**-2
        q = {(0, 0): (x * x + y * y) * scale, (1, 0): 2 * x * scale, (0, 1): 2 * y * scale,
             (2, 0): torch.full_like(x, 2 * scale), (0, 2): torch.full_like(x, 2 * scale)}
        value = q[0, 0].clamp_max(1.0)
        sixth_power = (1, 0, -6, 0, 15, 0, -20, 0, 15, 0, -6, 0, 1)
        derivatives = _polynomial_derivatives(value, sixth_power, max(sum(i) for i in plane.indices))
        zero = torch.zeros_like(x)
        names = {number: index for index, number in plane.position.items()}
        rows = []
        for index in plane.indices:
            total = torch.zeros_like(x)
            for term in faa_di_bruno(index, plane.position):
                product = derivatives[term.order] * term.coefficient
                for block in term.blocks:
                    product = product * q.get(names[block], zero)
                total = total + product
            rows.append(torch.where(q[0, 0] < 1, total, zero))
        return torch.stack(rows)[:, :, None]

    def _clock(self, points: Tensor, spec: JetSpec) -> list[Tensor]:
        """Derivatives (N, count) of Chebyshev polynomials of the scaled time, by rising order."""
        start, end, count = self.time
        scale = 2 / (end - start)
        tau = (points[:, 2] - start) * scale - 1
        order = max([index[2] for index in spec.indices] + [2 if spec.forms else 0])
        stacks = [_polynomial_derivatives(tau, _chebyshev(k), order) for k in range(count)]
        return [torch.stack([s[k] for s in stacks], dim=1) * scale**k for k in range(order + 1)]


def _derivatives(radii: Tensor, angle: Tensor, exponents: tuple[float, ...], logs: tuple[int, ...], order: int) -> tuple[Tensor, Tensor]:
    """Real and imaginary part (N, functions) of the derivative of this order of z^s for every exponent s, then of z^k log z for every log k.

    `radii` (N, functions) are the distances from the corner at which each is taken.
    """
    radius, radii = radii[:, : len(exponents)], radii[:, len(exponents):]
    factors = radius.new_tensor([math.prod(s - k for k in range(order)) for s in exponents])
    powers = radius.new_tensor(exponents) - order
    size, phase = factors * radius**powers, powers * angle
    real, imaginary = size * torch.cos(phase), size * torch.sin(phase)
    if not logs:
        return real, imaginary
    slopes, levels, powers = (radius.new_tensor(each) for each in zip(*(_logarithmic(k, order) for k in logs)))
    size, phase = radii**powers, powers * angle
    cosine, sine, along, across = torch.cos(phase), torch.sin(phase), slopes * torch.log(radii) + levels, slopes * angle
    return (torch.cat([real, size * (cosine * along - sine * across)], dim=1),
            torch.cat([imaginary, size * (sine * along + cosine * across)], dim=1))


def _conjugated(radius: Tensor, angle: Tensor, inner: Sequence[tuple[Tensor, Tensor]], index: tuple[int, int], start: float) -> tuple[Tensor, Tensor]:
    """z̄ g^(n) + (a − b) e^{2i·start} g^(n−1) for the index (a, b) with n = a + b, from the derivatives of every g."""
    (a, b), (real, imaginary) = index, inner[sum(index)]
    cosine, sine = radius * torch.cos(angle), radius * torch.sin(angle)
    real, imaginary = cosine * real + sine * imaginary, cosine * imaginary - sine * real
    if a == b:
        return real, imaginary
    more = _turned(2 * start, inner[a + b - 1])
    return real + (a - b) * more[0], imaginary + (a - b) * more[1]


def _turned(angle: float, parts: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    """Real and imaginary part times e^{i·angle}."""
    cosine, sine = math.cos(angle), math.sin(angle)
    return cosine * parts[0] - sine * parts[1], sine * parts[0] + cosine * parts[1]


def _logarithmic(power: int, order: int) -> tuple[float, float, float]:
    """A, B and k of the derivative z^k (A log z + B), of this order, of z^power log z."""
    a, b = 1.0, 0.0
    for k in range(power, power - order, -1):
        a, b = k * a, k * b + a  # A' = kA, B' = kB + A, k' = k − 1
    return a, b, float(power - order)


def _multiply(left: Tensor, right: Tensor, spec: JetSpec) -> Tensor:
    """Leibniz: ∂^α(fg) = Σ C(α, β) ∂^β f ∂^(α−β) g."""
    rows = []
    for index in spec.indices:
        total = torch.zeros_like(right[0])
        for beta in spec.indices:
            if all(b <= a for a, b in zip(index, beta)):
                rest: MultiIndex = tuple(a - b for a, b in zip(index, beta))
                weight = math.prod(math.comb(a, b) for a, b in zip(index, beta))
                total = total + weight * left[spec.position[beta]] * right[spec.position[rest]]
        rows.append(total)
    return torch.stack(rows)


def _polynomial_derivatives(x: Tensor, coefficients: tuple[float, ...], order: int) -> list[Tensor]:
    """Values of a polynomial (rising powers) and its derivatives up to `order`."""
    out = []
    for _ in range(order + 1):
        value = torch.zeros_like(x)
        for c in reversed(coefficients):
            value = value * x + c
        out.append(value)
        coefficients = tuple(n * c for n, c in enumerate(coefficients))[1:] or (0.0,)
    return out


def _chebyshev(degree: int) -> tuple[float, ...]:
    """Coefficients of T_degree, rising powers, from T_(k+1) = 2x T_k − T_(k−1)."""
    previous, current = (1.0,), (0.0, 1.0)
    for _ in range(degree):
        following = [0.0, *(2 * c for c in current)]
        for i, c in enumerate(previous):
            following[i] -= c
        previous, current = current, tuple(following)
    return previous
