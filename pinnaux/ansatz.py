"""The trial solution: for every group of unknowns a sum of branches, and the unknown numbers.

A branch is a network seen through the parameters that are free in it: all of them (`Trained`), only the output layer
(`Features`), the directions tangent to a trained network (`Tangent`), or none (`Frozen`). Training in any stage is least
squares over the free parameters of an ansatz, so one solver serves all stages.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import Tensor

from pinnaux.jets.spec import JetSpec
from pinnaux.verdict import Confidence
from pinnaux.network import Network, Trace


class Branch(Protocol):
    """One summand of the outputs of a group, with `size` free parameters."""

    @property
    def size(self) -> int: ...

    @property
    def fitted(self) -> int:
        """How many numbers were or will be fitted: the free parameters, and those that were free before they were held."""

    @property
    def width(self) -> int:
        """The widest jet between its layers."""

    def push(self, theta: Tensor, points: Tensor, spec: JetSpec) -> tuple[Tensor, Trace]:
        """Jet (K, N, outputs) and what `rows` needs of it."""

    def rows(self, theta: Tensor, trace: Trace, adjoint: Tensor, spec: JetSpec, together: int = 1) -> Tensor:
        """(m, N / together, size): derivative of Σ adjoint · output for adjoints (m, K, N, outputs), so many successive points added up."""

    def gradient(self, theta: Tensor, trace: Trace, adjoint: Tensor, spec: JetSpec) -> Tensor:
        """(size,): the sum of `rows` over components and points, without forming them."""

    def tangent(self, theta: Tensor, direction: Tensor, points: Tensor, spec: JetSpec) -> Tensor:
        """Derivative (K, N, outputs) of the jet along a direction (size,) of the free parameters."""


@dataclass(frozen=True)
class Trained:
    """Every parameter of the network is free."""

    network: Network

    @property
    def size(self) -> int:
        return self.network.size

    @property
    def fitted(self) -> int:
        return self.size

    @property
    def width(self) -> int:
        return self.network.width

    def push(self, theta: Tensor, points: Tensor, spec: JetSpec) -> tuple[Tensor, Trace]:
        return self.network.push(theta, points, spec)

    def rows(self, theta: Tensor, trace: Trace, adjoint: Tensor, spec: JetSpec, together: int = 1) -> Tensor:
        return self.network.rows(theta, trace, adjoint, spec, together)

    def gradient(self, theta: Tensor, trace: Trace, adjoint: Tensor, spec: JetSpec) -> Tensor:
        return self.network.gradient(theta, trace, adjoint, spec)

    def tangent(self, theta: Tensor, direction: Tensor, points: Tensor, spec: JetSpec) -> Tensor:
        return self.network.tangent(theta, direction, points, spec)


@dataclass(frozen=True, eq=False)
class Features:
    """The hidden layers are held; the output layer is free, so the outputs are linear in the free parameters.

    Singular functions are not `regular`: near their corner their derivatives would drown all others in an average.
    """

    network: Network
    hidden: Tensor
    regular: bool = True

    @property
    def size(self) -> int:
        return self.network.layers[-1].size

    @property
    def fitted(self) -> int:
        return self.size

    @property
    def width(self) -> int:
        return self.network.width

    def push(self, theta: Tensor, points: Tensor, spec: JetSpec) -> tuple[Tensor, Trace]:
        jet, trace = self.network.push(torch.cat([self.hidden, theta]), points, spec)
        return jet, trace[-1:]

    def rows(self, theta: Tensor, trace: Trace, adjoint: Tensor, spec: JetSpec, together: int = 1) -> Tensor:
        return self.network.layers[-1].rows(trace[0], adjoint, together)

    def gradient(self, theta: Tensor, trace: Trace, adjoint: Tensor, spec: JetSpec) -> Tensor:
        return self.network.layers[-1].gradient(trace[0], adjoint)

    def tangent(self, theta: Tensor, direction: Tensor, points: Tensor, spec: JetSpec) -> Tensor:
        return self.push(direction, points, spec)[0]


@dataclass(frozen=True, eq=False)
class Tangent:
    """J(at)·θ: the functions ∂u/∂θ_k of a network at fixed parameters, as a linear space."""

    network: Network
    at: Tensor

    @property
    def size(self) -> int:
        return self.network.size

    @property
    def fitted(self) -> int:
        return self.size

    @property
    def width(self) -> int:
        return self.network.width

    def push(self, theta: Tensor, points: Tensor, spec: JetSpec) -> tuple[Tensor, Trace]:
        return self.network.tangent(self.at, theta, points, spec), [points]

    def rows(self, theta: Tensor, trace: Trace, adjoint: Tensor, spec: JetSpec, together: int = 1) -> Tensor:
        _, inner = self.network.push(self.at, trace[0], spec)
        return self.network.rows(self.at, inner, adjoint, spec, together)

    def gradient(self, theta: Tensor, trace: Trace, adjoint: Tensor, spec: JetSpec) -> Tensor:
        _, inner = self.network.push(self.at, trace[0], spec)
        return self.network.gradient(self.at, inner, adjoint, spec)

    def tangent(self, theta: Tensor, direction: Tensor, points: Tensor, spec: JetSpec) -> Tensor:
        return self.network.tangent(self.at, direction, points, spec)


@dataclass(frozen=True, eq=False)
class Frozen:
    """A branch with nothing free any more."""

    branch: Branch
    theta: Tensor

    @property
    def size(self) -> int:
        return 0

    @property
    def fitted(self) -> int:
        return self.branch.fitted

    @property
    def width(self) -> int:
        return self.branch.width

    def push(self, theta: Tensor, points: Tensor, spec: JetSpec) -> tuple[Tensor, Trace]:
        return self.branch.push(self.theta, points, spec)[0], [points]

    def rows(self, theta: Tensor, trace: Trace, adjoint: Tensor, spec: JetSpec, together: int = 1) -> Tensor:
        return adjoint.new_zeros(adjoint.shape[0], adjoint.shape[2] // together, 0)

    def gradient(self, theta: Tensor, trace: Trace, adjoint: Tensor, spec: JetSpec) -> Tensor:
        return adjoint.new_zeros(0)

    def tangent(self, theta: Tensor, direction: Tensor, points: Tensor, spec: JetSpec) -> Tensor:
        return torch.zeros_like(self.push(theta, points, spec)[0])


@dataclass(frozen=True)
class Group:
    """Unknown functions of the same coordinates: the outputs of their branches, added up."""

    unknowns: tuple[str, ...]
    coordinates: tuple[str, ...]
    branches: tuple[Branch, ...]

    @property
    def size(self) -> int:
        return sum(branch.size for branch in self.branches)

    @property
    def fitted(self) -> int:
        """Free parameters, and those that were free."""
        return sum(branch.fitted for branch in self.branches)

    @property
    def width(self) -> int:
        """The widest jet between the layers of a branch."""
        return max(branch.width for branch in self.branches)

    def push(self, theta: Tensor, points: Tensor, spec: JetSpec) -> tuple[Tensor, list[Trace]]:
        """Jet (K, N, unknowns) of the sum, and one trace a branch."""
        total, traces = None, []
        for branch, own in zip(self.branches, self.split(theta)):
            jet, trace = branch.push(own, points, spec)
            total = jet if total is None else total + jet
            traces.append(trace)
        return total, traces

    def rows(self, theta: Tensor, traces: list[Trace], adjoint: Tensor, spec: JetSpec, together: int = 1) -> Tensor:
        """(m, N / together, size) for adjoints (m, K, N, unknowns)."""
        return side_by_side([branch.rows(own, trace, adjoint, spec, together) for branch, own, trace in
                             zip(self.branches, self.split(theta), traces) if branch.size]
                            or [adjoint.new_zeros(adjoint.shape[0], adjoint.shape[2] // together, 0)])

    def gradient(self, theta: Tensor, traces: list[Trace], adjoint: Tensor, spec: JetSpec) -> Tensor:
        """(size,) for adjoints (m, K, N, unknowns)."""
        return torch.cat([branch.gradient(own, trace, adjoint, spec) for branch, own, trace in
                          zip(self.branches, self.split(theta), traces)])

    def tangent(self, theta: Tensor, direction: Tensor, points: Tensor, spec: JetSpec) -> Tensor:
        """Derivative (K, N, unknowns) of the jet along a direction (size,); a branch with nothing free has none."""
        found = [branch.tangent(own, way, points, spec) for branch, own, way in zip(self.branches, self.split(theta), self.split(direction))
                 if branch.size]
        return sum(found[1:], start=found[0]) if found else points.new_zeros(len(spec), len(points), len(self.unknowns))

    def split(self, theta: Tensor) -> list[Tensor]:
        return list(torch.split(theta, [branch.size for branch in self.branches]))


@dataclass(frozen=True, eq=False)
class Pieces:
    """A function given piece by piece in time, the last coordinate: group k with its θ between edges k and k + 1; nothing is free."""

    edges: tuple[float, ...]
    groups: tuple[Group, ...]
    thetas: tuple[Tensor, ...]

    @property
    def size(self) -> int:
        return 0

    @property
    def fitted(self) -> int:
        return sum(group.fitted for group in self.groups)

    @property
    def width(self) -> int:
        return max(branch.width for group in self.groups for branch in group.branches)

    def push(self, theta: Tensor, points: Tensor, spec: JetSpec) -> tuple[Tensor, Trace]:
        number = torch.bucketize(points[:, -1].contiguous(), points.new_tensor(self.edges[1:-1]))
        jet = points.new_empty(len(spec), len(points), len(self.groups[0].unknowns))
        for piece in number.unique().tolist():
            here = number == piece
            jet[:, here] = self.groups[piece].push(self.thetas[piece], points[here], spec)[0]
        return jet, [points]

    def rows(self, theta: Tensor, trace: Trace, adjoint: Tensor, spec: JetSpec, together: int = 1) -> Tensor:
        return adjoint.new_zeros(adjoint.shape[0], adjoint.shape[2] // together, 0)

    def gradient(self, theta: Tensor, trace: Trace, adjoint: Tensor, spec: JetSpec) -> Tensor:
        return adjoint.new_zeros(0)

    def tangent(self, theta: Tensor, direction: Tensor, points: Tensor, spec: JetSpec) -> Tensor:
        return points.new_zeros(len(spec), len(points), len(self.groups[0].unknowns))


def side_by_side(parts: list[Tensor]) -> Tensor:
    """Jacobian rows (m, N, …) of several parts as rows of all; those of one are not copied."""
    filled = [part for part in parts if part.shape[2]]
    return filled[0] if len(filled) == 1 else torch.cat(parts, dim=2)


@dataclass(frozen=True)
class Ansatz:
    """All groups, then the unknown numbers: θ = (groups' free parameters …, numbers …)."""

    groups: tuple[Group, ...]
    numbers: int = 0

    @property
    def size(self) -> int:
        return sum(group.size for group in self.groups) + self.numbers

    @property
    def fitted(self) -> int:
        """Free parameters, and those that were free: as many as the solution has, in all pieces of time and behind every correction."""
        return sum(group.fitted for group in self.groups) + self.numbers

    def __repr__(self) -> str:
        return f"Ansatz({', '.join(name for group in self.groups for name in group.unknowns)}: {self.fitted} fitted parameters)"

    @property
    def regular(self) -> list[bool]:
        """For every free parameter whether its function is regular; numbers are."""
        flags = [flag for group in self.groups for branch in group.branches
                 for flag in [not isinstance(branch, Features) or branch.regular] * branch.size]
        return flags + [True] * self.numbers

    def split(self, theta: Tensor) -> list[Tensor]:
        """θ as one vector a group, and the numbers last."""
        return list(torch.split(theta, [group.size for group in self.groups] + [self.numbers]))


@dataclass(frozen=True)
class Trial:
    """Spread features of one kind, scale and number, with or without singular functions at corners."""

    kind: str
    scale: float
    size: int
    corners: bool = False


AT_WORST = 100.0
"""What residuals amplified at their worst would come to is this much more than errors usually are (of a rod heated at its ends, 75 times)."""


@dataclass(frozen=True, eq=False)
class Candidate:
    """A trial solution: ansatz and θ, its weighted residual on held-out points, and the estimated relative error per unknown (if known).

    The estimate is `reliable` if held-out points confirm it, as far as telling it from the accuracy asked for needs it;
    `confidence` is what noise leaves open, `amplification` by how much relative residuals may be amplified in relative errors, 0 where
    not measured, `at_worst` the error that what is left may be amplified to, and `weakest` names the unknown; `undetermined` says that there
    are other solutions. `trial` says which features it is made of where nothing deeper was trained.
    """

    ansatz: Ansatz
    theta: Tensor
    score: float
    estimate: dict[str, float] = field(default_factory=dict)
    reliable: bool = False
    amplification: float = 0.0
    at_worst: float = 0.0
    weakest: str = ""
    undetermined: bool = False
    confidence: Confidence = Confidence()
    trial: Trial | None = None

    @property
    def error(self) -> float:
        """The largest estimated error, infinite where there is no estimate."""
        return max(self.estimate.values(), default=float("inf"))
