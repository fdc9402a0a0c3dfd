"""Observations: how rows see what a mixture is of, one file a kind.

Rows fall into strata (`Marks.strata`), and each stratum has an `Observation` (abstract.py): `Complete` rows are seen as
they are, `Linear` ones as y = R x + e with noise e, some of the components allowed: rounding is noise, a label allows
one component. Of what either sees values may be missing (`Incomplete`). What goes down to an engine and comes up from
it is translated for each stratum (view.py), beside the rows: no engine and no model knows of it. Where each row sees x
in a way of its own rows are asked one by one (by_row.py): those of `OwnNoise` have each its own in their marks.
"""

from mixfold.observations.abstract import Observation, n_named
from mixfold.observations.by_row import ByRow
from mixfold.observations.complete import Complete
from mixfold.observations.components import Components, refuse_other_than_normal
from mixfold.observations.incomplete import Incomplete
from mixfold.observations.linear import Linear
from mixfold.observations.own_noise import OwnNoise
from mixfold.observations.view import View, Views

__all__ = [
    "ByRow",
    "Complete",
    "Components",
    "Incomplete",
    "Linear",
    "Observation",
    "OwnNoise",
    "View",
    "Views",
    "n_named",
    "refuse_other_than_normal",
]
