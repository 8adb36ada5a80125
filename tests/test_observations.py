"""Observations hold exactly the rows of their source, in order, or are refused with the file's line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pinnaux import ComplexField, Condition, Field, Interval, Observations, Parameter, Rectangle, TimeInterval, VectorField, load
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
        "x [m];y/m;T (°C)\n0.1;0.2;20.5\n0.9;0.8;21\n0.5;0.5;-0.03\n",
        "% Model: plate, run 7\n% x       y       T (K)\n0.1 0.2 20.5\n0.9 0.8 21\n0.5 0.5 -0.03\n",
        "% x y T\n% 1 2 3\n0.1 0.2 20.5\n0.9 0.8 21\n0.5 0.5 -0.03\n",
        "# measured on Monday, by hand\nx,y,T\n0.1,0.2,20.5\n0.9,0.8,21\n0.5,0.5,-0.03\n",
        '"T","Points:0","Points:1","Points:2"\n20.5,0.1,0.2,0\n21,0.9,0.8,0\n-0.03,0.5,0.5,0\n',
        "x y T\n1.D-1 0.2D0 2.05D+01\n0.9 0.8 21\n0.5 0.5 -3d-2\n",
        "x,y,T,\n0.1,0.2,20.5,\n0.9,0.8,21,\n0.5,0.5,-0.03,\n",
    ],
    ids=["commas", "other columns and order", "semicolons", "tabs", "blanks and comments", "quotes, byte-order mark, CRLF", "units",
         "header in the last comment", "numbers in the last comment", "comment above the header", "ParaView's titles", "Fortran's numbers", "commas at the ends"],
)
def test_a_table_with_a_header_is_read_by_column_names(tmp_path, text):
    probes = Observations(written(tmp_path, text), plate, columns=("T",))
    assert np.array_equal(rows_of(probes), ROWS)


def test_without_a_header_the_columns_are_named_in_order(tmp_path):
    path = written(tmp_path, "20.5 0.1 0.2\n21 0.9 0.8\n-0.03 0.5 0.5\n", "probes.txt")
    probes = Observations(path, plate, columns=("T", "x", "y"))
    assert probes.columns == ("T",)
    assert np.array_equal(rows_of(probes), ROWS)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "latin-1"])
def test_a_table_may_be_written_in_any_usual_encoding(tmp_path, encoding):
    path = tmp_path / "probes.csv"
    path.write_text("x,y,T [°C]\n0.1,0.2,20.5\n0.9,0.8,21\n0.5,0.5,-0.03\n", encoding=encoding)
    assert np.array_equal(rows_of(Observations(path, plate, columns=("T",))), ROWS)
    assert np.array_equal(rows_of(Observations(path, plate, columns=("T [°C]",))), ROWS)


def test_rows_without_names_are_named_in_order_and_points_alone_need_no_names(tmp_path):
    named = np.array([tuple(row) for row in ROWS], dtype=[("x", float), ("y", float), ("T", float)])
    np.save(tmp_path / "rows.npy", ROWS)
    np.savez(tmp_path / "columns.npz", x=ROWS[:, 0], y=ROWS[:, 1], T=ROWS[:, 2])
    for source in (ROWS, ROWS.tolist(), tmp_path / "rows.npy"):
        assert np.array_equal(rows_of(Observations(source, plate, columns=("x", "y", "T"))), ROWS)
    for source in (named, tmp_path / "columns.npz"):
        assert np.array_equal(rows_of(Observations(source, plate, columns=("T",))), ROWS)
    for source in (ROWS[:, :2], [(0.1, 0.2), (0.9, 0.8), (0.5, 0.5)], written(tmp_path, "0.1 0.2\n0.9 0.8\n0.5 0.5\n")):
        assert np.array_equal(rows_of(Observations(source, plate)), ROWS[:, :2])
    assert np.array_equal(rows_of(Observations([0.25, 0.5], Interval(0, 1))), [[0.25], [0.5]])


def test_a_table_with_too_few_names_is_called_by_its_own(tmp_path):
    np.save(tmp_path / "rows.npy", ROWS)
    for source, owner in ((tmp_path / "rows.npy", r"rows.npy has"), (ROWS, "the observations have")):
        with pytest.raises(DeclarationError, match=f"{owner} 3 columns, but columns= names 1"):
            Observations(source, plate, columns=("T",))


def test_a_broken_numpy_file_is_refused(tmp_path):
    with pytest.raises(DeclarationError, match="cannot read .*rows.npy"):
        Observations(written(tmp_path, "no numbers", "rows.npy"), plate)


def test_a_file_of_a_kind_that_is_not_read_gets_its_remedy(tmp_path):
    for name, hint in (("a.pvd", ".vtu files that it lists"), ("a.vtk", "ParaView as .vtu"), ("a.xlsx", "as CSV"), ("a.mat", "by name")):
        with pytest.raises(DeclarationError, match=f"not read from files like .*{name}") as caught:
            Observations(written(tmp_path, "x", name), plate)
        assert hint in caught.value.hint


def test_vectors_are_arrays_of_several_columns():
    velocity = np.arange(6.0).reshape(3, 2)
    probes = Observations({"x": ROWS[:, 0], "y": ROWS[:, 1], "velocity": velocity}, plate, columns=("velocity",))
    assert probes["velocity"].shape == (2,) and str(probes["velocity"][1]) == "data['velocity_y']"
    points = probes.sample(1, np.random.default_rng(0))
    assert np.array_equal(points.columns["velocity_x"], velocity[:, 0]) and np.array_equal(points.columns["velocity_y"], velocity[:, 1])


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
    whole = Observations(path, plate, columns=("velocity", "T"))
    points = whole.sample(1, np.random.default_rng(0))
    assert np.array_equal(np.column_stack(list(points.columns.values())), np.column_stack([velocity[:, :2], ROWS[:, 2]]))
    flow = VectorField("flow", plate)
    assert [str(one) for one in Condition("flow", flow == whole["velocity"], on=whole).residuals] == ["flow_x - data['velocity_x']", "flow_y - data['velocity_y']"]
    with pytest.raises(DeclarationError, match=r"has no column 'speed'") as caught:
        Observations(path, plate, columns=("speed",))
    assert "'velocity', 'velocity_x'" in caught.value.hint


def test_a_vtu_file_that_cannot_be_meant_is_refused(tmp_path):
    meshio = pytest.importorskip("meshio")
    points = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]])
    cells = [("triangle", [[0, 1, 2]])]
    meshio.Mesh(points, cells, cell_data={"q": [[7.0]]}).write(tmp_path / "cells.vtu")
    with pytest.raises(DeclarationError, match="'q' of .*cells.vtu is known in cells, not at points"):
        Observations(tmp_path / "cells.vtu", plate, columns=("q",))
    meshio.Mesh(points + [0, 0, 2], cells, point_data={"T": ROWS[:, 2]}).write(tmp_path / "lifted.vtu")
    assert len(Observations(tmp_path / "lifted.vtu", plate, columns=("T",)).points) == 3
    meshio.Mesh(points[:, [0, 2, 1]], cells, point_data={"T": ROWS[:, 2]}).write(tmp_path / "upright.vtu")
    with pytest.raises(DeclarationError, match="upright.vtu fill 2 dimensions, but the domain has 2") as caught:
        Observations(tmp_path / "upright.vtu", plate, columns=("T",))
    assert "Slice" in caught.value.hint


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
    "missing coordinate": ("x,T\n0.1,3\n", ("T",), "has no column 'y'", "each of the domain's coordinates (x, y) needs a column; known: 'x', 'T'"),
    "column twice": ("x,y,T,T\n0.1,0.2,3,4\n", ("T",), "has two columns 'T'", "differently"),
    "nan": ("x,y,T\n0.1,0.2,3\n0.1,0.2,nan\n", ("T",), "line 3: column 'T' holds 'nan'", "remove it"),
    "infinity": ("x,y,T\n0.1,0.2,inf\n", ("T",), "line 2: column 'T' holds 'inf'", "remove it"),
    "text": ("# x,y,T\n\n0.1,0.2,3\n0.1,broken,4\n", ("T",), "line 4: column 'y' holds 'broken'", "remove it"),
    "decimal comma": ("x;y;T\n0,1;0.2;3\n", ("T",), "line 2: column 'x' holds '0,1'", "0.1 instead of 0,1"),
    "decimal commas, exponents": ("x;y;T\n1,5e-01;2,5e-01;3\n", ("T",), "line 2: column 'x' holds '1,5e-01'", "1.5e-01 instead of 1,5e-01"),
    "decimal commas, no header": ("0,1;0,2;3\n", ("x", "y", "T"), "line 1: column 'x' holds '0,1'", "decimal point"),
    "several nan": ("x,y,T\n0.1,0.2,nan\n0.1,0.2,NA\n0.1,0.2,\n", ("T",), "line 2: column 'T' holds 'nan', which is not a finite number (and 2 more", "remove it"),
    "units below the header": ("x,y,T\nm,m,K\n0.1,0.2,3\n", ("T",), "line 2: column 'x' holds 'm'", "remove it"),
    "one name in two units": ("x,y,T [K],T [C]\n0.1,0.2,3,4\n", ("T",), "has two columns 'T'", "differently"),
    "no header, no names": ("0.1 0.2 3\n", (), "has no header and 3 columns", 'columns=("x", "y", …)'),
    "no header, names without coordinates": ("0.1 0.2 3\n", ("T",), "has no header and 3 columns", 'columns=("x", "y", "T")'),
    "empty cell": ("x,y,T\n0.1,0.2,\n", ("T",), "line 2: column 'T' is empty", "nothing is filled in"),
    "short row": ("x,y,T\n0.1,0.2,3\n0.1,0.2\n", ("T",), "line 3 has 2 cells, but the header names 3", "correct"),
    "title above the header": ("Plate\nx,y,T\n0.1,0.2,3\n", ("T",), "line 2 has 3 cells, but the header names 1", "put a # before every line above"),
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
        ({"x": [0.1], "y": [0.1], "T": 1.0}, "column 'T' has shape ()", "one value for each point"),
        ({"x": [[0.1, 0.2]], "y": [0.1, 0.2], "T": [1.0, 2.0]}, "column 'x' has shape (1, 2)", "ravel()"),
        ({"x": [0.1, 0.2], "y": [0.1, 0.2], "T": np.ones((3, 2))}, "column 'T' has 3 values, but column 'x' has 2", "nothing is repeated"),
        (np.array([[0.1, 0.1, 1j]]), "the observations are rows of complex numbers", "by name"),
        ({"x": [0.1, 0.2], "y": [0.1, 0.2], "T": np.ma.array([1.0, 2.0], mask=[0, 1])}, "column 'T' holds nan at index 1", "remove those points"),
        ({"x": [0.1], "y": [0.1]}, "has no column 'T'", "known: 'x', 'y'"),
        ({"x": [0.1], "y": [0.1], "T": [np.nan]}, "column 'T' holds nan at index 0", "nothing is filled in"),
        ({"x": [], "y": [], "T": []}, "column 'x' has no values", "each point"),
        ({"x": [0.1], "y": [0.1], "T": [None, "a"]}, "column 'T' is no sequence of numbers", "shape (N,)"),
        ([[0.1, 0.1, 1.0]], "the observations have 3 columns, but columns= names 1: (T)", 'columns=("x", "y", "T")'),
        ([0.1, 0.1, 1.0], "of shape (3,) are no table", "one row for each point"),
        (np.array([[0.1, np.inf]]), "the observations have 2 columns, but columns= names 1", 'columns= must name all columns'),
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
