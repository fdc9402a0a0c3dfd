"""Every format gives back what was written, and one clear error for any file that is not that."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mixfold import Mixture
from mixfold.covariance import FAMILIES
from mixfold.errors import ModelFileError
from mixfold.formats import FORMATS, Document, read_document, write_document
from tests.damage import damaged
from tests.examples import mixture_of

formats = pytest.mark.parametrize("suffix", list(FORMATS))


@formats
def test_a_document_comes_back(suffix: str, tmp_path: Path) -> None:
    fields = {"text": "Müller", "number": 1.5, "nothing": None, "list": [1, "two"], "nested": {"deep": True}}
    arrays = {"a": np.array([[0.1, 1e-300], [1e300, -0.0]]), "b": np.array(3.0), "c": np.arange(5.0)}
    write_document(tmp_path / f"document{suffix}", Document("thing", 3, fields, arrays))
    document = read_document(tmp_path / f"document{suffix}", "thing", 3)
    assert (document.kind, document.version, document.fields) == ("thing", 3, fields)
    assert document.arrays.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(document.arrays[name], array)
        assert (document.arrays[name].shape, document.arrays[name].dtype) == (array.shape, np.float64)


@formats
@pytest.mark.parametrize("covariance_type", list(FAMILIES))
@pytest.mark.parametrize("seed", range(4))
def test_a_mixture_comes_back_equal(suffix: str, covariance_type: str, seed: int, tmp_path: Path) -> None:
    mixture = mixture_of(covariance_type, 5, 3, seed)
    mixture.save(tmp_path / f"model{suffix}")
    assert Mixture.load(tmp_path / f"model{suffix}") == mixture


@formats
def test_feature_names_come_back(suffix: str, tmp_path: Path) -> None:
    mixture = Mixture([1.0], [[0.0, 1.0]], [1.0], "spherical", ["länge", "b"])
    mixture.save(tmp_path / f"model{suffix}")
    assert Mixture.load(tmp_path / f"model{suffix}").feature_names == ("länge", "b")


@formats
def test_every_truncated_file_is_refused(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"model{suffix}"
    mixture_of().save(path)
    content = path.read_bytes().rstrip()
    for length in [*range(0, len(content), 7), len(content) - 1]:
        path.write_bytes(content[:length])
        with pytest.raises(ModelFileError, match=r"truncated, corrupted|Save the model again"):
            Mixture.load(path)


@formats
def test_a_damaged_file_is_refused_or_changes_nothing(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"model{suffix}"
    mixture = mixture_of()
    mixture.save(path)
    content = path.read_bytes()
    random = np.random.default_rng(0)
    n_refused = 0
    for _ in range(400):
        path.write_bytes(damaged(content, random))
        try:
            assert Mixture.load(path) == mixture
        except ModelFileError as error:
            assert path.name in str(error)  # noqa: PT017
            n_refused += 1
    assert n_refused > 300


@formats
@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[]", b"null", b"\x80\x04K\x01.", b"PK\x03\x04", b"\xff" * 64, b"[" * 100_000, b"1" * 5000],
    ids=["empty", "object", "list", "null", "pickle", "zip", "binary", "deep", "long number"],
)
def test_a_foreign_file_is_refused(suffix: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / f"model{suffix}"
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match="must be a model file written by mixfold"):
        Mixture.load(path)


@formats
def test_a_file_of_another_kind_is_refused(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"document{suffix}"
    write_document(path, Document("recipe", 1, {}, {"a": np.ones(1)}))
    with pytest.raises(ModelFileError, match="must hold a mixture, but holds a recipe"):
        Mixture.load(path)


@formats
def test_a_newer_version_is_refused(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"document{suffix}"
    document = mixture_of().to_document({})
    write_document(path, Document(document.kind, 99, document.fields, document.arrays))
    with pytest.raises(ModelFileError, match="version 99.*Update mixfold"):
        Mixture.load(path)


@formats
@pytest.mark.parametrize("version", [0, -1, True])
def test_a_version_that_never_was_is_refused(suffix: str, version: int, tmp_path: Path) -> None:
    path = tmp_path / f"document{suffix}"
    document = mixture_of().to_document({})
    write_document(path, Document(document.kind, version, document.fields, document.arrays))
    with pytest.raises(ModelFileError, match=r"version from 1 up|a whole number"):
        Mixture.load(path)


@formats
@pytest.mark.parametrize(
    ("arrays", "fields"),
    [
        ({"weights": np.array([0.5, 0.6])}, {}),
        ({"means": np.zeros((3, 5))}, {}),
        ({"means": np.zeros(2)}, {}),
        ({"covariances": -np.ones(2)}, {}),
        ({}, {"covariance_type": "round"}),
        ({}, {"covariance_type": ["spherical"]}),
        ({}, {"feature_names": ["only one"]}),
        ({}, {"feature_names": 7}),
    ],
)
def test_content_that_is_no_mixture_is_refused(
    suffix: str, arrays: dict[str, np.ndarray], fields: dict[str, object], tmp_path: Path
) -> None:
    path = tmp_path / f"document{suffix}"
    document = Mixture([0.5, 0.5], np.zeros((2, 2)), [1.0, 1.0], "spherical").to_document({})
    changed = Document(document.kind, document.version, {**document.fields, **fields}, {**document.arrays, **arrays})
    write_document(path, changed)
    with pytest.raises(ModelFileError, match="its content is not one"):
        Mixture.load(path)


@formats
@pytest.mark.parametrize("missing", ["weights", "means", "covariances"])
def test_a_missing_array_is_refused(suffix: str, missing: str, tmp_path: Path) -> None:
    path = tmp_path / f"document{suffix}"
    document = mixture_of().to_document({})
    arrays = {name: array for name, array in document.arrays.items() if name != missing}
    write_document(path, Document(document.kind, document.version, document.fields, arrays))
    with pytest.raises(ModelFileError, match=missing):
        Mixture.load(path)


@formats
def test_a_missing_file_is_a_file_not_found(suffix: str, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="There is no model file"):
        Mixture.load(tmp_path / f"nowhere{suffix}")


@formats
def test_a_failed_save_leaves_the_old_file(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"model{suffix}"
    mixture_of().save(path)
    before = path.read_bytes()
    with pytest.raises((TypeError, ValueError)):
        write_document(path, Document("mixture", 1, {"no JSON": object()}, {"a": np.ones(1)}))
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@formats
def test_a_format_is_registered_under_its_suffix(suffix: str) -> None:
    assert FORMATS[suffix].suffix == suffix
