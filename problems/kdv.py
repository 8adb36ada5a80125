"""The Korteweg-de Vries equation u_t + u u_x + δ² u_xxx = 0, periodic in x: a cosine breaks into solitons (Zabusky and Kruskal)."""
from pinnaux import *

domain = Interval(-1, 1, periodic="x") * TimeInterval(0, 1)
x, t = domain.coordinates
u = Field("u", domain)
dispersion = 0.022**2

problem = Problem(
    fields=[u],
    conditions=[
        Condition("kdv", diff(u, t) + u * diff(u, x) + dispersion * diff(u, x, x, x) == 0, on=domain),
        Condition("start", u == cos(pi * x), on=domain.initial),
    ],
)
