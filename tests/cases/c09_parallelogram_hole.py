"""-Δu = f in a square with a parallelogram cut out, f and the values on the hole from u = sin(πx/3) sin(πy/3)."""
from pinnaux import *

domain = Rectangle((0, 0), (3, 3), name="sides") - Polygon([(1, 1), (2, 1), (3, 2), (2, 2)], name="hole")
x, y = domain.coordinates
u = Field("u", domain)
product = sin(pi * x / 3) * sin(pi * y / 3)

problem = Problem(
    fields=[u],
    conditions=[
        Condition("poisson", -laplacian(u) == 2 * pi**2 / 9 * product, on=domain),
        Condition("sides", u == 0, on=domain.boundary["sides"]),
        Condition("hole", u == product, on=domain.boundary["hole"]),
    ],
)
