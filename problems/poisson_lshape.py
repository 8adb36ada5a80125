"""-Δu = 1 on an L-shape, u = 0 on its boundary."""
from pinnaux import *

domain = Polygon([(0, 0), (1, 0), (1, -1), (-1, -1), (-1, 1), (0, 1)])
u = Field("u", domain)

problem = Problem(
    fields=[u],
    conditions=[
        Condition("poisson", -laplacian(u) == 1, on=domain),
        Condition("wall", u == 0, on=domain.boundary),
    ],
)
