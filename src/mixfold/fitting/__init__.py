"""Fitting: the *algorithm* that turns statistics into parameters, again and again.

em_steps.py has the step (`em_steps`), steps.py where some led, em.py repeats it from one start until stopping.py says
enough (where that is slow by anderson.py, or on little data by leaping.py), restarts.py runs several and picks the
best. regularization.py makes the prior from `reg_covar`, on the scale that data_scale.py finds: recording.py has the
steps of a column, within.py (on pilots.py) what lies within components, likeness.py how much they are alike, and
invariant_coordinates.py coordinates that know no units. run.py and outcome.py record what happened, course.py how a
start of a search climbed. fit_state.py is the whole state of a fit, run_state.py that of one run, checkpoint.py the
file from which it goes on. adaptation.py moves a fitted mixture towards a few new rows. online.py learns from batches
that come one after the other, of which reservoir.py keeps some rows.
"""

from mixfold.fitting.adaptation import adapt
from mixfold.fitting.checkpoint import Checkpoint
from mixfold.fitting.data_scale import DataScale
from mixfold.fitting.em import em
from mixfold.fitting.em_steps import best_em_steps, em_steps, em_steps_together
from mixfold.fitting.fit_state import FitState
from mixfold.fitting.online import Stream, matched, merged, stepwise
from mixfold.fitting.places import Elsewhere
from mixfold.fitting.regularization import prior_for
from mixfold.fitting.reservoir import Reservoir
from mixfold.fitting.restarts import best_of, run_restarts
from mixfold.fitting.run import SEARCH, Callback, Iteration, Run
from mixfold.fitting.run_state import RunState
from mixfold.fitting.steps import Steps
from mixfold.fitting.stopping import Stopping, resolution_of
from mixfold.outcome import Outcome, predicted_gain

__all__ = [
    "SEARCH",
    "Callback",
    "Checkpoint",
    "DataScale",
    "Elsewhere",
    "FitState",
    "Iteration",
    "Outcome",
    "Reservoir",
    "Run",
    "RunState",
    "Steps",
    "Stopping",
    "Stream",
    "adapt",
    "best_em_steps",
    "best_of",
    "em",
    "em_steps",
    "em_steps_together",
    "matched",
    "merged",
    "predicted_gain",
    "prior_for",
    "resolution_of",
    "run_restarts",
    "stepwise",
]
