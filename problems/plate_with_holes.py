"""Heat conduction in a square plate with four holes: ΔT = 0, T = 1 at the sides and 0 at the holes."""
from pinnaux import *

domain = Rectangle((-0.5, -0.5), (0.5, 0.5), name="sides")
for number, centre in enumerate([(-0.3, -0.3), (0.3, -0.3), (-0.3, 0.3), (0.3, 0.3)], start=1):
    domain -= Disk(centre, 0.1, name=f"hole {number}")
T = Field("T", domain)

problem = Problem(
    fields=[T],
    conditions=[
        Condition("conduction", laplacian(T) == 0, on=domain),
        Condition("warm sides", T == 1, on=domain.boundary["sides"]),
        Condition("cold holes", T == 0, on=domain.boundary["hole 1", "hole 2", "hole 3", "hole 4"]),
    ],
    outputs={"T": T, "flux": -grad(T)},
)
