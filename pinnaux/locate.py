"""Finds the files a problem names: beside the problem file, in the folders above it, then in the current folder."""

from __future__ import annotations

from pathlib import Path

from pinnaux.errors import DeclarationError, did_you_mean, here


def find_file(path: str | Path, role: str) -> Path:
    """The absolute path of an existing file; `role` says in messages what it is for, e.g. "mesh".

    Raises DeclarationError where there is none, with the nearest name that exists.
    """
    wanted = Path(path).expanduser()
    folders = [Path()] if wanted.is_absolute() else search_folders()
    for folder in folders:
        if (folder / wanted).is_file():
            return (folder / wanted).absolute()
    if any((folder / wanted).is_dir() for folder in folders):
        raise DeclarationError(f"{role} '{path}' is a folder, not a file", hint="name one file in it")
    raise DeclarationError(f"{role} file '{path}' does not exist", hint=nearest_files(wanted, folders))


def search_folders() -> list[Path]:
    """The folder of the user's file that is being executed, its parents, and the current folder."""
    location = here()
    beside = [] if location is None else Path(location.file).absolute().parents
    return list(dict.fromkeys([*beside, Path.cwd()]))


def nearest_files(wanted: Path, folders: list[Path]) -> str:
    """A hint with the files of the same kind where the wanted one was expected, and how they are searched for."""
    for folder in folders:
        place = (folder / wanted).parent
        found = sorted(one.name for one in place.glob(f"*{wanted.suffix}") if one.is_file()) if place.is_dir() else []
        if found:
            return f"in {place} {did_you_mean(wanted.name, found)}"
    return f"paths are relative to the problem file, then to the folders above it; looked for it in {folders[0]} and above"
