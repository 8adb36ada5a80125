"""Recover the conductivity a(x, y) of a plate from 2500 temperatures with noise of 0.1: u_t - div(a ∇u) = f, a = 2 at the sides."""
from pinnaux import *

domain = Rectangle((-1, -1), (1, 1)) * TimeInterval(0, 1)
x, y, t = domain.coordinates
u = Field("u", domain)
a = Field("a", domain, depends_on=(x, y))
measured = Observations("data/inverse_heat.csv", domain, columns=("u",))
waves = sin(pi * x) * sin(pi * y)


def heating(u, a):
    """What must be added to a plate of conductivity a for its temperature to be u."""
    return diff(u, t) - div(a * grad(u))


problem = Problem(
    fields=[u, a],
    conditions=[
        Condition("heat", heating(u, a) == heating(exp(-t) * waves, 2 + waves), on=domain),
        Condition("sides", a == 2, on=domain.boundary),
        Condition("measured", u == measured["u"], on=measured, noise=0.1),
    ],
    exact={"u": exp(-t) * waves, "a": 2 + waves},
)
