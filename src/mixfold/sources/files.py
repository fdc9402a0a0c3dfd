"""Files that must stay what they were when they were opened."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from mixfold.errors import InputError


@dataclass(frozen=True, slots=True)
class Stamp:
    """A file as it was: its size in bytes and when it was last written, in nanoseconds.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "rows.csv"
    >>> _ = path.write_text("a")
    >>> Stamp.of(path).refuse_change()
    """

    path: Path
    size: int
    written: int

    @classmethod
    def of(cls, path: Path) -> Self:
        """Look at the file.

        Raises
        ------
        FileNotFoundError
            If there is none.
        """
        found = path.stat()
        return cls(path, found.st_size, found.st_mtime_ns)

    def refuse_change(self) -> None:
        """Refuse to go on if the file vanished or was written to: a pass over it must see what the last one saw.

        Raises
        ------
        InputError
            Naming the file.
        """
        try:
            now = Stamp.of(self.path)
        except FileNotFoundError as error:
            raise InputError(self._message("vanished")) from error
        if now != self:
            raise InputError(self._message("was written to"))

    def _message(self, what: str) -> str:
        return (
            f"{self.path} must stay as it is while it is used, but it {what} since it was opened. "
            "Put it back, or fit again."
        )
