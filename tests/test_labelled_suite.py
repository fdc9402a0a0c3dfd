"""The benchmark on a suite of labelled sets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("select", [False, True])
def test_sets_are_fitted_and_the_better_of_their_labels_counts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *, select: bool
) -> None:
    monkeypatch.syspath_prepend(ROOT)
    from benchmarks import labelled_suite

    (tmp_path / "few").mkdir()
    labels = np.repeat([1, 2, 0], [40, 40, 3])  # three rows of noise
    rows = np.random.default_rng(0).normal(size=(83, 2)) + 9.0 * labels[:, None]
    for name, values in (("data", rows), ("labels0", np.arange(83) % 3 + 1), ("labels1", labels)):
        np.savetxt(tmp_path / "few" / f"blobs.{name}.gz", values)
    labelled_suite.main([str(tmp_path), "--seeds", "1", *(["--select"] if select else [])])
    line, summary, *_ = capsys.readouterr().out.splitlines()
    assert line.startswith("few/blobs, 83 x 2: mixfold")
    assert summary.startswith("1 sets, mean adjusted Rand index: mixfold")
    first = summary.split(", ")[2 if select else 1]
    assert float(first.split()[-1]) > (0.8 if select else 0.99)
