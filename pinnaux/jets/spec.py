"""Which derivatives travel through a network: a downward-closed set of channels.

A channel is a multi-index α (the derivative ∂^α) or a *form* c (the collapsed second-order operator Σ c_i ∂_ii).
The specification also holds, for every channel, the terms of Faà di Bruno's formula that an activation needs.
This module imports no torch, so that `pinnaux check` can count channels at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby, product
from math import comb, prod

MultiIndex = tuple[int, ...]
Form = tuple[float, ...]


@dataclass(frozen=True)
class Term:
    """coefficient · σ^(order)(z) · Π_b z_b over the channel numbers in `blocks`."""

    order: int
    blocks: tuple[int, ...]
    coefficient: float


@dataclass(frozen=True)
class JetSpec:
    """Channels of a jet in `dimension` coordinates: value first, then first derivatives, then the rest by degree, forms last."""

    dimension: int
    indices: tuple[MultiIndex, ...]
    forms: tuple[Form, ...] = ()

    @staticmethod
    def closure(dimension: int, wanted: Iterable[MultiIndex], forms: Iterable[Form] = ()) -> JetSpec:
        """The smallest specification that holds the `wanted` multi-indices and `forms` and is closed downwards."""
        forms = tuple(sorted(set(forms)))
        needed = {(0,) * dimension}
        for index in list(wanted) + [unit(dimension, i) for form in forms for i, c in enumerate(form) if c]:
            needed.update(product(*(range(order + 1) for order in index)))
        ordered = sorted(needed, key=lambda index: (sum(index), tuple(-order for order in index)))
        return JetSpec(dimension, tuple(ordered), forms)

    def __len__(self) -> int:
        return len(self.indices) + len(self.forms)

    @cached_property
    def order(self) -> int:
        """Highest derivative of σ that a push needs."""
        highest = max(sum(index) for index in self.indices)
        return max(highest, 2) if self.forms else highest

    def order_along(self, axis: int) -> int:
        """Highest derivative along one axis among the channels."""
        return max([index[axis] for index in self.indices] + [2 for form in self.forms if form[axis]])

    @cached_property
    def first(self) -> int:
        """Number of first-derivative channels; they occupy channels 1 … first."""
        return sum(1 for index in self.indices if sum(index) == 1)

    @cached_property
    def position(self) -> dict[MultiIndex, int]:
        """Channel number of every multi-index; `form_position` tells those of the forms."""
        return {index: number for number, index in enumerate(self.indices)}

    def form_position(self, form: Form) -> int:
        """Channel number of a form."""
        return len(self.indices) + self.forms.index(form)

    @cached_property
    def table(self) -> tuple[tuple[Term, ...], ...]:
        """Faà di Bruno's terms of every channel: ∂^α σ(z) = Σ coefficient · σ^(k)(z) · Π z_β."""
        rows = [tuple(faa_di_bruno(index, self.position)) for index in self.indices]
        for form in self.forms:
            rows.append((Term(1, (self.form_position(form),), 1.0), *(
                Term(2, (self.position[unit(self.dimension, i)],) * 2, c) for i, c in enumerate(form) if c)))
        return tuple(rows)

    @cached_property
    def nonlinear(self) -> tuple[tuple[tuple[int, tuple[Term, ...]], ...], ...]:
        """For every channel, the terms of order 2 and more gathered by their order."""
        return tuple(tuple((order, tuple(terms)) for order, terms in groupby((t for t in row if t.order > 1), lambda term: term.order))
                     for row in self.table)

    @cached_property
    def leibniz(self) -> tuple[tuple[int, int, int, float], ...]:
        """(α, β, α − β, C(α, β)) for all channels β below α: ∂^α(b w) = b w_α + Σ C(α, β) b_(α−β) w_β.

        Of a form, Σ c_i ∂_ii(b w) = b w_form + 2 Σ c_i b_i w_i + b_form w.
        """
        found = []
        for alpha, index in enumerate(self.indices):
            for below in product(*(range(order + 1) for order in index)):
                if below != index:
                    rest = tuple(a - b for a, b in zip(index, below))
                    ways = prod(comb(a, b) for a, b in zip(index, below))
                    found.append((alpha, self.position[below], self.position[rest], float(ways)))
        for form in self.forms:
            alpha = self.form_position(form)
            firsts = ((self.position[unit(self.dimension, i)], c) for i, c in enumerate(form) if c)
            found += [(alpha, 0, alpha, 1.0), *((alpha, one, one, 2 * c) for one, c in firsts)]
        return tuple(found)


def unit(dimension: int, axis: int, order: int = 1) -> MultiIndex:
    """The multi-index of `order` derivatives along one axis."""
    return tuple(order if i == axis else 0 for i in range(dimension))


def faa_di_bruno(index: MultiIndex, position: dict[MultiIndex, int]) -> Iterator[Term]:
    """Terms of ∂^α σ(z): one for every partition of the derivatives of α into blocks, equal ones counted together."""
    axes = [axis for axis, order in enumerate(index) for _ in range(order)]
    if not axes:
        yield Term(0, (), 1.0)
        return
    counts: Counter[tuple[int, ...]] = Counter()
    for partition in set_partitions(axes):
        blocks = (position[tuple(block.count(axis) for axis in range(len(index)))] for block in partition)
        counts[tuple(sorted(blocks))] += 1
    for blocks, count in sorted(counts.items(), key=lambda item: (len(item[0]), item[0])):
        yield Term(len(blocks), blocks, float(count))


def set_partitions(items: list[int]) -> Iterator[list[list[int]]]:
    """All partitions of a list (its entries told apart by place) into non-empty blocks."""
    if len(items) == 1:
        yield [items]
        return
    head, rest = items[0], items[1:]
    for partition in set_partitions(rest):
        yield [[head], *partition]
        for number, block in enumerate(partition):
            yield [*partition[:number], [head, *block], *partition[number + 1:]]
