"""Derivatives of scalars, vectors and matrices in orthogonal coordinates, component by component along the unit vectors.

Lengths along the coordinate q_j are h_j dq_j with the scale factor h_j, so a slope is (1/h_j) ∂/∂q_j. The unit vectors turn: with
the bends κ_jk = (∂h_k/∂q_j)/(h_j h_k) their derivatives are ∂e_j/∂q_k = h_k κ_jk e_k and ∂e_k/∂q_k = −h_k Σ_j κ_jk e_j, j ≠ k.
In Cartesian coordinates all h are 1 and all κ are 0. (Arfken, Mathematical Methods for Physicists, chapter 2.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pinnaux.symbolic.frame import CARTESIAN, SPHERICAL, Frame
from pinnaux.symbolic.functions import cos, sin
from pinnaux.symbolic.scalar import ONE, ZERO, Coordinate, Expr, add, differentiate, divide, multiply, subtract

Row = tuple[Expr, ...]


def scales(frame: Frame) -> Row:
    """h_j for every unit vector."""
    coordinates = on_axes(frame)
    if frame.system == CARTESIAN:
        return (ONE,) * len(coordinates)
    radius, angle, *_ = coordinates
    last = (multiply(radius, sin(angle)),) if frame.system == SPHERICAL and angle is not ZERO else (ONE,)
    return (ONE, radius, *last)[: len(coordinates)]


def bends(frame: Frame) -> Mapping[tuple[int, int], Expr]:
    """κ_jk where it is not 0. Of what is spherically symmetric it is taken where the polar angle is 90°."""
    if frame.system == CARTESIAN:
        return {}
    radius, angle, *_ = on_axes(frame)
    found = {(0, 1): divide(ONE, radius)}
    if frame.system == SPHERICAL:
        found[0, 2] = divide(ONE, radius)
        if angle is not ZERO:
            found[1, 2] = divide(cos(angle), multiply(radius, sin(angle)))
    return found


def on_axes(frame: Frame) -> Row:
    """The coordinate along every unit vector, 0 where there is none."""
    return tuple(ZERO if name is None else Coordinate(name, frame) for name in frame.axes)


def slopes(formula: Expr, frame: Frame) -> Row:
    """∇u: (1/h_j) ∂u/∂q_j."""
    return tuple(slope(formula, frame, axis) for axis in range(len(frame.axes)))


def slope(formula: Expr, frame: Frame, axis: int) -> Expr:
    """(1/h_j) ∂u/∂q_j for one j."""
    along = on_axes(frame)[axis]
    if along is ZERO:
        return ZERO
    change, scale = differentiate(formula, along), scales(frame)[axis]
    return change if scale is ONE else divide(change, scale)


def vector_slopes(entries: Sequence[Expr], frame: Frame) -> tuple[Row, ...]:
    """∇v: [i, j] = (1/h_j) ∂v_i/∂q_j − κ_ij v_j, and on the diagonal + Σ_k κ_kj v_k."""
    bent = bends(frame)
    rows = [list(slopes(entry, frame)) for entry in entries]
    for (j, k), bend in bent.items():
        rows[j][k] = subtract(rows[j][k], multiply(bend, entries[k]))
        rows[k][k] = add(rows[k][k], multiply(bend, entries[j]))
    return tuple(map(tuple, rows))


def divergence(entries: Sequence[Expr], frame: Frame) -> Expr:
    """div v = Σ_j (1/h_j) ∂v_j/∂q_j + Σ_jk κ_jk v_j; the terms keep the factors of the entries as the same objects."""
    straight = [slope(entry, frame, axis) for axis, entry in enumerate(entries)]
    return add(*straight, *(multiply(bend, entries[j]) for (j, _), bend in bends(frame).items()))


def matrix_divergence(rows: Sequence[Sequence[Expr]], frame: Frame) -> Row:
    """div A: [i] = the divergence of row i + Σ_k (κ_ki A_ki − κ_ik A_kk)."""
    found = [divergence(row, frame) for row in rows]
    for (j, k), bend in bends(frame).items():
        found[k] = add(found[k], multiply(bend, rows[j][k]))
        found[j] = subtract(found[j], multiply(bend, rows[k][k]))
    return tuple(found)


def laplacian_of(formula: Expr, frame: Frame) -> Expr:
    """div ∇u."""
    return divergence(slopes(formula, frame), frame)


def vector_laplacian(entries: Sequence[Expr], frame: Frame) -> Row:
    """div ∇v."""
    return matrix_divergence(vector_slopes(entries, frame), frame)
