"""Δu = 0 between a rectangle and a round hole: u = ln(r / R) at the rectangle's sides, u = 0 at the hole of radius R."""
from pinnaux import *

radius = 0.4
domain = Rectangle((0, 0), (12, 4), name="sides") - Disk((4, 2), radius, name="hole")
x, y = domain.coordinates
u = Field("u", domain)
distance = sqrt((x - 4) ** 2 + (y - 2) ** 2)

problem = Problem(
    fields=[u],
    conditions=[
        Condition("laplace", laplacian(u) == 0, on=domain),
        Condition("hole", u == 0, on=domain.boundary["hole"]),
        Condition("sides", u == log(distance / radius), on=domain.boundary["sides"]),
    ],
)
