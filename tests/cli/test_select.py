"""`mixfold select` chooses, shows why, and refuses what it cannot use before any work."""

import csv
import json

import pytest

from mixfold import AutoGaussianMixture, Mixture

SMALL = ("--components", "1:3", "--families", "full,tied", "--stability", 0)


def test_old_faithful_shows_its_table_and_writes_everything(mixfold, table, tmp_path):
    out = tmp_path / "results"
    result = mixfold("select", table, *SMALL, "--n-jobs", -1, "--out", out)
    assert result.exit_code == 0, result.output
    assert "K = 3" in result.stdout
    assert "2 component(s), full" in result.stdout
    why = " ".join(result.stdout.split())
    assert (
        "ICL decides: rows cannot tell it from 3 component(s), tied, with the smallest BIC, 2315.152 (7.9 less," in why
    )
    names = {path.name for path in out.iterdir()}
    assert names >= {
        "assignments.csv",
        "clusters.png",
        "model.safetensors",
        "selection.csv",
        "selection.png",
        "entropy.png",
        "tree.png",
    }
    assert Mixture.load(out / "model.safetensors").n_components == 2
    assert len(AutoGaussianMixture.load(out / "model.safetensors").results_) == 6
    with (out / "selection.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 6
    assert [row["n_components"] for row in rows if row["chosen"] == "true"] == ["2"]


def test_without_a_tie_break_the_best_is_chosen(mixfold, table, tmp_path):
    result = mixfold("select", table, *SMALL, "--tie-break", "none", "--out", tmp_path / "results")
    assert "3 component(s), tied" in result.stdout
    assert "It has the smallest BIC." in result.stdout


def test_a_choice_at_the_edge_is_said_on_the_screen_and_in_the_report(mixfold, table, tmp_path):
    arguments = (
        "--components",
        "1:2",
        "--families",
        "full",
        "--stability",
        0,
        "--report",
        "--out",
        tmp_path / "results",
    )
    result = mixfold("select", table, *arguments)
    assert result.exit_code == 0, result.output
    said = "The choice is at the edge: 2 is the largest number of components that was tried"
    assert said in " ".join(result.stderr.split())
    assert said in (tmp_path / "results" / "report.html").read_text()


def test_a_search_that_time_cut_is_said_on_the_screen_and_in_the_report(mixfold, table, tmp_path):
    arguments = (*SMALL, "--max-time", 1e-9, "--report", "--out", tmp_path / "results")
    result = mixfold("select", table, *arguments)
    assert result.exit_code == 0, result.output
    said = "was over before the search ended: the choice is the best of 2 of 6 combinations"
    assert said in " ".join(result.stderr.split())
    assert said in (tmp_path / "results" / "report.html").read_text()


def test_progress_goes_to_standard_error_once_for_each_number_of_components(mixfold, table, tmp_path):
    result = mixfold("select", table, *SMALL, "--out", tmp_path / "results")
    lines = [line for line in result.stderr.splitlines() if line.startswith("K = ")]
    assert [line.partition(" ·")[0] for line in lines] == ["K = 1", "K = 2", "K = 3"]
    assert "best so far 3 x tied with bic 2315.15" in lines[-1]


def test_a_checkpoint_is_used_again(mixfold, table, tmp_path):
    for out in ("first", "second"):
        cells = tmp_path / "cells"
        result = mixfold("select", table, *SMALL, "--checkpoint", cells, "--out", tmp_path / out)
        assert result.exit_code == 0, result.output
    first, second = (Mixture.load(tmp_path / out / "model.safetensors") for out in ("first", "second"))
    assert first == second


def test_the_report_shows_the_grid_and_the_command_that_makes_it_again(mixfold, table, tmp_path):
    out = tmp_path / "results"
    result = mixfold("select", table, *SMALL, "--report", "--out", out)
    assert result.exit_code == 0, result.output
    page = (out / "report.html").read_text()
    assert "The 6 models in a table" in page
    assert "Why this model: ICL decides: rows cannot tell it from" in page
    assert f"mixfold select {table} --out {out} --components 1:3 --families full,tied --stability 0 --report" in page


@pytest.mark.parametrize(("n_components", "is_told"), [(2, False), (3, True)])
def test_each_split_is_tested_where_there_are_several(n_components, is_told, mixfold, table, tmp_path):
    chosen = ("--components", n_components, "--families", "tied", "--stability", 0)
    result = mixfold("select", table, *chosen, "--report", "--out", tmp_path / "o")
    assert result.exit_code == 0, result.output
    assert ("dip test of one mode" in " ".join(result.output.split())) == is_told
    page = (tmp_path / "o" / "report.html").read_text()
    assert page[page.index('id="splits"') :].partition("</table>")[0].count("<tr") == n_components


def test_both_numbers_are_said_with_how_often_they_are_found(mixfold, table, tmp_path):
    arguments = ("--components", "2:3", "--families", "full", "--stability", 3, "--report", "--out", tmp_path / "o")
    result = mixfold("select", table, *arguments)
    assert result.exit_code == 0, result.output
    said = " ".join(result.stdout.replace("│", " ").split())
    assert (
        "2 clusters in 100 % of 3 parts of the rows (right with a probability of 78 %); the least stable, cluster"
        in said
    )
    assert "2 components in 100 % of 3 parts of the rows; at least 100 % of pairs of rows in a cluster stay" in said
    assert "How sure the clusters are" in (tmp_path / "o" / "report.html").read_text()


def test_stability_is_left_out_where_it_is_not_wanted_or_cannot_be(mixfold, table, tmp_path):
    few = ("--components", "1:2", "--families", "diag", "--out", tmp_path / "o", "--json", "--force")
    told = [json.loads(mixfold("select", table, *few, *more).stdout)["stability"]
            for more in (("--stability", 2), ("--stability", 0), ("--max-time", 60))]  # fmt: skip
    assert told[0]["n_samples"] == 2
    assert len(told[0]["co_assignment"]) == len(told[0]["jaccard"])
    assert told[1:] == [None, None]


def test_the_help_names_all_that_is_tested(mixfold):
    words = " ".join(mixfold("select", "--help").stdout.replace("│", " ").split())
    assert "Test the choice against one component less and more, and each split of clusters" in words


@pytest.mark.parametrize("option", ["--stability", "--bootstrap"])
def test_what_needs_complete_tables_is_refused_beside_missing_values(refused, table, tmp_path, option):
    line = refused("select", table, option, 2, "--keep-missing", "--out", tmp_path / "o")
    assert f"`{option}` " in line
    assert "cannot be with `--keep-missing`" in line


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--components", "0:3"), "`--components` must be like 1:9"),
        (("--components", "few"), "`--components` must be like 1:9"),
        (("--components", "5:2"), "`--components` must be like 1:9"),
        (("--components", "1:1000000000"), "`--components` must be like 1:9, 2,4,8 or auto, from 1 up, 10000 at most"),
        (("--components", f"1:{10**30}"), "10000 at most"),
        (("--families", "full,round"), "`--families` must be all, or some of"),
        (("--columns", "depth"), "depth"),
    ],
)
def test_bad_options_are_refused_before_any_work(refused, table, tmp_path, arguments, reason):
    assert reason in refused("select", table, *arguments, "--out", tmp_path / "results")
    assert not (tmp_path / "results").exists()


def test_a_checkpoint_of_other_settings_is_refused_and_nothing_written(mixfold, refused, table, tmp_path):
    mixfold("select", table, *SMALL, "--checkpoint", tmp_path / "cells", "--out", tmp_path / "first")
    arguments = ("--components", "1:2", "--checkpoint", tmp_path / "cells", "--out", tmp_path / "second")
    assert "`n_components` [1, 2, 3] (now [1, 2])" in refused("select", table, *arguments)
    assert not (tmp_path / "second").exists()


def test_the_bootstrap_tests_one_component_less_and_one_more(mixfold, table, tmp_path):
    arguments = (
        "--components",
        "2",
        "--families",
        "full",
        "--bootstrap",
        9,
        "--stability",
        0,
        "--out",
        tmp_path / "results",
    )
    result = mixfold("select", table, *arguments)
    assert result.exit_code == 0, result.output
    lines = [line for line in result.stdout.splitlines() if "likelihood ratio" in line]
    assert lines[0].startswith("1 against 2 components, full")
    assert lines[0].endswith("p = 0.1")
    assert lines[1].startswith("2 against 3 components, full")
    assert lines[2].startswith("split into 2 clusters, one normal or two")
    assert lines[2].endswith("p = 0.1")


def test_json_holds_the_choice_and_everything_that_was_tried(mixfold, table, tmp_path):
    arguments = [
        "-k",
        "1:3",
        "--families",
        "full,tied",
        "--bootstrap",
        3,
        "--stability",
        2,
        "--out",
        tmp_path / "o",
        "--json",
    ]
    found = json.loads(mixfold("select", table, *arguments).stdout)
    assert len(found["results"]) == 6
    (chosen,) = [row for row in found["results"] if row["chosen"]]
    assert (chosen["n_components"], chosen["covariance_type"]) == (found["n_components"], found["covariance_type"])
    assert chosen["bic"] == found["bic"]
    assert found["bootstrap"][-1]["n_components"] == found["n_components"]
    assert [test["n_clusters"] for test in found["bootstrap_of_splits"]] == list(range(2, found["n_clusters"] + 1))
    assert found["weights"] == sorted(found["weights"], reverse=True)
    assert isinstance(found["warnings"], list)
