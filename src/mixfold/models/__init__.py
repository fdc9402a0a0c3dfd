"""Models: *what* is learned from statistics, whatever the data and the algorithm.

abstract.py has the contract, penalized.py the maximum of a likelihood times a prior, whose step plain_step.py tells an
engine that has it in its own loop. problem.py is a model on data.
"""

from mixfold.models.abstract import Model
from mixfold.models.penalized import Penalized
from mixfold.models.plain_step import PlainStep
from mixfold.models.problem import Point, Problem

__all__ = ["Model", "Penalized", "PlainStep", "Point", "Problem"]
