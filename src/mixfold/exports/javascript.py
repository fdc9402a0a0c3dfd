"""A mixture as a JavaScript module, for a web page or Node."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from mixfold.exports.abstract import described
from mixfold.exports.scorer import Scorer

TEMPLATE = """\
// {description}
//
// import {{ predict }} from "./scorer.js";
// predict([{example}])  // {{ label, probabilities, logDensity{anomaly_field} }}

export const featureNames = {names};
const offsets = {offsets};
const means = {means};
// Lower triangles of the inverses of the Cholesky factors of the covariances.
const whiteners = {whiteners};
{threshold}
// Score a row of numbers, in the order of `featureNames`. `label` is the most probable component, from 0, or -1 where
// the row is not finite; `logDensity` is in nats.
export function predict(row) {{
  if (row.length !== featureNames.length) {{
    throw new RangeError(`A row must have ${{featureNames.length}} numbers, got ${{row.length}}.`);
  }}
  const scores = offsets.map((offset, k) => {{
    const differences = means[k].map((mean, i) => row[i] - mean);
    const square = whiteners[k].reduce((total, weights) => {{
      const sum = weights.reduce((part, weight, j) => part + weight * differences[j], 0);
      return total + sum * sum;
    }}, 0);
    return offset - square / 2;
  }});
  const best = scores.reduce((at, score, k) => (score > scores[at] ? k : at), 0);
  const terms = scores.map((score) => Math.exp(score - scores[best]));
  const total = terms.reduce((sum, term) => sum + term, 0);
  const logDensity = scores[best] + Math.log(total);
  return {{
    label: Number.isFinite(logDensity) ? best : -1,
    probabilities: terms.map((term) => term / total),
    logDensity,{anomaly}
  }};
}}
"""


@dataclass(frozen=True, slots=True)
class JavaScriptExporter:
    """Writes a module of ECMAScript 2015 without dependencies, for web pages and Node.

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.exports import JavaScriptExporter, Scorer
    >>> code = JavaScriptExporter().content(Scorer.of(Mixture([1.0], [[0.0]], [4.0], "spherical"))).decode()
    >>> "export function predict(row) {" in code
    True
    """

    name: ClassVar[str] = "js"
    suffix: ClassVar[str] = ".js"

    def content(self, scorer: Scorer) -> bytes:
        """Give the source."""
        anomalies = scorer.threshold is not None
        triangles = [[row[: at + 1] for at, row in enumerate(whitener)] for whitener in scorer.whiteners.tolist()]
        return TEMPLATE.format(
            description=described(scorer),
            example=", ".join(f"{value:.4g}" for value in scorer.means[0]),
            names=json.dumps(scorer.feature_names),
            offsets=json.dumps(scorer.offsets.tolist()),
            means=_lines(scorer.means.tolist()),
            whiteners=_lines(triangles),
            threshold=f"const threshold = {scorer.threshold!r};\n" if anomalies else "",
            anomaly_field=", isAnomaly" if anomalies else "",
            anomaly="\n    isAnomaly: !(logDensity >= threshold)," if anomalies else "",
        ).encode()


def _lines(values: Sequence[object]) -> str:
    return "[\n  " + ",\n  ".join(json.dumps(value) for value in values) + ",\n]"
