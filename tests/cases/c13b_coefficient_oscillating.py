"""Find the oscillating coefficient q(x) of -u'' + q u = f from measurements of u."""
from pinnaux import *

domain = Interval(-1, 1)
x, = domain.coordinates
u, q = Field("u", domain), Field("q", domain)
measured = Observations("C13_u.csv", domain, columns=("u",))
source = (pi**2 + sin(20 * x)) * sin(pi * x)

problem = Problem(
    fields=[u, q],
    conditions=[
        Condition("balance", -diff(u, x, x) + q * u == source, on=domain),
        Condition("ends", u == 0, on=domain.boundary),
        Condition("measured", u == measured["u"], on=measured),
    ],
)
