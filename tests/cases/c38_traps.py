"""Carriers hop between traps of depth E: P_t = -e^(-2E) P + e^(-E) ∫ e^(-2E') P(E', t) dE' over all depths, P = e^(-E) at first.

The depths end at 15: of e^(-E) no more than 3e-7 is left there.
"""
from pinnaux import *

domain = Interval(0, 15, names="E") * TimeInterval(0, 10)
E, t = domain.coordinates
P = Field("P", domain)
released = exp(-2 * E) * P

problem = Problem(
    fields=[P],
    conditions=[
        Condition("balance", diff(P, t) == -released + exp(-E) * integral(released, over=E), on=domain),
        Condition("start", P == exp(-E), on=domain.initial),
    ],
    outputs={"P": P, "total": integral(P, over=E)},
)
