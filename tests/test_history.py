"""The history of the benchmarks: a file a commit, a page, and a word where something became slower."""

import json
from pathlib import Path

import pytest
from benchmarks.history import Record, main, page, slower


def commits(*values):
    return [Record(f"{at:040x}", f"2026-01-0{at + 1}T00:00:00", "x", {"a": value}) for at, value in enumerate(values)]


@pytest.mark.parametrize(
    ("now", "expected"), [(1.09, {}), (1.11, {"a": pytest.approx(1.11)})], ids=["within a tenth", "beyond"]
)
def test_what_takes_a_tenth_longer_than_the_median_of_the_last_commits_is_slower(now, expected):
    assert slower({"a": now, "new": 9.0}, commits(9.0, 1.0, 1.0, 5.0, 1.0, 1.0)) == expected


def test_the_page_has_a_point_for_each_commit_and_escapes_names():
    drawn = page([Record("c" * 40, "2026-01-01", "<x>", {"a, <b>": 2.0}), *commits(1.0, 2.0)])
    assert drawn.count("<circle") == 3
    assert drawn.count("<polyline") == 2
    assert "<b>" not in drawn
    assert "<x>" not in drawn


@pytest.mark.skipif(not (Path(__file__).parents[1] / ".git").exists(), reason="there is no commit without a checkout")
def test_a_commit_that_became_slower_ends_with_a_word_and_exit_code_1(tmp_path, capsys):
    with pytest.raises(SystemExit, match="False"):
        main([str(tmp_path), "--tiny", "--rounds", "1"])
    (kept,) = tmp_path.glob("*.json")
    record = json.loads(kept.read_text())
    earlier = {**record, "commit": "0" * 40, "times": {name: value / 1000 for name, value in record["times"].items()}}
    (tmp_path / f"{earlier['commit']}.json").write_text(json.dumps(earlier))
    with pytest.raises(SystemExit, match="True"):
        main([str(tmp_path), "--tiny", "--rounds", "1"])
    assert "SLOWER" in capsys.readouterr().out
    assert (tmp_path / "index.html").read_text().count("<circle") == 2
