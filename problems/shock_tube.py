"""Sod's shock tube: a gas at rest, dense on the left. A little viscosity picks the solution with shocks that entropy allows."""
from pinnaux import *

domain = Interval(0, 1) * TimeInterval(0, 0.2)
x, t = domain.coordinates
rho, u, p = Field("rho", domain), Field("u", domain), Field("p", domain)
gamma, viscosity = 1.4, 1e-3
energy = p / (gamma - 1) + rho * u**2 / 2


def spread(density):
    """How fast viscosity spreads what is conserved."""
    return viscosity * diff(density, x, x)


problem = Problem(
    fields=[rho, u, p],
    conditions=[
        Condition("mass", diff(rho, t) + diff(rho * u, x) == spread(rho), on=domain),
        Condition("momentum", diff(rho * u, t) + diff(rho * u**2 + p, x) == spread(rho * u), on=domain),
        Condition("energy", diff(energy, t) + diff(u * (energy + p), x) == spread(energy), on=domain),
        Condition("density at first", rho == where(x < 0.5, 1, 0.125), on=domain.initial),
        Condition("at rest", u == 0, on=domain.initial),
        Condition("pressure at first", p == where(x < 0.5, 1, 0.1), on=domain.initial),
        Condition("still ends", u == 0, on=domain.boundary),
        Condition("flat density", diff(rho, x) == 0, on=domain.boundary),
        Condition("flat pressure", diff(p, x) == 0, on=domain.boundary),
    ],
    time_limit=120,
)
