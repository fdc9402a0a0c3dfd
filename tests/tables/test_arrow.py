"""Arrow IPC files are believed only after every value of them was checked."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from mixfold.errors import InputError
from mixfold.tables import read_table, write_table

READ_ALL = """
import sys
from pathlib import Path
from mixfold.errors import InputError
from mixfold.sources import ArrowSource
from mixfold.tables import read_table
for path in sorted(Path(sys.argv[1]).iterdir()):
    for read in (lambda: read_table(path).to_pydict(), lambda: list(ArrowSource(path).chunks())):
        try:
            read()
        except InputError as error:
            assert str(path) in str(error) or "Column" in str(error) or "table" in str(error), error
print("read")
"""


def test_damaged_files_are_read_or_refused_and_never_end_the_interpreter(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    whole = tmp_path / "whole.arrow"
    names = [f"x{number}" for number in range(300)]
    text = pa.array(["u", "v", "w"] * 100)
    table = pa.table({"a": random.normal(size=300), "b": random.normal(size=300), "name": names})
    with pa.ipc.new_file(whole, table.append_column("kind", text.dictionary_encode()).schema) as writer:
        writer.write_table(table.append_column("kind", text.dictionary_encode()), max_chunksize=100)
    folder = tmp_path / "damaged"
    folder.mkdir()
    for number in range(120):
        content = bytearray(whole.read_bytes())
        reach = 1500 if number % 2 else len(content)  # the description of the batches is at the end
        for place in random.integers(reach, size=random.integers(1, 8)):
            content[len(content) - 1 - place] = random.integers(256)
        (folder / f"{number:03}.arrow").write_bytes(content)
    done = subprocess.run([sys.executable, "-c", READ_ALL, folder], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "read\n"


def test_text_that_claims_to_lie_outside_of_the_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.arrow"
    write_table(path, pa.table({"size": [1.0, 2.0], "name": ["first", "second"]}))
    content = path.read_bytes()
    offsets = np.array([0, 5, 11], dtype=np.int32).tobytes()
    assert content.count(offsets) == 1
    path.write_bytes(content.replace(offsets, np.array([0, 5, 2**30], dtype=np.int32).tobytes()))
    with pytest.raises(InputError, match=r"t\.arrow must be a complete \.arrow file"):
        read_table(path)
