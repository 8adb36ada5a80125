"""-Δu = 3π² sin πx sin πy sin πz in a cube, u = 0 at its walls; ∇u is exported too."""
from pinnaux import *

domain = Box((0, 0, 0), (1, 1, 1))
x, y, z = domain.coordinates
u = Field("u", domain)

problem = Problem(
    fields=[u],
    conditions=[
        Condition("poisson", -laplacian(u) == 3 * pi**2 * sin(pi * x) * sin(pi * y) * sin(pi * z), on=domain),
        Condition("walls", u == 0, on=domain.boundary),
    ],
    outputs={"u": u, "gradient": grad(u)},
)
