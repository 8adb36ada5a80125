"""How far a defect of a hidden layer can reach: a rigorous bound M_l, point by point, for jets of any channels.

With c_l the output jets of the chain pushed from n_l (c_0 the network's own), the original residual telescopes,

    r = R + Σ_l δ_l,   δ_l = r(c_(l−1)) − r(c_l),   where c_(l−1) starts from F_l(n_(l−1)) and c_l from n_l, d_l apart,

so |δ_l| ≤ M_l |d_l| gives |r|² ≤ (1 + Σ_l M_l²/ω_l)(|R|² + Σ_l ω_l |d_l|²) by Cauchy–Schwarz, whatever the weights.

M_l is the product of three bounds, all along the segments between the two chains:
* linear layers: every channel's difference grows by the spectral norm of W at most;
* activations: a_α = Σ c σ^(k)(z_0) Π z_β, so |∂a_α/∂z_0| ≤ Σ |c| S_(k+1) Π Z_β and |∂a_α/∂z_γ| ≤ Σ |c| S_k Π' Z_β, with Z_β the larger
  |z_β| of the two ends (z is affine on the segment) and S_k ≥ |σ^(k)| there: the smaller of its global supremum and
  max(|σ^(k)| at the ends) + sup|σ^(k+1)| |z_0 − z_0'|/2. The largest over the units, channel by channel, is a matrix B (K, K) with
  (|Δa_α|)_α ≤ B (|Δz_β|)_β, because an activation does not mix units;
* residuals: Δr = ∫ ∂r/∂y dt · Δy along the segment of the output jets, exactly. The integral is a Gauss rule of `NODES` points:
  exact for residuals affine in the jets, and polynomial ones up to degree 2·NODES, such as u u_x or |∇u|²u. For others (e^u, √u)
  it is a quadrature, and M_l then an estimate, of relative error O(|Δy|^(2·NODES)).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from pinnaux.ansatz import Ansatz
from pinnaux.jets.activations import activation_derivatives, derivative_bounds
from pinnaux.jets.spec import JetSpec
from pinnaux.separated import Auxiliaries, Chain, Separated, View, Weights

NODES = 4


def lipschitz_bounds(separated: Separated, theta: Tensor, auxiliaries: Auxiliaries) -> Weights:
    """M_l (N,) of every chain's hidden layers, for the weighted residuals of all conditions at a point together.

    Several chains of a block telescope one after another: those before are the networks' own, those after the auxiliary ones.
    """
    found: dict[int, tuple[Tensor, ...]] = {}
    for number in range(len(separated.objective.blocks)):
        view = separated.view(number, theta, auxiliaries)
        jets = list(view.jets)
        for place, chain in separated.of_block(number):
            bounds = []
            paths = _paths(chain, theta, view, place)
            outputs = [chain.output(theta, path) for path in paths]
            others = jets[chain.group] - outputs[-1]
            for layer in reversed(range(chain.depth)):
                ends = [[*jets[:chain.group], others + output, *jets[chain.group + 1:]] for output in outputs[layer:layer + 2]]
                reach = _reach(chain, theta, paths[layer], paths[layer + 1], layer)
                slope = _mean_slope(separated.objective.ansatz, theta, view, ends, chain)
                rows = torch.einsum("mnk,nkj->mnj", slope, reach)
                bounds.append(rows.square().sum(dim=(0, 2)).sqrt())
            found[place] = tuple(bounds[::-1])
            jets[chain.group] = others + outputs[0]
    return tuple(found[place] for place in range(len(separated.chains)))


def _paths(chain: Chain, theta: Tensor, view: View, place: int) -> list[list[Tensor]]:
    """The traces of the chains pushed from n_0, …, n_L: what enters every layer; places before the start are those of the view."""
    network, parts, start = chain.network, chain.split(theta), view.traces[chain.group][chain.branch]
    paths = []
    for layer in range(chain.depth + 1):
        trace = list(start[: 2 * layer + 1])
        for number in range(2 * layer, len(start) - 1):
            trace.append(network.layers[number].push(parts[number], trace[number], chain.spec))
        paths.append(trace)
    return paths


def _reach(chain: Chain, theta: Tensor, first: Sequence[Tensor], second: Sequence[Tensor], layer: int) -> Tensor:
    """(N, K, K): by how much a difference of the jets after hidden layer `layer` (from 0) may grow, channel by channel, up to the
    last hidden layer."""
    channels, points = first[0].shape[:2]
    total = torch.eye(channels, dtype=theta.dtype, device=theta.device).repeat(points, 1, 1)
    parts = chain.split(theta)
    for place in range(2 * layer + 2, 2 * chain.depth, 2):
        weights = chain.network.layers[place].split(parts[place])[0]
        norm = torch.linalg.matrix_norm(weights, 2)
        total = jacobian_bound(chain.network.layers[place + 1].kind, first[place + 1], second[place + 1], chain.spec) @ total * norm
    return total


def jacobian_bound(kind: str, first: Tensor, second: Tensor, spec: JetSpec) -> Tensor:
    """B (N, K, K) ≥ the largest |∂a_α/∂z_β| of any unit on the segment between the jets `first` and `second` (K, N, width)."""
    size = torch.maximum(first.abs(), second.abs())
    steep = _suprema(kind, first[0], second[0], spec.order + 1)
    bound = first.new_zeros(len(spec), len(spec), *first.shape[1:])
    for channel, terms in enumerate(spec.table):
        for term in terms:
            blocks = list(term.blocks)
            product = torch.stack([size[b] for b in blocks]).prod(dim=0) if blocks else torch.ones_like(size[0])
            bound[channel, 0] += abs(term.coefficient) * steep[term.order + 1] * product
            for block in set(blocks):
                others = list(blocks)
                others.remove(block)
                product = torch.stack([size[b] for b in others]).prod(dim=0) if others else torch.ones_like(size[0])
                bound[channel, block] += abs(term.coefficient) * blocks.count(block) * steep[term.order] * product
    return bound.amax(dim=3).permute(2, 0, 1)


def _suprema(kind: str, first: Tensor, second: Tensor, order: int) -> list[Tensor]:
    """S_k ≥ |σ^(k)| between the values `first` and `second` for k ≤ order."""
    everywhere = derivative_bounds(kind, order + 1)
    ends = [torch.maximum(one.abs(), other.abs()) for one, other in
            zip(activation_derivatives(kind, first, order), activation_derivatives(kind, second, order))]
    half = 0.5 * (first - second).abs()
    return [torch.clamp(end + everywhere[k + 1] * half, max=everywhere[k]) for k, end in enumerate(ends)]


def _mean_slope(ansatz: Ansatz, theta: Tensor, view: View, ends: list[list[Tensor]], chain: Chain) -> Tensor:
    """(m, N, K): |Σ_u ∂r/∂y_u w_u| for every channel, the derivative averaged between the ends and w_u the output weights."""
    nodes, shares = np.polynomial.legendre.leggauss(NODES)
    total = None
    for node, share in zip(0.5 * (nodes + 1), 0.5 * shares):
        jets = [one + float(node) * (other - one) for one, other in zip(*ends)]
        slope = view.block.sensitivities(ansatz, theta, jets)[0][chain.group] * float(share)
        total = slope if total is None else total + slope
    own = chain.split(theta)[2 * chain.depth]
    rows = chain.last.pull(own, jets[chain.group], chain.in_units(total * view.factors[:, None, None, None]), chain.spec)
    return rows.norm(dim=3).transpose(1, 2)
