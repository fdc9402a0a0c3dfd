"""The command in a report is one that makes the same again, and no longer than needed."""

import shlex


def command_in(page):
    text = page.read_text(encoding="utf-8")
    return text[text.index('<pre tabindex="0">') :].partition(">")[2].partition("</pre>")[0]


def test_options_with_their_defaults_are_left_out(mixfold, table, tmp_path):
    mixfold("fit", table, "-k", 1, "--out", tmp_path / "o", "--report", "--seed", 0)
    words = shlex.split(command_in(tmp_path / "o" / "report.html"))
    assert words == ["mixfold", "fit", str(table), "--components", "1", "--out", str(tmp_path / "o"), "--report"]


def test_options_that_differ_are_kept_also_where_they_are_zero(mixfold, table, tmp_path):
    mixfold("fit", table, "-k", 1, "--out", tmp_path / "o", "--report", "--tol", 0, "--covariance", "diag")
    words = shlex.split(command_in(tmp_path / "o" / "report.html").replace("&#39;", "'"))
    assert words[words.index("--tol") + 1] == "0.0"
    assert words[words.index("--covariance") + 1] == "diag"


def test_options_that_are_repeated_or_say_no_are_those_that_were_written(mixfold, tmp_path):
    (tmp_path / "t.csv").write_text("".join(f"{at % 7},{at % 3 or '?'}\n" for at in range(40)))
    written = ["--no-header", "--missing", "?", "--missing", "em"]
    result = mixfold("fit", tmp_path / "t.csv", "-k", 1, "--out", tmp_path / "o", "--report", *written)
    assert result.exit_code == 0, result.output
    words = shlex.split(command_in(tmp_path / "o" / "report.html").replace("&#39;", "'"))
    assert words[-len(written) :] == written
