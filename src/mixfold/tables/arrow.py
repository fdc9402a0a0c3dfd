"""Tables as Arrow IPC files, which are also the second version of Feather."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from mixfold.tables.abstract import Schema, Table, damage_named
from mixfold.tables.reading import AS_FOUND, Reading, Say, nobody


@final
@dataclass(frozen=True, slots=True)
class Arrow:
    """An .arrow or .feather file."""

    suffix: str
    has_names: bool = True
    heeds: frozenset[str] = frozenset()

    def read(self, path: Path, reading: Reading = AS_FOUND, say: Say = nobody) -> Table:
        """Read the file into memory, and check every value of it."""
        del reading, say
        with damage_named(path, self.suffix), _opened(path) as reader:
            table = reader.read_all()
            table.validate(full=True)
            return table

    def write(self, path: Path, table: Table) -> None:
        """Write one file."""
        import pyarrow as pa  # noqa: PLC0415  (optional extra)

        with pa.ipc.new_file(path, table.schema) as writer:
            writer.write_table(table)


def schema_of(path: Path) -> Schema:
    """Give the columns of an IPC file.

    Examples
    --------
    >>> import tempfile
    >>> import pyarrow
    >>> path = Path(tempfile.mkdtemp()) / "t.arrow"
    >>> Arrow(".arrow").write(path, pyarrow.table({"a": [1.5], "b": ["x"]}))
    >>> schema_of(path).names
    ['a', 'b']
    """
    with damage_named(path, path.suffix), _opened(path) as reader:
        return reader.schema


def batches_of(path: Path, names: Sequence[str]) -> Iterator[Any]:
    """Yield the record batches of an IPC file with some of its columns, every value of them checked.

    pyarrow believes what a file says of its own lengths unless it is asked to check, and reads beyond its memory.

    Examples
    --------
    >>> import tempfile
    >>> import pyarrow
    >>> path = Path(tempfile.mkdtemp()) / "t.arrow"
    >>> Arrow(".arrow").write(path, pyarrow.table({"a": [1.5, 2.5], "b": ["x", "y"]}))
    >>> [batch.to_pydict() for batch in batches_of(path, ["a"])]
    [{'a': [1.5, 2.5]}]
    """
    with damage_named(path, path.suffix):
        positions = [schema_of(path).get_field_index(name) for name in names]
        with _opened(path, included_fields=positions) as reader:
            for number in range(reader.num_record_batches):
                batch = reader.get_batch(number)
                batch.validate(full=True)
                yield batch.select(list(names))


@contextmanager
def _opened(path: Path, **options: Any) -> Iterator[Any]:
    import pyarrow as pa  # noqa: PLC0415  (optional extra)

    with pa.OSFile(str(path)) as file, pa.ipc.open_file(file, options=pa.ipc.IpcReadOptions(**options)) as reader:
        _ = reader.schema.names  # names that are no text are damage, too
        yield reader
