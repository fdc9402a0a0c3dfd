"""What a command writes is never what it reads, nor what another command wrote."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from PIL import Image

from mixfold.tables import read_table


@pytest.fixture
def parts(table):
    """A folder of two tables."""
    folder = table.parent / "parts"
    folder.mkdir()
    for name in ("p1.csv", "p2.csv"):
        shutil.copy(table, folder / name)
    return folder


def content(folder):
    """Everything below a folder."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_predict_does_not_replace_its_table(refused, model, table):
    before = content(table.parent)
    line = refused("predict", model, table, "--out", table)
    assert "must not be written, because it is read" in line
    assert "`--force`" in line
    assert content(table.parent) == before


def test_predict_replaces_its_table_when_it_is_told_to(mixfold, model, table):
    result = mixfold("predict", model, table, "--out", table, "--force")
    assert result.exit_code == 0, result.output
    assert read_table(table).column_names[:3] == ["eruptions", "waiting", "label"]


def test_a_table_under_another_name_is_the_same_table(refused, model, table, tmp_path):
    for other in (tmp_path / "soft.csv", tmp_path / "hard.csv"):
        other.symlink_to(table) if other.name == "soft.csv" else other.hardlink_to(table)
        assert "because it is read" in refused("predict", model, table, "--out", other)


@pytest.mark.parametrize("force", [[], ["--force"]])
@pytest.mark.parametrize("out", ["p1.csv", "p2.csv"])
def test_predict_does_not_replace_one_of_many_tables(refused, model, parts, out, force):
    before = content(parts)
    line = refused("predict", model, parts / "p[12].csv", "--out", parts / out, *force)
    assert f"{out} must not be written, because it is read as part of" in line
    assert "--force" not in line
    assert content(parts) == before


@pytest.mark.parametrize("out", ["new.csv", "below/new.csv"])
def test_predict_does_not_write_into_the_folder_that_it_reads(refused, model, parts, out):
    (parts / "below").mkdir()
    assert "because it is read as part of" in refused("predict", model, parts, "--out", parts / out)
    assert "because it is read as part of" in refused("predict", model, parts / "*.csv", "--out", parts / "new.csv")


def test_fit_does_not_write_into_the_folder_that_it_reads(refused, parts):
    before = content(parts)
    for data, out in ((parts, parts), (parts, parts / "results"), (parts / "*.csv", parts)):
        assert "because it is read as part of" in refused("fit", data, "-k", 2, "--out", out)
    assert content(parts) == before
    assert not (parts / "results").exists()


def test_what_is_not_read_may_lie_in_the_folder(mixfold, model, parts):
    result = mixfold("predict", model, parts, "--out", parts / "_new.csv")
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("command", ["fit", "select"])
def test_an_earlier_result_is_not_replaced_by_what_is_made_of_it(refused, table, tmp_path, command):
    data = tmp_path / "results" / "assignments.csv"
    data.parent.mkdir()
    shutil.copy(table, data)
    assert "assignments.csv must not be written" in refused(command, data, "-k", 2, "--out", data.parent)


def test_anomalies_does_not_replace_its_table(refused, table, tmp_path):
    data = tmp_path / "anomalies.csv"
    shutil.copy(table, data)
    assert "anomalies.csv must not be written" in refused("anomalies", data, "--out", tmp_path)


def test_segment_does_not_replace_its_image(refused, tmp_path):
    Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(tmp_path / "means.png")
    assert "means.png must not be written" in refused("segment", tmp_path / "means.png", "-k", 2, "--out", tmp_path)


@pytest.mark.parametrize("command", ["fit", "select"])
def test_a_checkpoint_is_not_the_table(refused, table, tmp_path, command):
    before = table.read_bytes()
    line = refused(command, table, "-k", 2, "--checkpoint", table, "--out", tmp_path / "o")
    assert "faithful.csv must not be written" in line
    assert "emove" not in line
    assert table.read_bytes() == before


def test_a_checkpoint_is_not_a_result(refused, table, tmp_path):
    path = tmp_path / "o" / "model.safetensors"
    assert "must not be one of the results" in refused(
        "fit", table, "-k", 2, "--checkpoint", path, "--out", path.parent
    )


def test_results_of_another_command_are_not_mixed_with_without_force(mixfold, refused, table, tmp_path):
    settings = ("--families", "full", "-k", "1:2", "--stability", 0, "--out", tmp_path / "o")
    assert mixfold("select", table, *settings).exit_code == 0
    line = refused("fit", table, "-k", 2, "--out", tmp_path / "o")
    assert "holds what `mixfold select` wrote (selection.csv, selection.png, entropy.png, tree.png)" in line
    assert mixfold("select", table, *settings).exit_code == 0
    result = mixfold("fit", table, "-k", 2, "--out", tmp_path / "o", "--force")
    assert result.exit_code == 0, result.output
