"""How sure the number of clusters is, and each of them, in words and cells of a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from mixfold.estimators.cluster_stability import BOOTSTRAP, PARTS, ClusterStability

DRAWN = {
    PARTS: "random parts of the rows, four fifths each",
    BOOTSTRAP: "bootstrap samples of the rows, of which each is taken once",
}


@dataclass(frozen=True, slots=True)
class Certainty:
    """What was found again in parts of the rows.

    Attributes
    ----------
    sentences : tuple of str
        How often each number of bell-shaped clusters was found, and of groups that they make.
    groups : tuple of dict
        For each group the bell-shaped clusters in it, how much of it was found again, how many pairs of its rows stayed
        together, and were with rows of the group that it is joined with most, and what that is called.
    samples : str
        What the choice was made in.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.estimators.cluster_stability import ClusterStability
    >>> pairs = np.array([[0.99, 0.2], [0.2, 0.7]])
    >>> stability = ClusterStability(np.array([0.97, 0.7]), {2: 1.0}, {3: 0.9, 2: 0.1}, 10, pairs)
    >>> certainty = Certainty.of(stability, [0, 1, 0])
    >>> certainty.sentences[0]
    'Found were 3 bell-shaped clusters in 90 % of 10 parts of the rows, 2 in 10 %.'
    >>> certainty.groups[1]
    {'group': 1, 'members': [1], 'found': '70 %', 'together': '70 %', 'joined': '20 % with 0', 'verdict': 'doubtful'}
    """

    sentences: tuple[str, ...]
    groups: tuple[dict[str, Any], ...]
    samples: str = DRAWN[PARTS]

    @classmethod
    def of(cls, stability: ClusterStability, clusters: Sequence[int]) -> Self:
        """Say what a stability tells of clusters, given which each component belongs to."""
        components = stability.components_in_words("bell-shaped cluster")
        sentences = (
            f"Found were {components}.",
            f"Those that overlap or touch make one group together: found were {stability.clusters_in_words('group')}.",
        )
        pairs, others = stability.co_assignment, stability.joined_most()
        groups = tuple(
            {
                "group": group,
                "members": [int(component) for component in np.flatnonzero(np.asarray(clusters) == group)],
                "found": f"{100.0 * stability.jaccard[group]:.0f} %",
                "together": f"{100.0 * pairs[group, group]:.0f} %",
                "joined": f"{100.0 * pairs[group, others[group]]:.0f} % with {others[group]}" if others else "",
                "verdict": verdict,
            }
            for group, verdict in enumerate(stability.verdicts())
        )
        return cls(sentences, groups, DRAWN[stability.resampling])
