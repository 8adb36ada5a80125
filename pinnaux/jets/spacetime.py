"""Features of space times polynomials of time: what a short window of an evolution is expanded in.

In a short time every point moves little, so a few polynomials suffice there, while space needs as many features as the state has
detail. Their products resolve both with far fewer functions than features spread over space and time alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from pinnaux.jets import activations
from pinnaux.jets.inputs import InputLayer
from pinnaux.jets.layers import Linear
from pinnaux.jets.spec import Form, JetSpec


@dataclass(frozen=True, eq=False)
class SpaceTime:
    """T_k(τ) and σ(w_j·ξ(x) + b_j) T_k(τ) for units j and k ≤ `degree`, τ ∈ [−1, 1] between `start` and `end`.

    T_k are Chebyshev's polynomials; `hidden` holds W row by row, then b. Points are (N, d + 1), time last; without space (d = 0)
    there are no units.
    """

    space: InputLayer
    kind: str
    units: int
    hidden: Tensor
    start: float
    end: float
    degree: int

    @property
    def width(self) -> int:
        return (self.units + 1) * (self.degree + 1)

    def push(self, points: Tensor, spec: JetSpec) -> Tensor:
        """Points (N, d + 1) → jet (K, N, width): ∂_x^α ∂_t^m of a product is the product of ∂_x^α and ∂_t^m."""
        spatial = JetSpec.closure(spec.dimension - 1, {index[:-1] for index in spec.indices},
                                  {form[:-1] for form in spec.forms if any(form[:-1])})
        units = self._units(points[:, :-1], spatial)
        clock = self._clock(points[:, -1], max(spec.order if spec.forms else 0, *(index[-1] for index in spec.indices)))
        channels = [_products(units[spatial.position[index[:-1]]], clock[index[-1]]) for index in spec.indices]
        channels += [self._form(form, units, clock, spatial) for form in spec.forms]
        return torch.stack(channels)

    def _form(self, form: Form, units: Tensor, clock: list[Tensor], spatial: JetSpec) -> Tensor:
        """Σ c_i ∂_ii, in space and in time, (N, width)."""
        total = form[-1] * _products(units[0], clock[2])
        if any(form[:-1]):
            total = total + _products(units[spatial.form_position(form[:-1])], clock[0])
        return total

    def _units(self, points: Tensor, spec: JetSpec) -> Tensor:
        """Jet (K, N, 1 + units) of 1 and the features of space."""
        one = points.new_zeros(len(spec), len(points), 1)
        one[0] = 1
        if not self.units:
            return one
        inputs = self.space.push(points, spec)
        inside = Linear(self.space.width, self.units).push(self.hidden, inputs, spec)
        return torch.cat([one, activations.push(self.kind, inside, spec)], dim=2)

    def _clock(self, time: Tensor, order: int) -> list[Tensor]:
        """(N, degree + 1) of T_k and of each of its derivatives in time up to the order.

        T_(k+1) = 2τ T_k − T_(k−1), differentiated m times: T_(k+1)^(m) = 2τ T_k^(m) + 2m T_k^(m−1) − T_(k−1)^(m).
        """
        half = (self.end - self.start) / 2
        tau = (time - (self.start + self.end) / 2) / half
        found: list[Tensor] = []
        for m in range(order + 1):
            rows = [torch.full_like(tau, float(m == 0)), tau if m == 0 else torch.full_like(tau, float(m == 1))]
            for k in range(1, self.degree):
                following = 2 * tau * rows[k] - rows[k - 1]
                rows.append(following + 2 * m * found[m - 1][:, k] if m else following)
            found.append(torch.stack(rows[: self.degree + 1], dim=1))
        return [values / half**m for m, values in enumerate(found)]


def _products(units: Tensor, clock: Tensor) -> Tensor:
    """(N, units · times): every one of (N, units) times every one of (N, times), those of a unit side by side."""
    return (units[:, :, None] * clock[:, None, :]).flatten(1)
