"""A power-law fluid in a round pipe: -div(|∇u|^(p-2) ∇u) = 1 with p = 3, u = 0 at the wall."""
from pinnaux import *


def p_laplacian(u, p):
    """div(|∇u|^(p-2) ∇u)."""
    return div(norm(grad(u), eps=1e-6) ** (p - 2) * grad(u))


domain = Disk((0, 0), 1)
x, y = domain.coordinates
u = Field("u", domain)

problem = Problem(
    fields=[u],
    conditions=[
        Condition("flow", -p_laplacian(u, 3) == 1, on=domain),
        Condition("wall", u == 0, on=domain.boundary),
    ],
    exact={"u": sqrt(2) / 3 * (1 - (x**2 + y**2) ** 0.75)},
)
