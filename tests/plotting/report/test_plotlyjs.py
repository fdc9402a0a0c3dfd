"""The chart library that goes into the page."""

from __future__ import annotations

import base64
import gzip
import sys

import pytest
from plotly.offline import get_plotlyjs

from mixfold.errors import MissingExtraError
from mixfold.plotting.report.plotlyjs import compressed_library


def test_what_is_unpacked_is_the_library_of_the_package() -> None:
    packed = compressed_library()
    assert gzip.decompress(base64.b64decode(packed)).decode() == get_plotlyjs()
    assert len(packed) < 0.5 * len(get_plotlyjs())


def test_the_same_page_has_the_same_bytes() -> None:
    assert compressed_library() == compressed_library()


def test_without_plotly_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "plotly.offline", None)
    with pytest.raises(MissingExtraError, match="report"):
        compressed_library()
