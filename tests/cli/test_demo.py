"""`mixfold demo` runs as the README says."""

import re


def test_the_demo_finds_three_overlapping_clusters_that_k_means_does_not(mixfold, tmp_path):
    result = mixfold("demo", "--out", tmp_path / "demo")
    assert result.exit_code == 0, result.output
    assert re.search(r"chosen +3 components", result.stdout)
    (agreements,) = re.findall(r"agreement with the truth +(.*)", result.stdout)
    found, means = (float(number) for number in re.findall(r"0\.\d\d", agreements)[:2])
    assert found > means + 0.2
    assert sorted(path.name for path in (tmp_path / "demo").iterdir()) == ["demo.csv", "demo.png", "report.html"]
    assert "Three clusters in demo.csv" in (tmp_path / "demo" / "report.html").read_text(encoding="utf-8")
