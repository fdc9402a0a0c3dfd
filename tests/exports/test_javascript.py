"""A mixture as a JavaScript module: run in Node."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from mixfold.exports import export
from tests.exports.examples import NAMES, example

NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="Node is not installed")


def run(folder: Path, program: str) -> str:
    (folder / "program.mjs").write_text(program)
    return subprocess.run([str(NODE), "program.mjs"], cwd=folder, check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("covariance_type", ["full", "diag"])
def test_the_module_scores_as_the_mixture_does(tmp_path: Path, covariance_type: str) -> None:
    mixture, rows, threshold = example(covariance_type)
    export(mixture, tmp_path / "scorer.js", threshold=threshold)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    program = (
        'import { predict, featureNames } from "./scorer.js";'
        f"console.log(JSON.stringify([featureNames, {json.dumps(rows.tolist())}.map((row) => predict(row))]));"
    )
    names, found = json.loads(run(tmp_path, program))
    assert names == NAMES
    np.testing.assert_array_equal([row["label"] for row in found], mixture.labels(rows))
    np.testing.assert_allclose([row["logDensity"] for row in found], mixture.log_density(rows), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose([row["probabilities"] for row in found], mixture.responsibilities(rows), atol=1e-9)
    np.testing.assert_array_equal([row["isAnomaly"] for row in found], mixture.log_density(rows) < threshold)


def test_the_module_refuses_rows_of_another_width_and_labels_none_that_is_not_finite(tmp_path: Path) -> None:
    export(example("full")[0], tmp_path / "scorer.js")
    (tmp_path / "package.json").write_text('{"type": "module"}')
    program = (
        'import { predict } from "./scorer.js"; console.log(predict([NaN, 1, 2]).label);'
        "try { predict([1]); } catch (error) { console.log(error.message); }"
    )
    assert run(tmp_path, program).splitlines() == ["-1", "A row must have 3 numbers, got 1."]
