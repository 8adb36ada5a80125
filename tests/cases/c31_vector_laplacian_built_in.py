"""Δ(u, v) = (4, 0) in a square, its sides held at u = x² + y², v = x² - y²."""
from pinnaux import *

domain = Rectangle((0, 3), (1, 4))
x, y = domain.coordinates
w = VectorField("w", domain, components=("u", "v"))

problem = Problem(
    fields=[w],
    conditions=[
        Condition("poisson", laplacian(w) == (4, 0), on=domain),
        Condition("sides", w == (x**2 + y**2, x**2 - y**2), on=domain.boundary),
    ],
)
