"""The chart library that goes into the page: plotly.js, from the Python package `plotly` that carries it."""

from __future__ import annotations

import base64
import gzip

from mixfold.errors import MissingExtraError

LIBRARY = "plotly.js, copyright Plotly, Inc., under the MIT license"


def compressed_library() -> str:
    """Give plotly.js as base64 of gzip: 2 MB in place of 5; the browser unpacks it by itself.

    Raises
    ------
    MissingExtraError
        If plotly is not installed.
    """
    try:
        from plotly.offline import get_plotlyjs  # noqa: PLC0415  (optional extra)
    except ImportError as error:
        package = "plotly"
        raise MissingExtraError(package, "report", "Writing a report") from error
    return base64.b64encode(gzip.compress(get_plotlyjs().encode(), mtime=0)).decode()
