"""Tumors that are not like the benign ones, and what makes them so.

A detector learns 280 benign breast tumors (Wisconsin, eight mean features each) and holds half of them out, so that it
can promise: of new benign tumors, at most 5 % are flagged on average. The other benign ones and the malignant ones are
new. Which ones are learned is drawn at random, because the promise is for rows that could have been exchanged.

    python examples/anomalies.py [FOLDER]
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from sklearn.datasets import load_breast_cancer

from mixfold import MixtureOutlierDetector
from mixfold.plotting import OutlierDisplay, new_figure

BoolArray: TypeAlias = npt.NDArray[np.bool_]

ALPHA, N_KNOWN, N_DRAWS = 0.05, 280, 20


def judged(features: Any, is_benign: BoolArray, seed: int) -> tuple[MixtureOutlierDetector, BoolArray, list[BoolArray]]:
    """Learn random benign tumors; give the detector, what it flags, and which tumors are new benign and malignant."""
    known = np.random.default_rng(seed).choice(np.flatnonzero(is_benign), N_KNOWN, replace=False)
    detector = MixtureOutlierDetector(1, alpha=ALPHA, random_state=seed).fit(features.iloc[known])
    is_new = is_benign & ~np.isin(np.arange(len(features)), known)
    return detector, detector.predict(features) == -1, [is_new, ~is_benign]


def main(folder: Path) -> None:
    """Print what is flagged, explain the most unusual tumor, and draw all."""
    tumors = load_breast_cancer(as_frame=True)
    features = tumors.data.iloc[:, :10].drop(columns=["mean perimeter", "mean area"])  # the radius says the same
    is_benign = tumors.target.to_numpy() == 1
    rates = [judged(features, is_benign, seed) for seed in range(N_DRAWS)]
    benign, malignant = np.mean([[np.mean(flagged[new]) for new in news] for _, flagged, news in rates], axis=0)
    print(
        f"mean of {N_DRAWS} draws: {benign:.1%} of the new benign tumors flagged, {malignant:.1%} of the malignant ones"
    )
    detector, flagged, (is_new, is_malignant) = rates[0]
    print(f"the first draw:    {np.mean(flagged[is_new]):.1%} and {np.mean(flagged[is_malignant]):.1%};", end=" ")
    print(f"with 95% confidence its rate among benign ones is below {detector.false_positive_bound():.1%}")

    worst = [int(np.argmin(np.where(is_malignant, detector.score_samples(features), np.inf)))]
    why = detector.explain(features.iloc[worst])
    p_value = detector.p_values(features.iloc[worst])[0]
    print(f"\nThe most unusual malignant tumor, row {worst[0] + 1}, p-value {p_value:.4f}:")
    for feature in np.argsort(-why.contributions[0])[:3]:
        print(
            f"  {features.columns[feature]} is {features.iloc[worst[0], feature]:.4g}, where the others let expect "
            f"{why.expected[0, feature]:.4g} ± {why.deviation[0, feature]:.2g}: "
            f"{why.contributions[0, feature] / why.distance[0]:.0%} of the distance"
        )

    folder.mkdir(parents=True, exist_ok=True)
    figure = new_figure()
    OutlierDisplay.from_estimator(detector, features[is_new | is_malignant], ax=figure.subplots())
    figure.savefig(folder / "anomalies.png", dpi=110)
    print(f"\nDrawn: {folder / 'anomalies.png'}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
