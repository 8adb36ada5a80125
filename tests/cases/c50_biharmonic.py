"""Δ²u = (1 - π²)² e^x sin πy in a square, u and ∂u/∂n at its sides those of u = e^x sin πy."""
from pinnaux import *

domain = Rectangle((0, 0), (1, 1))
x, y = domain.coordinates
n = domain.normal
u = Field("u", domain)
given = exp(x) * sin(pi * y)

problem = Problem(
    fields=[u],
    conditions=[
        Condition("bending", laplacian(laplacian(u)) == (1 - pi**2) ** 2 * given, on=domain),
        Condition("value", u == given, on=domain.boundary),
        Condition("slope", dot(grad(u), n) == dot(grad(given), n), on=domain.boundary),
    ],
)
