"""-Δu = 1 on an L-shape, no flux through the edge y = 0, x > 0, u = 0 on the others."""
from pinnaux import *

domain = Polygon([(0, 0), (1, 0), (1, -1), (-1, -1), (-1, 1), (0, 1)])
x, y = domain.coordinates
u = Field("u", domain)

problem = Problem(
    fields=[u],
    conditions=[
        Condition("poisson", -laplacian(u) == 1, on=domain),
        Condition("insulated", dot(grad(u), domain.normal) == 0, on=domain.boundary.where(y == 0)),
        Condition("held", u == 0, on=domain.boundary.where(~(y == 0))),
    ],
)
