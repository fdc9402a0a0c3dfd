"""Mixtures as documents."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mixfold import Mixture
from mixfold.covariance import Diag, register, registry
from mixfold.errors import ModelFileError
from tests.examples import mixture_of


def test_a_suffix_that_is_no_format_is_refused(tmp_path: Any) -> None:
    with pytest.raises(ModelFileError, match=r"must end in \.safetensors or \.json"):
        mixture_of().save(tmp_path / "model.pkl")
    assert list(tmp_path.iterdir()) == []


def test_notes_travel_with_a_document_and_not_with_the_mixture() -> None:
    mixture = mixture_of()
    assert mixture.to_document({"fitted": "today"}).fields["notes"] == {"fitted": "today"}
    assert Mixture.from_document(mixture.to_document({"fitted": "today"}), "x") == mixture


class Axes(Diag):  # type: ignore[misc]  # final for those who extend the library, and enough of a family for a test
    """A family of somebody's own."""

    name = "axes"


def test_a_file_of_a_family_that_nobody_registered_is_refused_before_it_is_written(tmp_path: Path) -> None:
    mixture = Mixture([1.0], [[0.0]], [[1.0]], Axes())
    with pytest.raises(ModelFileError, match=r"'axes' is a Axes that nobody registered. Call `mixfold.covariance.reg"):
        mixture.save(tmp_path / "model.json")
    assert list(tmp_path.iterdir()) == []


def test_a_mixture_of_a_registered_family_is_read_from_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "_REGISTERED", {})
    mixture = Mixture([1.0], [[0.0]], [[1.0]], Axes())
    register(mixture.family)
    mixture.save(tmp_path / "model.json")
    assert Mixture.load(tmp_path / "model.json").family is mixture.family
