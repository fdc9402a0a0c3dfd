# The public names: `__init__.py` reads them, and loads one when it is first used.

from mixfold.models.abstract import Model as Model
from mixfold.models.background import BackgroundParameters as BackgroundParameters
from mixfold.models.background import WithBackground as WithBackground
from mixfold.models.coordinates import Coordinates as Coordinates
from mixfold.models.coordinates import UnconstrainedCoordinates as UnconstrainedCoordinates
from mixfold.models.dirichlet import DirichletPrior as DirichletPrior
from mixfold.models.dirichlet import DirichletWeights as DirichletWeights
from mixfold.models.frozen import Frozen as Frozen
from mixfold.models.gamma_belief import GammaBelief as GammaBelief
from mixfold.models.marginal_likelihood import log_marginal_likelihood as log_marginal_likelihood
from mixfold.models.penalized import Penalized as Penalized
from mixfold.models.plain_step import PlainStep as PlainStep
from mixfold.models.posterior_draws import draw_parameters as draw_parameters
from mixfold.models.prior_scale import PriorScale as PriorScale
from mixfold.models.problem import PenalizedProblem as PenalizedProblem
from mixfold.models.problem import Point as Point
from mixfold.models.problem import Problem as Problem
from mixfold.models.sticks import StickPrior as StickPrior
from mixfold.models.sticks import StickWeights as StickWeights
from mixfold.models.student import Student as Student
from mixfold.models.student import StudentParameters as StudentParameters
from mixfold.models.variational import Posterior as Posterior
from mixfold.models.variational import Variational as Variational
from mixfold.models.weight_posteriors import WeightPrior as WeightPrior
from mixfold.models.weight_posteriors import Weights as Weights
