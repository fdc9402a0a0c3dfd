"""Data that are read in pieces: folders, patterns, and files that one would not hold in memory."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from mixfold.atomic import written_whole
from mixfold.cli.assignments import with_assignments
from mixfold.cli.reading import say
from mixfold.errors import InputError
from mixfold.estimators.missing import filled
from mixfold.fold.checking import refuse
from mixfold.fold.sampling import SAMPLE_ROWS, Picked, drawn_from, in_order
from mixfold.mixtures import Mixture
from mixfold.rows import Rows, Source
from mixfold.sources import source_for
from mixfold.sources.arrow import ArrowSource, files_of
from mixfold.sources.sliced import is_sliced
from mixfold.tables import Reading, TableFormat, format_of, refuse_unheeded
from mixfold.tables.abstract import Table
from mixfold.tables.delimited import Delimited
from mixfold.tables.text import estimated_bytes
from mixfold.tables.xlsx import Xlsx
from mixfold.typing import FloatArray

WHOLE_BYTES = 2**28
"""Files up to this size are read whole: all their columns go into the results."""
ROWS_AT_ONCE = 2**17


def is_read_in_pieces(data: Path) -> bool:
    """Whether data are a folder, a pattern, a large file, or of a format that is only read so."""
    if is_sliced(data):
        return True
    if data.is_file():
        format_ = format_of(data)
        size = estimated_bytes(data) if isinstance(format_, Delimited) else data.stat().st_size
        return size > WHOLE_BYTES and not isinstance(format_, Xlsx)
    return data.is_dir() or any(character in str(data) for character in "*?[")


def suffix_of(data: Path) -> str:
    """Give the suffix of results: that of a file, or of the first file of a folder or a pattern.

    HDF5 and Zarr hold bare arrays; what is said of their rows is a table.
    """
    return ".parquet" if is_sliced(data) else format_of_data(data).suffix


def format_of_data(data: Path) -> TableFormat:
    """Give the format of a file, or of the first file of a folder or a pattern."""
    return format_of(data if data.is_file() else files_of(data)[0])


def has_names(data: Path) -> bool:
    """Whether the columns of data that are read in pieces have names."""
    return not is_sliced(data) and format_of_data(data).has_names


def opened(data: Path, columns: list[str] | None, reading: Reading) -> Source:
    """Open data as a source. Rows that are not finite are refused by whatever first walks over all of them.

    Raises
    ------
    InputError
        If there are no rows, or columns are named where none have names.
    """
    if columns is not None and not has_names(data):
        message = f"`--columns` must name columns of the data, but those of {data} have no names. Leave it out."
        raise InputError(message)
    source: Source | None
    if is_sliced(data) or format_of_data(data).suffix == ".npy":
        refuse_unheeded(data, reading)
        source = source_for(data)
    else:
        source = ArrowSource(data, columns, reading=reading)
        for said in source.said:
            say(said)
    if source is None or source.n_rows == 0:
        message = f"{data} must hold rows, but has none. Add rows."
        raise InputError(message)
    return source


def write_assignments(path: Path, source: Source, mixture: Mixture, *, gaps: bool = False) -> tuple[float, FloatArray]:
    """Write the features, the label and the probabilities of every row, piece by piece; the file appears whole.

    With `gaps`, values may be missing.

    Returns
    -------
    log_likelihood : float
        For each row.
    rows : ndarray of shape (n, n_features)
        Some of them, for pictures: the same ones every time.

    Raises
    ------
    InputError
        Naming the file and the row, if one is not finite.
    """
    total, drawn = 0.0, Picked(drawn_from(source, np.random.RandomState(0), SAMPLE_ROWS), True, gaps=gaps)
    seen: list[Rows] = []
    if isinstance(format_of(path), Xlsx):
        message = f"What is read in pieces cannot be written as .xlsx, got {path}. Choose .parquet or .csv."
        raise InputError(message)
    with written_whole(path) as unfinished, _writer(unfinished, format_of(path).suffix, source.n_rows) as write:
        for table, log_density, run in _assigned(source, mixture, drawn):
            total += float(np.sum(log_density))
            seen.append(run)
            write(table)
    return total / source.n_rows, filled(in_order(Rows.join(seen)).values, mixture.potentials)


def _assigned(source: Source, mixture: Mixture, drawn: Picked) -> Iterator[tuple[Table, FloatArray, Rows]]:
    """Yield the table of some rows after others, their log densities, and those of them that are drawn."""
    import pyarrow as pa  # noqa: PLC0415  (optional extra)

    names = source.feature_names or tuple(f"x{position}" for position in range(source.n_features))
    pending: list[Rows] = []
    for chunk in source.chunks():
        pending.append(chunk)
        if chunk.span.stop < source.n_rows and sum(one.n for one in pending) < ROWS_AT_ONCE:
            continue
        run, pending = Rows.join(pending), []
        some, bad = drawn(run)
        refuse(bad, source)
        columns = [pa.array(column, from_pandas=True) for column in np.ascontiguousarray(run.values.T)]  # NaN is null
        table = pa.table(columns, names=list(names))
        yield with_assignments(table, mixture.responsibilities(run.values)), mixture.log_density(run.values), some


@contextmanager
def _writer(path: Path, suffix: str, n_rows: int) -> Iterator[Callable[[Table], None]]:
    """Give a function that appends a table to a new file."""
    import pyarrow as pa  # noqa: PLC0415  (optional extra)
    from pyarrow import parquet  # noqa: PLC0415  (optional extra)

    with ExitStack() as stack:
        opened: list[Any] = []

        def open_with(opener: Callable[[], Any]) -> Any:
            if not opened:
                opened.append(stack.enter_context(opener()))
            return opened[0]

        def write_parquet(table: Table) -> None:
            open_with(lambda: parquet.ParquetWriter(path, table.schema)).write_table(table)

        def write_arrow(table: Table) -> None:
            open_with(lambda: pa.ipc.new_file(path, table.schema)).write_table(table)

        def write_matrix(table: Table) -> None:
            rows = np.column_stack([column.to_numpy() for column in table.columns])
            if not opened:
                header = {"descr": rows.dtype.str, "fortran_order": False, "shape": (n_rows, rows.shape[1])}
                np.lib.format.write_array_header_1_0(open_with(lambda: path.open("wb")), header)
            rows.tofile(opened[0])

        def write_text(table: Table) -> None:
            text = Delimited(suffix, "," if suffix.startswith(".csv") else "\t").text_of(table)
            rest = text[text.index("\n") + 1 :] if opened else text
            file = open_with(lambda: gzip.open(path, "wb") if suffix.endswith(".gz") else path.open("wb"))  # noqa: SIM115
            file.write(rest.encode())

        writers = {".parquet": write_parquet, ".arrow": write_arrow, ".feather": write_arrow, ".npy": write_matrix}
        yield writers.get(suffix, write_text)
