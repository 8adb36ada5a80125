"""The benchmark beside other libraries: what is read from a contender, and the ratio that is made of it."""

from __future__ import annotations

import pytest
from benchmarks.contenders import RECIPES, reference
from benchmarks.side_by_side import PROBLEMS, chosen, headlines, ratio, read

from pinnaux.bench import Curve

PRINTED = """Compiling model...
1.500,5.0e-01
'compile' took 0.000268 s

4.000,2.000000e-02
12.25,3.0e-02
"""


def test_samples_are_read_from_among_other_words() -> None:
    assert [(sample.seconds, sample.error) for sample in read(PRINTED)] == [(1.5, 0.5), (4.0, 0.02), (12.25, 0.03)]


def test_the_ratio_is_of_the_times_in_which_the_peers_final_error_is_first_reached() -> None:
    peer = Curve("deepxde-float32 seed 0", read(PRINTED), "done")
    ours = Curve("pinnaux seed 0", read("1.000,9e-1\n2.000,1e-3\n3.000,1e-6"), "done")
    assert ratio(peer, ours) == (0.03, 4.0, 2.0)
    assert ratio(ours, peer) == (1e-6, 3.0, None)
    assert headlines([ours, peer], 1) == ["deepxde-float32: final error 3.0e-02 after 4.0 s; pinnaux passes that after 2.0 s: 2.0 times as fast"]
    lost = Curve("pinnaux seed 0", read("1.000,9e-1"), "done")
    assert headlines([lost, peer], 1)[0].endswith("pinnaux passes that after inf s: 0.0 times as fast")
    assert headlines([ours, Curve("deepxde-float32 seed 0", (), "failure")], 1) == []


@pytest.mark.parametrize("problem", PROBLEMS)
def test_every_problem_has_a_recipe_and_a_reference(problem: str) -> None:
    points, values = reference(problem)
    assert problem in RECIPES and points.shape == (len(values), 2) and len(values) >= 10_000
    assert 0.05 < abs(values).max() < 1.01


def test_an_unknown_name_is_refused() -> None:
    assert chosen("burgers,helmholtz", PROBLEMS) == ["burgers", "helmholtz"]
    with pytest.raises(Exception, match="'burger' is not among burgers, poisson_lshape, helmholtz"):
        chosen("burger", PROBLEMS)
