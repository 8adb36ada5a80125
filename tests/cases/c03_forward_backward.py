"""A heat equation forwards and one backwards, known only through the product mv at the first and the last moment.

v_t = -D v_xx,  m_t = D m_xx,  both periodic in x (Schrödinger's bridge).
"""
from pinnaux import *

domain = Interval(0, 2, periodic="x") * TimeInterval(0, 2)
x, t = domain.coordinates
m, v = Field("m", domain), Field("v", domain)
diffusivity = 0.1


def bump(centre):
    """A Gaussian and its periodic images."""
    return sum(exp(-10 * (x - centre + 2 * k) ** 2) for k in range(-2, 3))


problem = Problem(
    fields=[m, v],
    conditions=[
        Condition("backwards", diff(v, t) == -diffusivity * diff(v, x, x), on=domain),
        Condition("forwards", diff(m, t) == diffusivity * diff(m, x, x), on=domain),
        Condition("first density", m * v == bump(0.6), on=domain.initial),
        Condition("last density", m * v == bump(1.4), on=domain.final),
    ],
    outputs={"density": m * v},
)
