"""A mixture as an ONNX model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from mixfold.errors import InputError, MissingExtraError
from mixfold.exports.abstract import described
from mixfold.exports.scorer import Scorer

OPERATOR_SET = 17
"""Of 2022: every runtime that is in use reads it."""
FORMAT_VERSION = 8
"""Of the file, the one of that operator set."""


@dataclass(frozen=True, slots=True)
class ONNXExporter:
    """Writes an ONNX model of one input, ``rows`` (n, D), whose outputs are label, probabilities and log_density.

    Parameters
    ----------
    dtype : {'float32', 'float64'}, default='float32'
        Of the input and the outputs. Differences from the means are taken first, so that single precision keeps what
        the rows have.

    Raises
    ------
    InputError
        If `dtype` is another.

    Examples
    --------
    >>> from mixfold.exports import ONNXExporter
    >>> ONNXExporter("float64").suffix
    '.onnx'
    """

    dtype: Literal["float32", "float64"] = "float32"
    name: ClassVar[str] = "onnx"
    suffix: ClassVar[str] = ".onnx"

    def __post_init__(self) -> None:
        """Refuse other numbers."""
        if self.dtype not in {"float32", "float64"}:
            message = f"`dtype` must be 'float32' or 'float64', got {self.dtype!r}."
            raise InputError(message)

    def content(self, scorer: Scorer) -> bytes:
        """Give the model, which `onnx` has checked."""
        try:
            import onnx  # noqa: PLC0415  (optional extra)
        except ModuleNotFoundError as error:
            raise MissingExtraError("onnx", "onnx", "Writing ONNX models") from error
        from onnx import TensorProto, helper, numpy_helper  # noqa: PLC0415  (optional extra)

        real = TensorProto.FLOAT if self.dtype == "float32" else TensorProto.DOUBLE
        constants = {
            "means": scorer.means[:, None, :],
            "whiteners": np.swapaxes(scorer.whiteners, 1, 2),
            "offsets": scorer.offsets[:, None],
            "half": np.array(0.5),
        }
        held: dict[str, np.ndarray[Any, Any]] = {name: value.astype(self.dtype) for name, value in constants.items()}
        held |= {"first": np.array([0]), "last": np.array([2]), "nowhere": np.array(-1)}
        outputs = [
            helper.make_tensor_value_info("label", TensorProto.INT64, ["n"]),
            helper.make_tensor_value_info("probabilities", real, ["n", scorer.n_components]),
            helper.make_tensor_value_info("log_density", real, ["n"]),
        ]
        nodes = [
            helper.make_node("Unsqueeze", ["rows", "first"], ["row"]),
            helper.make_node("Sub", ["row", "means"], ["differences"]),  # (K, n, D)
            helper.make_node("MatMul", ["differences", "whiteners"], ["whitened"]),
            helper.make_node("Mul", ["whitened", "whitened"], ["squares"]),
            helper.make_node("ReduceSum", ["squares", "last"], ["distances"], keepdims=0),  # (K, n)
            helper.make_node("Mul", ["distances", "half"], ["halves"]),
            helper.make_node("Sub", ["offsets", "halves"], ["by_component"]),
            helper.make_node("Transpose", ["by_component"], ["scores"], perm=[1, 0]),  # (n, K)
            helper.make_node("Softmax", ["scores"], ["probabilities"], axis=1),
            helper.make_node("ReduceLogSumExp", ["scores"], ["log_density"], axes=[1], keepdims=0),
            helper.make_node("ArgMax", ["scores"], ["best"], axis=1, keepdims=0),
            helper.make_node("IsNaN", ["log_density"], ["unknown"]),
            helper.make_node("Where", ["unknown", "nowhere", "best"], ["label"]),
        ]
        if scorer.threshold is not None:
            held["threshold"] = np.array(scorer.threshold, dtype=self.dtype)
            nodes.append(helper.make_node("GreaterOrEqual", ["log_density", "threshold"], ["usual"]))
            nodes.append(helper.make_node("Not", ["usual"], ["is_anomaly"]))
            outputs.append(helper.make_tensor_value_info("is_anomaly", TensorProto.BOOL, ["n"]))
        graph = helper.make_graph(
            nodes,
            "mixture",
            [helper.make_tensor_value_info("rows", real, ["n", scorer.n_features])],
            outputs,
            [numpy_helper.from_array(np.ascontiguousarray(value), name) for name, value in held.items()],
            doc_string=described(scorer),
        )
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPERATOR_SET)],
            ir_version=FORMAT_VERSION,
            producer_name="mixfold",
        )
        onnx.checker.check_model(model, full_check=True)
        content: bytes = model.SerializeToString()
        return content
