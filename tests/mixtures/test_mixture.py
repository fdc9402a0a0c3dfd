"""The distribution as a value."""

from __future__ import annotations

import copy
import pickle
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mixfold import Mixture, mixtures
from mixfold.covariance import FAMILIES, Diag
from mixfold.errors import ShapeError
from mixfold.typing import Array, FloatArray
from tests.examples import blobs, mixture_of

FOLDER = Path(mixtures.__file__).parent

families = pytest.mark.parametrize("covariance_type", list(FAMILIES))


@families
def test_sizes_and_family_are_told(covariance_type: str) -> None:
    mixture = mixture_of(covariance_type, 4, 3)
    assert (mixture.n_components, mixture.n_features) == (4, 3)
    assert repr(mixture) == f"Mixture(n_components=4, n_features=3, covariance_type={covariance_type!r})"


@pytest.mark.parametrize(("covariance_type", "expected"), [("full", 29), ("tied", 17), ("diag", 20), ("spherical", 14)])
def test_parameters_are_counted(covariance_type: str, expected: int) -> None:
    # K - 1 = 2 weights and K D = 9 means, and 3 x 6, 6, 9 or 3 numbers of covariances.
    assert mixture_of(covariance_type, 3, 3).n_parameters == expected


@families
def test_responsibilities_are_shares_of_the_density(covariance_type: str) -> None:
    mixture = mixture_of(covariance_type)
    rows, _ = blobs(30)
    shares = mixture.responsibilities(rows)
    for component in range(3):
        alone = Mixture([1.0], mixture.means[[component]], mixture.component_covariances[[component]])
        expected = np.log(mixture.weights[component]) + alone.log_density(rows) - mixture.log_density(rows)
        np.testing.assert_allclose(shares[:, component], np.exp(expected), rtol=1e-9, atol=1e-12)


@families
def test_labels_are_the_most_probable_components(covariance_type: str) -> None:
    mixture = mixture_of(covariance_type)
    rows, _ = blobs(100)
    np.testing.assert_array_equal(mixture.labels(rows), np.argmax(mixture.responsibilities(rows), axis=1))


def test_answers_have_the_library_and_dtype_of_the_rows(library: Callable[[FloatArray], Array]) -> None:
    for dtype in (np.float32, np.float64):
        rows = library(blobs(10)[0].astype(dtype))
        answer = mixture_of().log_density(rows)
        assert type(answer) is type(rows)
        assert answer.dtype == rows.dtype


def test_a_density_can_be_differentiated() -> None:
    torch = pytest.importorskip("torch")
    rows = torch.tensor([[1.0], [3.0]], dtype=torch.float64, requires_grad=True)
    Mixture([1.0], [[0.0]], [4.0], "spherical").log_density(rows).sum().backward()
    np.testing.assert_allclose(rows.grad.numpy(), [[-0.25], [-0.75]])


@families
def test_equal_numbers_are_equal_mixtures(covariance_type: str) -> None:
    mixture = mixture_of(covariance_type)
    other = Mixture(mixture.weights, mixture.means, mixture.covariances, covariance_type)
    assert mixture == other
    assert hash(mixture) == hash(other)


@families
def test_any_other_number_makes_another_mixture(covariance_type: str) -> None:
    mixture = mixture_of(covariance_type)
    assert mixture != Mixture(mixture.weights, mixture.means + 1e-15, mixture.covariances, covariance_type)
    assert mixture != Mixture(mixture.weights[::-1], mixture.means, mixture.covariances, covariance_type)
    assert mixture != Mixture(mixture.weights, mixture.means, mixture.covariances * 1.001, covariance_type)
    assert mixture != Mixture(mixture.weights, mixture.means, mixture.covariances, covariance_type, ["a", "b"])
    assert mixture != "mixture"


def test_zero_of_either_sign_is_equal_and_hashes_equal() -> None:
    plus, minus = (Mixture([1.0], [[zero]], [1.0], "spherical") for zero in (0.0, -0.0))
    assert plus == minus
    assert hash(plus) == hash(minus)


@families
@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_a_copy_is_equal_and_read_only(covariance_type: str, copied: Callable[[Mixture], Mixture]) -> None:
    mixture = mixture_of(covariance_type)
    other = copied(mixture)
    assert other == mixture
    np.testing.assert_array_equal(other.log_density(blobs(5)[0]), mixture.log_density(blobs(5)[0]))
    for name in ("weights", "means", "covariances"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(other, name)[...] = 0.0


@families
@pytest.mark.parametrize("name", ["weights", "means", "covariances"])
def test_arrays_cannot_be_written(covariance_type: str, name: str) -> None:
    with pytest.raises(ValueError, match="read-only"):
        getattr(mixture_of(covariance_type), name)[...] = 0.0


def test_attributes_cannot_be_set() -> None:
    with pytest.raises(AttributeError):
        mixture_of().means = np.zeros((3, 2))  # type: ignore[misc]


@families
def test_a_mixture_does_not_follow_the_arrays_it_was_made_from(covariance_type: str) -> None:
    source = mixture_of(covariance_type)
    weights, means, covariances = source.weights.copy(), source.means.copy(), source.covariances.copy()
    mixture = Mixture(weights, means, covariances, covariance_type)
    rows, _ = blobs(5)
    before = mixture.log_density(rows)
    weights[:], means[:], covariances[:] = 0.0, 0.0, 1e9
    np.testing.assert_array_equal(mixture.log_density(rows), before)
    assert mixture == source


def test_a_bar_is_read_as_given() -> None:
    mixture = Mixture([0.5, 0.5], [[0.0, 0.0], [4.0, 1.0]], [1.0, 2.0], "spherical", ["x", "y"])
    assert mixture | {"x": 3.0} == mixture.conditional({"x": 3.0})
    with pytest.raises(TypeError):
        mixture | 3.0  # type: ignore[operator]


def test_there_is_no_operator_of_which_two_meanings_can_be_guessed() -> None:
    mixture = mixture_of()
    with pytest.raises(TypeError):
        mixture + mixture  # type: ignore[operator]
    with pytest.raises(TypeError):
        mixture * mixture  # type: ignore[operator]


def test_rows_of_other_features_are_refused() -> None:
    with pytest.raises(ShapeError, match="X must have 2 features"):
        mixture_of().log_density(np.zeros((3, 5)))


class Axes(Diag):  # type: ignore[misc]  # final for those who extend the library, and enough of a family for a test
    """A family of somebody's own."""

    name = "axes"


def test_a_mixture_holds_a_family_of_somebody_s_own() -> None:
    family = Axes()
    mixture = Mixture([0.5, 0.5], [[0.0], [4.0]], [[1.0], [2.0]], family)
    assert mixture.family is family
    assert (mixture.covariance_type, mixture.n_parameters) == ("axes", 5)
    assert mixture.labels([[0.0], [4.0]]).tolist() == [0, 1]
    assert pickle.loads(pickle.dumps(mixture)) == mixture
    assert mixture.marginal([0]) == mixture


KERNELS_OF = {"reduce.py": {"mixfold.engines.merging"}, "wasserstein.py": {"mixfold.engines.transport"}}
"""What compares components with each other, and sees no rows."""


@pytest.mark.parametrize("path", sorted(set(FOLDER.glob("*.py")) - {FOLDER / "scoring.py"}), ids=lambda path: path.name)
def test_a_distribution_knows_of_no_engine_and_no_place(path: Path) -> None:
    imported = set(re.findall(r"^(?:from|import) ([\w.]+)", path.read_text(), re.MULTILINE))
    foreign = re.compile(r"mixfold\.(engines|executors|sources|fold)\b|sklearn\b")
    assert {name for name in imported if foreign.match(name)} <= KERNELS_OF.get(path.name, set())
