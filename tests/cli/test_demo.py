"""`mixfold demo` runs as the README says."""

import re


def test_the_demo_finds_three_equal_clusters_and_draws_them(mixfold, tmp_path):
    result = mixfold("demo", "--out", tmp_path / "demo")
    assert result.exit_code == 0, result.output
    (weights,) = re.findall(r"mixture weights +(.*\S)", result.stdout)
    assert all(abs(float(weight) - 1 / 3) < 0.01 for weight in weights.split(", "))
    assert "600 rows x 3 components" in result.stdout
    assert len(re.findall(r"^ +\d +\d+ +-\d\.\d{6} +converged", result.stdout, re.MULTILINE)) == 8
    assert [path.name for path in (tmp_path / "demo").iterdir()] == ["demo.png"]
