"""`export`: a mixture to a file in a language."""

from __future__ import annotations

import os
from pathlib import Path

from mixfold.atomic import written_whole
from mixfold.contracts import fulfills, refuse_value
from mixfold.errors import InputError
from mixfold.exports.abstract import Exporter
from mixfold.exports.registry import EXPORTERS
from mixfold.exports.scorer import Scorer
from mixfold.mixtures import Mixture


def export(
    mixture: Mixture,
    path: str | os.PathLike[str],
    to: str | Exporter | None = None,
    *,
    threshold: float | None = None,
) -> None:
    """Write a program that scores rows as the mixture does, and needs nothing of this package.

    Parameters
    ----------
    mixture : Mixture
        ``model.mixture_`` of an estimator.
    path : str or path
        The file, which appears whole or not at all.
    to : str or Exporter, optional
        'onnx', 'c', 'sql', 'numpy' or 'js'; or an exporter with options, as ``SQLExporter("flowers")``. By default what
        the suffix of `path` says: .onnx, .c, .sql, .py or .js.
    threshold : float, optional
        Rows of a log density below it are called anomalies, in one answer more.

    Raises
    ------
    InputError
        If there is no such language, or none with such a suffix.
    MissingExtraError
        For ONNX, if `onnx` is not installed.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from mixfold import Mixture
    >>> from mixfold.exports import export
    >>> path = Path(tempfile.mkdtemp()) / "scorer.py"
    >>> export(Mixture([0.5, 0.5], [[0.0], [4.0]], [1.0, 1.0], "spherical"), path)
    >>> scorer = {}
    >>> exec(path.read_text(), scorer)
    >>> scorer["predict"]([[0.5], [3.0]])
    array([0, 1])
    """
    exporter = _exporter_for(to, Path(path))
    content = exporter.content(Scorer.of(mixture, threshold))
    with written_whole(path) as unfinished:
        unfinished.write_bytes(content)


def _exporter_for(to: str | Exporter | None, path: Path) -> Exporter:
    if to is None:
        for exporter in EXPORTERS.values():
            if exporter.suffix == path.suffix:
                return exporter
        suffixes = ", ".join(exporter.suffix for exporter in EXPORTERS.values())
        message = f"The name of the file must end in one of {suffixes}, or `to` say what it is, got {path.name!r}."
        raise InputError(message)
    if isinstance(to, str) and to in EXPORTERS:
        return EXPORTERS[to]
    if isinstance(to, str) or not fulfills(to, Exporter):
        refuse_value(to, Exporter, "to", list(EXPORTERS))
    return to
