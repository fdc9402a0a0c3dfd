"""A mixture as C99 without any library but the mathematics of C."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mixfold.errors import InputError
from mixfold.exports.abstract import described
from mixfold.exports.scorer import Scorer
from mixfold.typing import FloatArray

TEMPLATE = """\
/* {description}

   For a row of {d} numbers, in this order:
     int {prefix}_predict(const REAL *row, REAL *probabilities, REAL *log_density)
         gives the most probable component, from 0 to {last}, or -1 where the row is not finite. `probabilities`
         takes {k} numbers and `log_density` one, in nats; either may be NULL.
{anomaly_comment}
   REAL is double, or float with -DREAL=float. Compile with a C99 compiler and link with -lm; nothing is allocated, and
   all functions may be called from several threads. */

#include <math.h>
#include <stddef.h>

#ifndef REAL
#define REAL double
#endif

enum {{ {prefix}_components = {k}, {prefix}_features = {d} }};

static const REAL {prefix}_offsets[{k}] = {offsets};
static const REAL {prefix}_means[{k}][{d}] = {means};
/* Lower triangles, row by row, of the inverses of the Cholesky factors of the covariances. */
static const REAL {prefix}_whiteners[{k}][{triangle}] = {whiteners};

int {prefix}_predict(const REAL *row, REAL *probabilities, REAL *log_density) {{
  REAL scores[{k}];
  REAL differences[{d}];
  int best = 0;
  for (int k = 0; k < {k}; ++k) {{
    const REAL *w = {prefix}_whiteners[k];
    REAL square = 0;
    for (int i = 0; i < {d}; ++i) {{
      REAL sum = 0;
      differences[i] = row[i] - {prefix}_means[k][i];
      for (int j = 0; j <= i; ++j) sum += *w++ * differences[j];
      square += sum * sum;
    }}
    scores[k] = {prefix}_offsets[k] - square / 2;
    if (scores[k] > scores[best]) best = k;
  }}
  REAL total = 0;
  for (int k = 0; k < {k}; ++k) total += (REAL)exp(scores[k] - scores[best]);
  const REAL value = scores[best] + (REAL)log(total);
  if (probabilities != NULL) {{
    for (int k = 0; k < {k}; ++k) probabilities[k] = (REAL)exp(scores[k] - scores[best]) / total;
  }}
  if (log_density != NULL) *log_density = value;
  return isfinite(value) ? best : -1;
}}
"""
ANOMALY_COMMENT = """\
     int {prefix}_is_anomaly(const REAL *row)
         gives 1 where the log density is below {prefix}_threshold, or the row is not finite, else 0.
"""
ANOMALY = """
static const REAL {prefix}_threshold = {threshold};

int {prefix}_is_anomaly(const REAL *row) {{
  REAL log_density;
  {prefix}_predict(row, NULL, &log_density);
  return !(log_density >= {prefix}_threshold);
}}
"""


@dataclass(frozen=True, slots=True)
class CExporter:
    """Writes C99: one file, no allocation, no library but libm.

    Parameters
    ----------
    prefix : str, default='mixture'
        Of all names in the file.

    Raises
    ------
    InputError
        If `prefix` is no name in C.

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.exports import CExporter, Scorer
    >>> code = CExporter("flowers").content(Scorer.of(Mixture([1.0], [[0.0]], [4.0], "spherical"))).decode()
    >>> "int flowers_predict(const REAL *row, REAL *probabilities, REAL *log_density) {" in code
    True
    """

    prefix: str = "mixture"
    name: ClassVar[str] = "c"
    suffix: ClassVar[str] = ".c"

    def __post_init__(self) -> None:
        """Refuse what is no name."""
        if not (self.prefix.isascii() and self.prefix.isidentifier()):
            message = f"`prefix` must be a name in C, of letters, digits and underscores, got {self.prefix!r}."
            raise InputError(message)

    def content(self, scorer: Scorer) -> bytes:
        """Give the source."""
        k, d = scorer.means.shape
        rows, columns = np.tril_indices(d)
        anomalies = scorer.threshold is not None
        text = TEMPLATE.format(
            description=described(scorer).replace("*/", "* /").replace("/*", "/ *"),
            anomaly_comment=ANOMALY_COMMENT.format(prefix=self.prefix) if anomalies else "",
            prefix=self.prefix,
            k=k,
            d=d,
            last=k - 1,
            triangle=len(rows),
            offsets=_braces(scorer.offsets),
            means=_braces(scorer.means),
            whiteners=_braces(scorer.whiteners[:, rows, columns]),
        )
        if anomalies:
            text += ANOMALY.format(prefix=self.prefix, threshold=scorer.threshold)
        return text.encode()


def _braces(values: FloatArray) -> str:
    if values.ndim > 1:
        return "{\n  " + ",\n  ".join(_braces(row) for row in values) + "}"
    return "{" + ", ".join(repr(float(value)) for value in values) + "}"
