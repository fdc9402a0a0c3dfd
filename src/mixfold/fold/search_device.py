"""`SearchDevice`: an accelerator that makes the large steps on samples of rows that lie there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

import array_api_compat
import numpy as np

from mixfold.engines import Beginning, DeviceEngine, EMLoop, MStep, StoppingRule, engine_for
from mixfold.engines.device_loop import Arrays, em_loops, is_on_accelerator
from mixfold.engines.spreading import n_trials, spread_there
from mixfold.rows import Marks, Rows, Source
from mixfold.sources import ArraySource, in_memory
from mixfold.statistics import SufficientStatistics
from mixfold.typing import Array, IntArray

if TYPE_CHECKING:
    from mixfold.fold.fold import Fold

LEAST_NUMBERS = 1 << 27
"""Products of a step of all starts from which on it is made there: as an estimate, what fifty launches take."""
TIMES_AS_FAST = 64.0
"""How many times as much work as a processor's is looked at as one: an estimate."""
MOST_SAMPLES = 4
"""Samples that stay there: those that a search asks in turn."""

OnProcessor: TypeAlias = Callable[[Sequence[Beginning], MStep, int, StoppingRule | None], list[EMLoop]]
"""Makes whole EM steps on the processor."""


@dataclass(frozen=True, slots=True)
class SearchDevice:
    """What makes the EM steps of many starts at once, on the device from which a sample was taken.

    Attributes
    ----------
    engine : DeviceEngine
    like : array of shape (1, n_features)
        A row there.
    least_numbers : int
        Products of a step from which on it is made there.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fold import Fold
    >>> from mixfold.fold.search_device import SearchDevice
    >>> SearchDevice.of(Fold.of_rows(np.zeros((3, 2)))) is None  # on a processor
    True
    """

    engine: DeviceEngine
    like: Array = field(repr=False)
    least_numbers: int = LEAST_NUMBERS
    _samples: dict[int, tuple[Array, Rows]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, fold: Fold) -> SearchDevice | None:
        """Give that of a fold, or where its rows are; None where that is a processor."""
        device, first = fold.engine.device, fold.source.first
        return fold.search_device or (cls(device, first) if device is not None and is_on_accelerator(first) else None)

    def takes(self, source: Source, starts: Sequence[Beginning], step: MStep) -> bool:
        """Tell whether steps are so much work, and of a kind, that they are made there."""
        first = starts[0].place if isinstance(starts[0], EMLoop) else starts[0]
        k, d = (first.center if isinstance(first, SufficientStatistics) else first[1]).shape
        each = d if step.structure.is_matrix else 1
        is_plain = not step.letters and not step.is_leaping
        return is_plain and len(starts) * source.n_rows * k * d * each >= self.least_numbers

    def em_loops(
        self,
        source: Source,
        starts: Sequence[Beginning],
        step: MStep,
        n_steps: int,
        rule: StoppingRule | None,
        on_processor: OnProcessor,
    ) -> list[EMLoop]:
        """Make whole EM steps from each start; starts that are no parameters of the family become these at home."""
        places = [one.place if isinstance(one, EMLoop) else one for one in starts]
        begun: dict[int, Arrays] = {at: one for at, one in enumerate(places) if isinstance(one, tuple)}
        ended: dict[int, EMLoop] = {}
        if step.before is not None or len(begun) < len(starts):
            for at, loop in enumerate(on_processor(starts, step, 0, None)):
                if len(loop.log_likelihood):
                    begun[at] = loop.weights, loop.means, loop.covariances
                else:
                    ended[at] = loop
        going = [at for at in sorted(begun) if at not in ended]
        if going:
            plain, rows = replace(step, before=None), self._there(source)
            loops = em_loops(self.engine, rows, [begun[at] for at in going], plain, n_steps, rule)
            ended |= dict(zip(going, loops, strict=True))
        return [ended[at] for at in range(len(starts))]

    def fold(self, fold: Fold) -> Fold:
        """Give the fold over the same rows there."""
        rows = self._there(fold.source)
        source = ArraySource(rows.values, rows.marks, is_finite=True)
        return replace(fold, source=source, engine=engine_for(source.first), search_device=None)

    def spread(self, rows: Rows, n_centers: int, random_state: np.random.RandomState) -> IntArray:
        """Draw rows as centers by k-means++, with the random numbers that the processor would use."""
        uniforms = random_state.uniform(size=1 + (n_centers - 1) * n_trials(n_centers))
        xp, device = array_api_compat.array_namespace(self.like), array_api_compat.device(self.like)
        there = [xp.asarray(part, dtype=xp.float64, device=device) for part in (rows.values, rows.weights_or_ones)]
        return spread_there(there[0], there[1], n_centers, uniforms)

    def _there(self, source: Source) -> Rows:
        """Bring a sample, or find it there."""
        values, weights = in_memory(source).values, source.weights
        kept = self._samples.get(id(values))
        if kept is None or kept[0] is not values:
            xp, device = array_api_compat.array_namespace(self.like), array_api_compat.device(self.like)
            dtype = xp.float32 if "float32" in str(values.dtype) else xp.float64
            there = xp.asarray(values, dtype=dtype, device=device)
            marks = Marks(None if weights is None else xp.asarray(weights, dtype=dtype, device=device))
            while len(self._samples) >= MOST_SAMPLES:
                del self._samples[next(iter(self._samples))]
            kept = self._samples[id(values)] = values, Rows(there, marks)
        return kept[1]


def times_as_fast(search_device: SearchDevice | None) -> float:
    """Give how many times as much work as that of a processor may be done between two looks at the time.

    Examples
    --------
    >>> from mixfold.fold.search_device import times_as_fast
    >>> times_as_fast(None)
    1.0
    """
    return 1.0 if search_device is None else TIMES_AS_FAST
