"""How skl2onnx converts estimators of mixtures: it asks a model that it does not know, which names scikit-learn's."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sklearn.mixture import GaussianMixture as ScikitLearnMixture

ALIAS = "SklearnGaussianMixture"
"""skl2onnx's name for scikit-learn's estimator."""


class ConvertsToONNX:
    """Of estimators that scikit-learn's own can stand for: alone or as a step of a pipeline, nothing is to register."""

    @abstractmethod
    def to_sklearn(self) -> ScikitLearnMixture:
        """Give scikit-learn's own estimator of the fitted mixture."""

    def onnx_parser(self) -> Callable[..., list[Any]]:
        """Give skl2onnx what declares the outputs: labels and probabilities, and with an option log densities.

        Examples
        --------
        >>> from mixfold import GaussianMixture
        >>> from mixfold.datasets import load_faithful
        >>> X = load_faithful().data
        >>> model = GaussianMixture(2, random_state=0).fit(X)
        >>> from skl2onnx import to_onnx  # doctest: +SKIP
        >>> onx = to_onnx(model, X[:1], options={id(model): {"score_samples": True}})  # doctest: +SKIP
        """

        def declare(scope: Any, inputs: list[Any]) -> list[Any]:
            from skl2onnx.common.data_types import Int64TensorType, guess_tensor_type  # noqa: PLC0415  (not needed else)

            known, options = self.to_sklearn(), scope.options or {}
            chosen = options.pop(id(self), options.get(type(self)))
            if chosen is not None:
                options[id(known)] = chosen
            scope.replace_raw_operator(self, known, ALIAS)
            real = guess_tensor_type(inputs[0].type)
            outputs = [("label", Int64TensorType()), ("probabilities", real)]
            if scope.get_options(known, {"score_samples": False})["score_samples"]:
                outputs.append(("score_samples", guess_tensor_type(inputs[0].type)))
            return [scope.declare_local_variable(*output) for output in outputs]

        return declare
