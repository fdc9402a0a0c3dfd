"""Tables as Arrow IPC files, which are also the second version of Feather."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import final

from mixfold.tables.abstract import Table, unreadable


@final
@dataclass(frozen=True, slots=True)
class Arrow:
    """An .arrow or .feather file."""

    suffix: str
    has_names: bool = True

    def read(self, path: Path) -> Table:
        """Read the file into memory."""
        import pyarrow as pa  # noqa: PLC0415  (optional extra)

        try:
            with pa.ipc.open_file(pa.BufferReader(path.read_bytes())) as reader:
                return reader.read_all()
        except pa.ArrowException as error:
            raise unreadable(path, self.suffix, error) from error
        except OSError as error:
            if error.errno is not None:  # the system's own: it can not be opened
                raise
            raise unreadable(path, self.suffix, error) from error

    def write(self, path: Path, table: Table) -> None:
        """Write one file."""
        import pyarrow as pa  # noqa: PLC0415  (optional extra)

        with pa.ipc.new_file(path, table.schema) as writer:
            writer.write_table(table)
