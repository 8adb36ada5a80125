"""Files that are either whole or absent.

Every result is written under a temporary name in its own folder and renamed when complete, so that whatever stops the
program (Ctrl-C, a full disk, a lost machine) leaves the previous file or the new one, never half of one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pinnaux.errors import UsageError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path with the same suffix; on success it becomes `path`, on any failure it is removed.

    Raises UsageError where the operating system refuses (no permission, disk full).
    """
    temporary = path.with_name(f".{path.stem}.partial-{os.getpid()}{path.suffix}")
    try:
        yield temporary
        _flush_to_disk(temporary)
        os.replace(temporary, path)
    except OSError as failure:
        raise cannot_write(path, failure) from failure
    finally:
        temporary.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` to `path`, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: Path, content: str) -> None:
    """Write `content` to `path` as UTF-8, whole or not at all."""
    write_bytes(path, content.encode("utf-8"))


def ensure_writable(folder: Path) -> None:
    """Make `folder`, and refuse now, before hours of solving, if nothing can be written there."""
    probe = folder / f".probe.partial-{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as failure:
        raise cannot_write(folder, failure) from failure


def cannot_write(path: Path, failure: OSError) -> UsageError:
    """The message for a refused write."""
    reason = failure.strerror or str(failure)
    return UsageError(f"cannot write {path}: {reason}", hint="choose another folder with --out, or free some space")


def _flush_to_disk(path: Path) -> None:
    """Ask for the bytes to be on the disk before the name is, else a crash may leave an empty file under it."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
