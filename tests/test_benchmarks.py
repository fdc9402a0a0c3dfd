"""The benchmarks run, on their smallest workload."""

from __future__ import annotations

import csv
import importlib
import subprocess
import sys
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mixfold.datasets import load_faithful
from mixfold.engines import kernels
from mixfold.typing import FloatArray

pytestmark = pytest.mark.skipif(not kernels.NATIVE_AVAILABLE, reason="built without the native kernels")
ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def _found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT)


def test_the_tiny_benchmark_agrees_with_its_rivals_and_prints_their_times() -> None:
    command = [sys.executable, "-m", "benchmarks", "--tiny", "--rounds", "1"]
    heading, line = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()[
        1:
    ]
    cells = dict(zip(heading.split(" | "), line.split(" | "), strict=True))
    assert cells["N, D, K"] == "600, 2, 3 full"
    assert "scikit-learn" in cells["rivals, ms (times mixfold)"]
    assert float(cells["mixfold, ms"]) > 0.0


def test_every_benchmark_finds_what_it_imports() -> None:
    pytest.importorskip("torch")
    for path in sorted((ROOT / "benchmarks").rglob("*.py")):
        if path.stem == "__main__":
            continue
        try:
            importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))
        except ModuleNotFoundError as error:  # of rivals, which need not be installed
            if error.name is None or error.name.partition(".")[0] in {"mixfold", "benchmarks"}:
                raise


@pytest.mark.nightly
def test_what_is_run_on_a_gpu_runs_on_few_rows_of_the_processor() -> None:
    pytest.importorskip("torch")
    command = [sys.executable, "-m", "benchmarks.gpu", "--device", "cpu", "--small", "--rounds", "1", "--only", "diag"]
    device, *lines = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    assert device.startswith("cpu")
    assert "bits of repeated steps the same" in lines[0]
    assert "mixfold, M step on the host" in lines[1]
    assert [line.split(", ")[3].split(":")[0] for line in lines[3:]] == ["auto", "kmeans", "k-means++", "auto"]


@pytest.mark.nightly
def test_ways_to_compute_on_a_gpu_are_compared_on_the_processor_where_they_can_be() -> None:
    pytest.importorskip("torch")
    command = [
        sys.executable,
        "-m",
        "benchmarks.gpu",
        "--device",
        "cpu",
        "--small",
        "--rounds",
        "1",
        "--only",
        "64 diag",
    ]
    command += ["--part", "searches", "ways"]
    lines = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()[1:]
    found = [line.partition("made there ")[2].partition(":")[0] for line in lines[:5]]
    assert found == ["never", "from 2^30", "from 2^27", "from 2^24", "always"]
    ends = [float(line.split("starts, ")[1].split()[0]) for line in lines[:5]]
    assert max(ends) - min(ends) < 1e-3
    assert ["off by" in line for line in lines[5:7]] == [True, True]


@pytest.mark.parametrize("task", ["score_samples", "predict_proba"])
def test_scoring_is_compared_with_the_rivals_and_costs_half_the_flops(
    task: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from benchmarks.contestants import registry
    from benchmarks.measure import time_workload
    from benchmarks.workloads import TINY

    monkeypatch.setattr(registry, "RIVALS", {})
    workload = replace(TINY, task=task)
    timing = time_workload(workload, rounds=1)
    assert {"mixfold", "scikit-learn"} <= set(timing.seconds)
    assert workload.flops == TINY.flops / 2


def test_a_rival_that_finds_something_else_gets_no_time_but_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    from benchmarks import measure
    from benchmarks.contestants import Mixfold, ScikitLearn, Unsuitable
    from benchmarks.workloads import TINY

    message = "no start"

    class Wrong(ScikitLearn):
        def log_likelihood(self) -> float:
            return 1.001 * super().log_likelihood()

    class Unable(ScikitLearn):
        def log_likelihood(self) -> float:
            raise Unsuitable(message)

    everybody = {"mixfold": Mixfold, "scikit-learn": ScikitLearn, "wrong": Wrong, "unable": Unable}
    monkeypatch.setattr(measure, "contestants", lambda _: everybody)
    timing = measure.time_workload(TINY, rounds=1)
    assert set(timing.seconds) == {"mixfold", "scikit-learn"}
    assert timing.reasons["unable"] == "no start"
    assert "found" in timing.reasons["wrong"]


def test_two_threads_and_float32_are_measured_where_there_are_rows_enough() -> None:
    from benchmarks.measure import Ratios
    from benchmarks.workloads import Workload

    workload = Workload(Ratios.least_rows, 2, 2, "full")
    ratios = Ratios(workload, *workload.problem(), "float64")
    ratios.sample()
    assert ratios.two_threads > 0.0
    assert ratios.single > 0.0
    few = Workload(100, 2, 2, "full")
    assert np.isnan(Ratios(few, *few.problem(), "float64").single)


@pytest.mark.parametrize("what", ["npy", "parquet", "blocks"])
def test_the_benchmark_out_of_core_prints_its_ratio_and_peak_and_compares_the_sums(
    what: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    pytest.importorskip("pyarrow")
    from benchmarks import scale
    from benchmarks.workloads import Workload

    monkeypatch.setattr(scale, "PROBLEM", Workload(2**14, 2, 3, "full"))
    scale.out_of_core(tmp_path, what, 4, 1)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"{what}: 65536 rows")
    assert "x that of rows in memory, processor time " in lines[1]
    assert lines[2] == "sums are 4 times those of the rows in memory: to the bit"


def test_the_benchmark_of_one_large_array_compares_its_answers(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    from benchmarks import scale
    from benchmarks.workloads import Workload

    monkeypatch.setattr(scale, "PROBLEM", Workload(2**12, 16, 3, "diag"))
    monkeypatch.setattr(scale, "CHEAP", Workload(2**10, 16, 3, "diag"))
    scale.in_one_array(tmp_path, "array", 4, 1)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 10
    assert lines[0].startswith("expectation of 262144 values, order C: as that of the parts, to ")
    assert lines[-1] == "labels of 132304 values, order F: as those of the parts"


def test_rows_that_are_lost_end_the_benchmark_out_of_core() -> None:
    from benchmarks import scale

    from tests.test_statistics import numbered

    once = numbered(1.0)
    with pytest.raises(RuntimeError, match="rows for 3 times"):
        scale.compared(once + once, once, 3)


def test_a_fit_that_is_at_the_best_known_optimum_reaches_it_and_no_other_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from benchmarks import optimum

    from mixfold import GaussianMixture
    from mixfold.datasets import load_faithful

    X = load_faithful().data
    Z, log_scale = optimum.whitened(X)
    best = optimum.polished(Z, GaussianMixture(2, random_state=0).fit(X).predict_proba(X))[0] + log_scale
    assert best == pytest.approx(
        GaussianMixture(2, random_state=0).fit(X).score(X), abs=0.1
    )  # less one pseudo-row each
    for folder in ("data", "reference"):
        (tmp_path / folder).mkdir()
    for name, value in (("found", best), ("unknown", best + 0.01)):
        np.savez(tmp_path / "data" / f"{name}.npz", X=X)
        with (tmp_path / "reference" / "best_known.csv").open("a") as file:
            file.write(
                f"name,class,K,best_q\n{name},{name},2,{value}\n" if name == "found" else f"{name},core,2,{value}\n"
            )
    optimum.main([str(tmp_path), "--seeds", "1"])
    said = capsys.readouterr().out
    assert "found, 1 sets: mixfold 100%, scikit-learn 100% reach" in said
    assert "core, 1 sets: mixfold 0%, scikit-learn 0% reach" in said


def test_first_tables_are_measured_appended_and_summarized(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from benchmarks.first_tables.__main__ import main

    out = tmp_path / "measurements.csv"
    command = ["--tables", "iris,moons", "--variants", "as it is,constant", "--types", "full", "--out", str(out)]
    main([*command, "--programs", "mixfold,scikit-learn", "--seeds", "1", "--held-out-seeds", "1"])
    said = capsys.readouterr().out
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len({tuple(row[name] for name in ("table", "variant", "program")) for row in rows}) == len(rows) == 8
    assert all(np.isfinite(float(row["held_out"])) and float(row["seconds"]) > 0.0 for row in rows)
    assert {row["exception"] + row["held_out_exception"] for row in rows} == {""}
    assert "full, as it is" in said
    assert "mixfold as without it: " in said
    main(["--summarize", str(out)])
    assert said.endswith(capsys.readouterr().out)


def test_what_a_fit_of_a_first_table_raises_is_a_result() -> None:
    from benchmarks.first_tables.measure import fitted, folds_of, held_out, row_of
    from benchmarks.first_tables.tables import Table
    from benchmarks.first_tables.variants import case

    class Unable:
        def fit(self, X: np.ndarray) -> None:
            warnings.warn("few rows", stacklevel=1)
            message = f"{len(X)} rows"
            raise ValueError(message)

    X, y = np.arange(20.0).reshape(10, 2), np.repeat([0, 1], 5)
    far = case("name", Table(X, y, 2), "far row at 1e2")
    row = row_of(far, "full", "unable", 0, fitted(Unable(), far.X), held_out(Unable, folds_of(far)))
    assert (row["exception"], row["held_out_exception"]) == ("ValueError: 11 rows", "ValueError: 9 rows")
    assert (row["ari"], row["warnings"], row["folds_failed"], row["components"]) == (0.0, 1, 5, 3)


def test_the_step_of_a_column_is_that_to_which_it_is_recorded() -> None:
    from benchmarks.first_tables.measure import step_of

    tenths = np.array([4.6, 5.1, 5.0, 7.9, 5.0])
    assert step_of(tenths) == pytest.approx(0.1)
    assert step_of(tenths.astype(np.float32)) == pytest.approx(0.1, rel=1e-4)
    assert step_of(tenths + 0.1 + 0.2) == pytest.approx(0.1)
    assert step_of(np.full(5, 3.0)) == 0.0
    assert step_of(np.random.default_rng(0).normal(size=50)) == 0.0


def test_two_versions_are_compared_by_the_same_work() -> None:
    command = [sys.executable, "-m", "benchmarks.before", sys.executable, "--rounds", "1", "--only", "600, 2, 3"]
    *lines, overall, memory = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert [line.partition(":")[0] for line in lines] == [
        f"600, 2, 3, full {task}"
        for task in (
            "fit float64",
            "fit float32",
            "k-means fit float64",
            "predict_proba float64",
            "score_samples float64",
        )
    ]
    assert all(0.1 < float(line.rpartition(", ")[2]) < 10.0 for line in lines)
    assert overall.startswith("geometric mean")
    assert memory.startswith("most memory")


def test_many_groups_are_fitted_beside_scikit_learn_and_are_as_likely() -> None:
    from benchmarks.many import measure

    found = measure(n_groups=12, n_rows=60, n_features=2, n_components=2, n_jobs=1)
    assert found["log_likelihood"] > found["scikit_learn_log_likelihood"] - 0.05
    assert found["cpu"] > 0.0


@pytest.mark.nightly
def test_posteriors_are_compared_by_the_components_they_find(capsys: pytest.CaptureFixture[str]) -> None:
    from benchmarks import bayesian

    bayesian.main(["--runs", "1", "--rows", "160", "--most", "8"])
    printed = capsys.readouterr().out
    assert "K=5 D=2 seed 0 | labels 5 | mixfold K=5" in printed
    assert "the right number of components, of 4" in printed


@pytest.mark.nightly
def test_posteriors_are_compared_by_rows_that_they_did_not_see(faithful: FloatArray) -> None:
    from benchmarks.bayesian import held_out

    found = held_out(faithful, n_labels=2, most=4)
    assert found["posterior"] > found["expected parameters"] > found["scikit-learn's posterior"] - 0.1
    assert found["posterior"] > found["EM, as many"]


def test_rows_that_lack_values_are_timed_beside_complete_ones(capsys: pytest.CaptureFixture[str]) -> None:
    from benchmarks import missing

    missing.main(["--rows", "300", "--passes", "1"])
    assert "ms of complete rows" in capsys.readouterr().out


def test_a_few_labels_make_no_accuracy_worse(monkeypatch: pytest.MonkeyPatch) -> None:
    from benchmarks import semi_supervised

    random = np.random.default_rng(0)
    classes = np.arange(120) % 2
    rows = random.normal(size=(120, 2)) + 3.0 * classes[:, None]
    monkeypatch.setattr(semi_supervised, "LABELS", (2,))
    ((_, told, alone),) = semi_supervised.curve(rows, classes, n_seeds=1, reg_covar="weak")
    assert told >= alone > 0.9


def test_rows_with_noise_of_their_own_are_timed(capsys: pytest.CaptureFixture[str]) -> None:
    from benchmarks import noise

    noise.main(["--rows", "300", "--passes", "1"])
    assert "ms an iteration" in capsys.readouterr().out


def test_rows_beside_noise_are_counted_as_misclassified(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from benchmarks import outliers

    assert outliers.misclassified(np.array([1, 0, -1, -1]), np.array([0, 1, 2, -1])) == 0.25
    monkeypatch.setattr(outliers, "SIZES", (40, 80, 80))
    monkeypatch.setattr(outliers, "NOISE", 20)
    outliers.main(["--draws", "1"])
    assert "who knows the mixture: " in capsys.readouterr().out


def test_whole_fits_are_measured_beside_scikit_learns_and_end_no_lower() -> None:
    from benchmarks import whole_fits

    found = whole_fits.measure(200, 2, 2, n_seeds=1)
    assert set(found) == set(whole_fits.PROGRAMS)
    assert found["default"][1] > found["scikit-learn"][1] - 0.01
    assert all(seconds > 0.0 and abs(new - end) < 0.2 for seconds, end, new in found.values())


def test_the_cost_of_many_components_is_told_with_what_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    from benchmarks import many_components

    asked = "--rows 3000 --features 3 --components 4 300 --types diag --steps 2"
    many_components.main(asked.split())
    *_, few, many = capsys.readouterr().out.splitlines()
    for line, k in ((few, 4), (many, 300)):
        name, start, step, evaluated, left_out, _ = line.split(" | ")
        assert name == f"diag, {k}"
        assert min(float(start), float(step)) > 0.0
        assert 1.0 <= float(evaluated) <= k
        assert -1e-12 < float(left_out) < 1e-6


def test_removed_values_are_filled_in_beside_other_imputers(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    from benchmarks import imputation

    np.savez(tmp_path / "faithful.npz", X=load_faithful().data[:60])
    imputation.main(
        ["--data", str(tmp_path), "--tables", "faithful", "--shares", "0.2", "--seeds", "1", "--values", "1"]
    )
    printed = capsys.readouterr().out
    assert "faithful 60 x 2, 20% removed: mixfold" in printed
    assert "in the interval of 90 %" in printed


def test_bounds_of_divergences_hold_for_random_mixtures() -> None:
    from benchmarks.mixtures import violations

    assert set(violations(12).values()) == {0}


def test_small_tables_say_how_often_a_number_of_clusters_is_right(capsys: pytest.CaptureFixture[str]) -> None:
    bank = importlib.import_module("benchmarks.cluster_bank")
    rows = np.random.default_rng(0).normal(size=(90, 1)) + np.repeat([0.0, 9.0], 45)[:, None]
    groups = np.repeat([0, 1], 45)
    found = bank.certainties([(rows, groups), (rows, np.zeros(90, dtype=int)), (np.zeros((9, 6)), groups[:9])])
    assert [right for _, right in found] == [True, False]
    bank.print_certainties(found)
    assert capsys.readouterr().out == "said 0.91 on average: right 0.50 of 2\n"
