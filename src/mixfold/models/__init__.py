"""Models: *what* is learned from statistics, whatever the data and the algorithm.

abstract.py has the contract, penalized.py the maximum of a likelihood times a prior, whose step plain_step.py tells an
engine that has it in its own loop. student.py has components with heavy tails. variational.py has posteriors under
conjugate priors, weight_posteriors.py the contract of those of the weights, which are dirichlet.py and sticks.py (with
gamma_belief.py), and prior_scale.py the priors that are learned from data; posterior_draws.py draws whole mixtures from
them, and marginal_likelihood.py says how probable groups of rows are. background.py is any of them beside a uniform
density, frozen.py one some of whose parameters are known. coordinates.py has the coordinates in which steps of some are
extrapolated. problem.py is a model on data.
"""

from mixfold.models.abstract import Model
from mixfold.models.background import BackgroundParameters, WithBackground
from mixfold.models.coordinates import Coordinates, UnconstrainedCoordinates
from mixfold.models.dirichlet import DirichletPrior, DirichletWeights
from mixfold.models.frozen import Frozen
from mixfold.models.gamma_belief import GammaBelief
from mixfold.models.marginal_likelihood import log_marginal_likelihood
from mixfold.models.penalized import Penalized
from mixfold.models.plain_step import PlainStep
from mixfold.models.posterior_draws import draw_parameters
from mixfold.models.prior_scale import PriorScale
from mixfold.models.problem import PenalizedProblem, Point, Problem
from mixfold.models.sticks import StickPrior, StickWeights
from mixfold.models.student import Student, StudentParameters
from mixfold.models.variational import Posterior, Variational
from mixfold.models.weight_posteriors import WeightPrior, Weights

__all__ = [
    "BackgroundParameters",
    "Coordinates",
    "DirichletPrior",
    "DirichletWeights",
    "Frozen",
    "GammaBelief",
    "Model",
    "Penalized",
    "PenalizedProblem",
    "PlainStep",
    "Point",
    "Posterior",
    "PriorScale",
    "Problem",
    "StickPrior",
    "StickWeights",
    "Student",
    "StudentParameters",
    "UnconstrainedCoordinates",
    "Variational",
    "WeightPrior",
    "Weights",
    "WithBackground",
    "draw_parameters",
    "log_marginal_likelihood",
]
