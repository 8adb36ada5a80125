"""Heat conduction in a square plate with four holes: ΔT = 0, T = 1 at the sides and 0 at the holes."""
from pinnaux import *

domain = Rectangle((-0.5, -0.5), (0.5, 0.5), name="sides")
for x, y in [(-0.3, -0.3), (0.3, -0.3), (-0.3, 0.3), (0.3, 0.3)]:
    domain -= Disk((x, y), 0.1, name="holes")
T = Field("T", domain)

problem = Problem(
    fields=[T],
    conditions=[
        Condition("conduction", laplacian(T) == 0, on=domain),
        Condition("warm sides", T == 1, on=domain.boundary["sides"]),
        Condition("cold holes", T == 0, on=domain.boundary["holes"]),
    ],
    outputs={"T": T, "flux": -grad(T)},
)
