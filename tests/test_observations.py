"""Observations hold exactly the rows of their source, in order, or are refused with the file's line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pinnaux import ComplexField, Condition, Field, Interval, Observations, Parameter, Rectangle, TimeInterval, load
from pinnaux.errors import DeclarationError

plate = Rectangle((0, 0), (1, 1))
ROWS = np.array([[0.1, 0.2, 20.5], [0.9, 0.8, 21.0], [0.5, 0.5, -3e-2]])


def rows_of(observations: Observations) -> np.ndarray:
    """All coordinates and columns, (N, d + columns)."""
    points = observations.sample(2, np.random.default_rng(0))
    return np.column_stack([points.coordinates, *(points.columns[name] for name in observations.columns)])


def written(folder: Path, text: str, name: str = "probes.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "text",
    [
        "x,y,T\n0.1,0.2,20.5\n0.9,0.8,21\n0.5,0.5,-3e-2\n",
        "T,unused,y,x\n20.5,a,0.2,0.1\n21,b,0.8,0.9\n-0.03,c,0.5,0.5\n",
        "x; y; T\n0.1; 0.2; 20.5\n\n0.9; 0.8; 21\n0.5; 0.5; -0.03\n",
        "x\ty\tT\n0.1\t0.2\t20.5\n0.9\t0.8\t21\n0.5\t0.5\t-0.03",
        "# x y T\n0.1 0.2   20.5\n# measured on Monday\n0.9 0.8 21\n 0.5 0.5 -0.03\n",
        '\ufeff"x","y","T"\r\n0.1,0.2,20.5\r\n0.9,0.8,21\r\n0.5,0.5,-0.03\r\n',
    ],
    ids=["commas", "other columns and order", "semicolons", "tabs", "blanks and comments", "quotes, byte-order mark, CRLF"],
)
def test_a_table_with_a_header_is_read_by_column_names(tmp_path, text):
    probes = Observations(written(tmp_path, text), plate, columns=("T",))
    assert np.array_equal(rows_of(probes), ROWS)


def test_without_a_header_the_columns_are_named_in_order(tmp_path):
    path = written(tmp_path, "20.5 0.1 0.2\n21 0.9 0.8\n-0.03 0.5 0.5\n", "probes.txt")
    probes = Observations(path, plate, columns=("T", "x", "y"))
    assert probes.columns == ("T",)
    assert np.array_equal(rows_of(probes), ROWS)


def test_arrays_are_taken_as_they_are():
    given = {"y": ROWS[:, 1].tolist(), "x": ROWS[:, 0], "T": tuple(ROWS[:, 2]), "other": "ignored"}
    assert np.array_equal(rows_of(Observations(given, plate, columns=("T",))), ROWS)


def test_a_complex_array_is_two_columns_and_one_formula():
    wave = np.exp(1j * ROWS[:, 0])
    psi = ComplexField("psi", plate)
    for given in (wave, wave.tolist(), wave.astype(np.complex64)):
        probes = Observations({"x": ROWS[:, 0], "y": ROWS[:, 1], "psi": given, "T": ROWS[:, 2]}, plate, columns=("psi", "T"))
        assert probes.columns == ("psi_real", "psi_imag", "T")
        assert np.allclose(rows_of(probes)[:, 2:], np.column_stack([wave.real, wave.imag, ROWS[:, 2]]), atol=1e-7)
        fitted = Condition("probes", psi == probes["psi"], on=probes)
        assert str(fitted.equation) == "psi == data['psi']"
        assert [str(one) for one in fitted.residuals] == ["psi_real - data['psi_real']", "psi_imag - data['psi_imag']"]


def test_two_columns_of_a_file_are_a_complex_one(tmp_path):
    path = written(tmp_path, "x,y,psi_real,psi_imag,other\n0.1,0.2,1,2,3\n")
    probes = Observations(path, plate, columns=("psi_real", "psi_imag", "other"))
    psi = ComplexField("psi", plate)
    together, apart = psi == probes["psi"], psi == probes["psi_real"] + 1j * probes["psi_imag"]
    assert [str(one) for one in Condition("a", together, on=probes).residuals] == [str(one) for one in Condition("b", apart, on=probes).residuals]


def test_complex_values_are_finite():
    with pytest.raises(DeclarationError, match=r"column 'psi' holds \(1\+nanj\) at index 1"):
        Observations({"x": [0.1, 0.2], "y": [0.1, 0.2], "psi": [1j, complex(1, np.nan)]}, plate, columns=("psi",))


def test_columns_may_come_from_files_of_one_column(tmp_path):
    values = written(tmp_path, "T\n20.5\n21\n-0.03\n", "T.txt")
    given = {"x": ROWS[:, 0], "y": written(tmp_path, "0.2\n0.8\n0.5\n", "y.txt"), "T": str(values)}
    assert np.array_equal(rows_of(Observations(given, plate, columns=("T",))), ROWS)


def test_a_vtu_file_gives_its_points_and_point_data(tmp_path):
    meshio = pytest.importorskip("meshio")
    points = np.column_stack([ROWS[:, :2], np.zeros(3)])
    velocity = np.arange(9.0).reshape(3, 3)
    data = {"T": ROWS[:, 2], "velocity": velocity, "t": np.array([0.0, 0.5, 1.0])}
    path = tmp_path / "probes.vtu"
    meshio.Mesh(points, [("triangle", [[0, 1, 2]])], point_data=data).write(path)
    assert np.array_equal(rows_of(Observations(path, plate, columns=("T",))), ROWS)
    moving = Observations(path, plate * TimeInterval(0, 1), columns=("velocity_y", "T"))
    assert np.array_equal(rows_of(moving), np.column_stack([ROWS[:, :2], data["t"], velocity[:, 1], ROWS[:, 2]]))
    with pytest.raises(DeclarationError, match=r"has no column 'velocity'") as caught:
        Observations(path, plate, columns=("velocity",))
    assert "velocity_x" in caught.value.hint


def test_a_broken_vtu_file_is_refused(tmp_path):
    pytest.importorskip("meshio")
    with pytest.raises(DeclarationError, match="cannot read .*broken.vtu"):
        Observations(written(tmp_path, "<VTKFile", "broken.vtu"), plate, columns=("T",))


def test_points_alone_are_observations_without_columns():
    pin = Observations({"x": [0.25], "y": [0.5]}, plate)
    p = Field("p", plate)
    assert Condition("pin", p == 0, on=pin).region.describe() == "observations given as arrays (1 points)"
    with pytest.raises(DeclarationError) as caught:
        pin["p"]
    assert caught.value.hint == 'name it: columns=("p",)'


def test_observations_are_a_region_of_their_own():
    one, other = (Observations({"x": [0.25], "y": [0.5]}, plate) for _ in range(2))
    assert one.key == one.key
    assert one.key != other.key
    assert (one.kind, one.has_normal, one.measure, one.domain) == ("observations", False, 0.0, plate)


def test_a_parameter_may_be_compared_with_data():
    k = Parameter("k")
    probes = Observations({"x": [0.25], "y": [0.5], "k": [2.0]}, plate, columns=("k",))
    assert str(Condition("measured", k == probes["k"], on=probes).residuals[0]) == "k - data['k']"


def test_files_are_found_beside_the_problem_file_or_above_it(tmp_path, monkeypatch):
    source = (
        "from pinnaux import *\ndomain = Rectangle((0, 0), (1, 1))\nu = Field('u', domain)\n"
        "probes = Observations('data/probes.csv', domain, columns=('T',))\n"
        "problem = Problem(fields=[u], conditions=[Condition('c', u == probes['T'], on=probes)])\n"
    )
    for folder, value in ((tmp_path / "a" / "problems", "1"), (tmp_path / "a", "2"), (tmp_path, "3")):
        (folder / "data").mkdir(parents=True)
        written(folder / "data", f"x,y,T\n0.1,0.2,{value}\n")
    file = written(tmp_path / "a" / "problems", source, "heat.py")
    monkeypatch.chdir(tmp_path)
    for expected in ("1", "2", "3"):
        assert rows_of(load(file).conditions[0].region)[0, 2] == float(expected)
        (Path(*file.parts[: len(file.parts) - int(expected)]) / "data" / "probes.csv").unlink()
    with pytest.raises(DeclarationError, match="observations file 'data/probes.csv' does not exist") as caught:
        load(file)
    assert caught.value.where.line == 4


REFUSED = {
    "missing column": ("x,y,Temp\n0.1,0.2,3\n", ("T",), "has no column 'T'", "known: 'x', 'y', 'Temp'"),
    "misspelt column": ("x,y,Temp\n0.1,0.2,3\n", ("temp",), "has no column 'temp'", "did you mean 'Temp'?"),
    "missing coordinate": ("x,T\n0.1,3\n", ("T",), "has no column 'y'", "known: 'x', 'T'"),
    "column twice": ("x,y,T,T\n0.1,0.2,3,4\n", ("T",), "has two columns 'T'", "differently"),
    "nan": ("x,y,T\n0.1,0.2,3\n0.1,0.2,nan\n", ("T",), "line 3: column 'T' holds 'nan'", "remove it"),
    "infinity": ("x,y,T\n0.1,0.2,inf\n", ("T",), "line 2: column 'T' holds 'inf'", "remove it"),
    "text": ("# x,y,T\n\n0.1,0.2,3\n0.1,broken,4\n", ("T",), "line 4: column 'y' holds 'broken'", "remove it"),
    "decimal comma": ("x;y;T\n0,1;0.2;3\n", ("T",), "line 2: column 'x' holds '0,1'", "correct"),
    "empty cell": ("x,y,T\n0.1,0.2,\n", ("T",), "line 2: column 'T' is empty", "nothing is filled in"),
    "short row": ("x,y,T\n0.1,0.2,3\n0.1,0.2\n", ("T",), "line 3 has 2 cells, but the header names 3", "correct"),
    "no rows": ("x,y,T\n", ("T",), "has no rows", "row of numbers"),
    "empty file": ("", ("T",), "has no rows", "row of numbers"),
    "no header, too few names": ("0.1 0.2 3\n", ("T",), "has no header and 3 columns, but columns= names 1: (T)", "all columns in order"),
    "no header, no coordinates": ("0.1 0.2 3\n", ("a", "b", "T"), "has no header and 3 columns", "the coordinates x, y among them"),
    "outside": (
        "x,y,T\n0.5,0.5,1\n2,0.5,1\n3,0.5,1\n4,0.5,1\n5,0.5,1\n", ("T",),
        "4 of 5 points of the observations", "the domain spans x from 0 to 1, y from 0 to 1"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_table_that_does_not_fit_is_refused(tmp_path, name):
    text, columns, what, hint = REFUSED[name]
    path = written(tmp_path, text)
    with pytest.raises(DeclarationError) as caught:
        Observations(path, plate, columns=columns)
    assert what in caught.value.what
    assert hint in caught.value.hint
    assert "probes.csv" in caught.value.what
    assert caught.value.where.file == __file__


def test_the_first_few_points_outside_are_shown(tmp_path):
    with pytest.raises(DeclarationError, match=r"lie outside the domain: \(2, 0\.5\), \(3, 0\.5\), \(4, 0\.5\), …"):
        Observations(written(tmp_path, REFUSED["outside"][0]), plate, columns=("T",))


def test_a_point_written_with_few_digits_is_still_on_the_boundary():
    line = Interval(0, np.pi)
    assert len(Observations({"x": [3.14159274]}, line).points) == 1


@pytest.mark.parametrize(
    ("given", "what", "hint"),
    [
        ({"x": [0.1, 0.2], "y": [0.1, 0.2], "T": [1.0]}, "column 'T' has 1 values, but column 'x' has 2", "nothing is repeated"),
        ({"x": [0.1], "y": [0.1], "T": [[1.0]]}, "column 'T' has shape (1, 1)", "ravel()"),
        ({"x": [0.1], "y": [0.1], "T": 1.0}, "column 'T' has shape ()", "one per point"),
        ({"x": [0.1], "y": [0.1]}, "has no column 'T'", "known: 'x', 'y'"),
        ({"x": [0.1], "y": [0.1], "T": [np.nan]}, "column 'T' holds nan at index 0", "nothing is filled in"),
        ({"x": [], "y": [], "T": []}, "column 'x' has no values", "each point"),
        ({"x": [0.1], "y": [0.1], "T": [None, "a"]}, "column 'T' is no sequence of numbers", "shape (N,)"),
        ([[0.1, 0.1, 1.0]], "not from 1x3-matrix", 'Observations({"x": xs, "T": values}'),
        (None, "not from None", "Observations("),
    ],
)
def test_arrays_that_do_not_fit_are_refused(given, what, hint):
    with pytest.raises(DeclarationError) as caught:
        Observations(given, plate, columns=("T",))
    assert what in caught.value.what
    assert hint in caught.value.hint


def test_a_file_of_two_columns_is_no_column(tmp_path):
    path = written(tmp_path, "1 2\n3 4\n")
    with pytest.raises(DeclarationError, match="has 2 columns, but is given for the one column 'T'"):
        Observations({"x": [0.1, 0.2], "y": [0.1, 0.2], "T": path}, plate, columns=("T",))


def test_a_folder_and_a_binary_file_are_refused(tmp_path):
    with pytest.raises(DeclarationError, match="is a folder"):
        Observations(tmp_path, plate, columns=("T",))
    (tmp_path / "image.csv").write_bytes(b"\x89PNG\xff\xfe\x00")
    with pytest.raises(DeclarationError, match="is not a text file"):
        Observations(tmp_path / "image.csv", plate, columns=("T",))


def test_a_missing_file_gets_the_nearest_name(tmp_path):
    written(tmp_path, "x,y\n0,0\n")
    with pytest.raises(DeclarationError, match="does not exist") as caught:
        Observations(tmp_path / "probe.csv", plate)
    assert "did you mean 'probes.csv'?" in caught.value.hint


def test_observations_need_a_domain():
    with pytest.raises(DeclarationError, match="observations need a domain, not PatchRegion whole boundary"):
        Observations({"x": [0.1], "y": [0.1]}, plate.boundary)
