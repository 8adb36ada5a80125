"""A heat equation forwards and one backwards, known only through the product mv at the first and the last moment, by their logarithms.

v_t = -D v_xx,  m_t = D m_xx,  both positive and periodic in x (Schrödinger's bridge); for a = log m:  a_t = D (a_xx + a_x²).
"""
from pinnaux import *

domain = Interval(0, 2, periodic="x") * TimeInterval(0, 2)
x, t = domain.coordinates
log_m, log_v = Field("log_m", domain), Field("log_v", domain)
m, v = exp(log_m), exp(log_v)
diffusivity = 0.1


def bump(centre):
    """A Gaussian and its periodic images."""
    return sum(exp(-10 * (x - centre + 2 * k) ** 2) for k in range(-2, 3))


problem = Problem(
    fields=[log_m, log_v],
    conditions=[
        Condition("backwards", diff(log_v, t) == -diffusivity * (diff(log_v, x, x) + diff(log_v, x) ** 2), on=domain),
        Condition("forwards", diff(log_m, t) == diffusivity * (diff(log_m, x, x) + diff(log_m, x) ** 2), on=domain),
        Condition("first density", m * v == bump(0.6), on=domain.initial),
        Condition("last density", m * v == bump(1.4), on=domain.final),
    ],
    outputs={"density": m * v, "m": m, "v": v},
)
