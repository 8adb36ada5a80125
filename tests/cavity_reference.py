"""The lid-driven cavity by finite differences in stream function and vorticity, Newton's method and Richardson extrapolation."""
from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import spsolve

Array = NDArray[np.float64]
REYNOLDS = 100
COARSE = 64


@cache
def cavity() -> tuple[Array, Array]:
    """Inner points (N, 2) of a grid of 64 × 64 cells and the velocity there (N, 2): u = ψ_y, v = −ψ_x, lid 4x(1 − x)."""
    half, whole = velocity(2 * COARSE)[:, ::2, ::2], velocity(4 * COARSE)[:, ::4, ::4]
    nodes = np.linspace(0, 1, COARSE + 1)[1:-1]
    points = np.stack(np.meshgrid(nodes, nodes, indexing="ij"), axis=-1).reshape(-1, 2)
    values = (4 * whole - half)[:, 1:-1, 1:-1] / 3
    return points, values.reshape(2, -1).T


def velocity(cells: int) -> Array:
    """(2, cells + 1, cells + 1), zero on the boundary: ψ_y ω_x − ψ_x ω_y = Δω / Re, ω = Δψ; Thom's ω = 2 (ψ + h U) / h² at the walls."""
    size, step = cells + 1, 1 / cells
    first = sparse.diags([-1.0, 1.0], [-1, 1], shape=(size, size)) / (2 * step)
    second = sparse.diags([1.0, -2.0, 1.0], [-1, 0, 1], shape=(size, size)) / step**2
    one = sparse.identity(size, format="csr")
    inner = sparse.kron(one[1:-1], one[1:-1]).tocsr()
    laplacian = (sparse.kron(second, one) + sparse.kron(one, second)).tocsr()
    ends = sparse.csr_matrix(([1.0, 1.0], ([0, cells], [1, cells - 1])), shape=(size, size))
    within = sparse.identity(size).tolil()
    within[0, 0] = within[cells, cells] = 0
    walls = (sparse.kron(ends, within) + sparse.kron(within, ends)) * (2 / step**2)
    vorticity = ((inner.T @ inner) @ laplacian + walls) @ inner.T
    x = np.linspace(0, 1, size)
    lid = np.zeros((size, size))
    lid[:, -1] = 8 * x * (1 - x) / step
    across, upward = inner @ sparse.kron(first, one), inner @ sparse.kron(one, first)
    bend = inner @ laplacian
    psi, change = np.zeros(inner.shape[0]), np.inf
    while change > 1e-10:
        omega = vorticity @ psi + lid.ravel()
        u, v, along, over = upward @ inner.T @ psi, -(across @ inner.T @ psi), across @ omega, upward @ omega
        residual = bend @ omega / REYNOLDS - u * along - v * over
        slope = (bend @ vorticity / REYNOLDS - sparse.diags(along) @ upward @ inner.T + sparse.diags(over) @ across @ inner.T
                 - sparse.diags(u) @ across @ vorticity - sparse.diags(v) @ upward @ vorticity)
        step_taken = spsolve(slope.tocsc(), -residual)
        psi, change = psi + step_taken, np.abs(step_taken).max()
    return np.stack([(inner.T @ (upward @ inner.T @ psi)).reshape(size, size), -(inner.T @ (across @ inner.T @ psi)).reshape(size, size)])
