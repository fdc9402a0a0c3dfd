"""A mixture as a Python file that needs NumPy alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mixfold.exports import export
from tests.exports.examples import example


@pytest.mark.parametrize("covariance_type", ["full", "tied", "VEV"])
def test_the_file_scores_as_the_mixture_does(tmp_path: Path, covariance_type: str) -> None:
    mixture, rows, threshold = example(covariance_type)
    export(mixture, tmp_path / "scorer.py", threshold=threshold)
    np.save(tmp_path / "rows.npy", rows)
    program = (
        "import sys, numpy as np, scorer; rows = np.load('rows.npy');"
        "np.savez('found.npz', label=scorer.predict(rows), density=scorer.log_density(rows),"
        " shares=scorer.predict_proba(rows), anomaly=scorer.is_anomaly(rows));"
        "assert not any(name.startswith(('mixfold', 'scipy', 'sklearn')) for name in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True)
    with np.load(tmp_path / "found.npz") as found:
        np.testing.assert_array_equal(found["label"], mixture.labels(rows))
        np.testing.assert_allclose(found["density"], mixture.log_density(rows), rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(found["shares"], mixture.responsibilities(rows), atol=1e-9)
        np.testing.assert_array_equal(found["anomaly"], mixture.log_density(rows) < threshold)


def test_the_file_refuses_rows_of_another_width_and_labels_none_that_is_not_finite(tmp_path: Path) -> None:
    export(example("full")[0], tmp_path / "scorer.py")
    scorer: dict[str, object] = {}
    exec((tmp_path / "scorer.py").read_text(), scorer)  # noqa: S102
    with pytest.raises(ValueError, match=r"shape \(n, 3\), got \(1, 2\)"):
        scorer["predict"]([[1.0, 2.0]])  # type: ignore[operator]
    assert scorer["predict"]([[np.nan, 0.0, 0.0]]) == [-1]  # type: ignore[operator]
    assert "is_anomaly" not in scorer
