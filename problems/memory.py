"""A spring that remembers: u' + u = ∫_0^t e^(s - t) u(s) ds, a Volterra integro-differential equation, from u = 1."""
from pinnaux import *

domain = TimeInterval(0, 5)
t, = domain.coordinates
u = Field("u", domain)
s = Variable("s")

problem = Problem(
    fields=[u],
    conditions=[
        Condition("motion", diff(u, t) + u == integral(exp(s - t) * at(u, t=s), over=s, start=0, end=t), on=domain),
        Condition("start", u == 1, on=domain.initial),
    ],
    exact={"u": (1 + exp(-2 * t)) / 2},
)
