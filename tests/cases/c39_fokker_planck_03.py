"""Stationary Fokker-Planck equation ((a x - b x³) p)' = σ²/2 p'' with a = 0.3, b = σ = 0.5: a density, whose integral is 1."""
from pinnaux import *

domain = Interval(-2.2, 2.2)
x, = domain.coordinates
p = Field("p", domain)
drift = 0.3 * x - 0.5 * x**3

problem = Problem(
    fields=[p],
    conditions=[
        Condition("balance", diff(drift * p, x) == 0.5**2 / 2 * diff(p, x, x), on=domain),
        Condition("ends", p == 0, on=domain.boundary),
        Condition("density", integral(p, over=domain) == 1),
    ],
)
