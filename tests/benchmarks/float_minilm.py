"""The bundled embedder's twin in float32: the same graph with each integer product put back to a float one."""

from __future__ import annotations

from functools import cached_property
from importlib.resources import files
from typing import Any

import numpy as np

from motadata_nb.embeddings.minilm import MiniLM
from tests.benchmarks.__main__ import Skipped

__all__ = ["FloatMiniLM"]


class FloatMiniLM(MiniLM):
    """As the bundled one in everything but the numbers' type. Raises Skipped without the package `onnx`."""

    @cached_property
    def _session(self) -> Any:
        return _open(1)

    @cached_property
    def on_all_cores(self) -> Any:
        """A session that works on one batch with all cores."""
        return _open(self._threads)


def _open(threads: int) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(_dequantised(), options, providers=["CPUExecutionProvider"])


def _dequantised() -> bytes:
    try:
        import onnx
    except ImportError as error:
        raise Skipped("the float32 peer needs: pip install onnx") from error
    model = onnx.load_from_string((files("motadata_nb.embeddings.minilm") / "model.onnx").read_bytes())
    graph = model.graph
    weights = {tensor.name: tensor for tensor in graph.initializer}
    made_by = {output: node for node in graph.node for output in node.output}
    users = {name: [node for node in graph.node if name in node.input] for name in made_by}
    for product in [node for node in graph.node if node.op_type == "MatMulInteger"]:
        text, name, _, zero = product.input
        (cast,) = users[product.output[0]]
        (scaled,) = users[cast.output[0]]
        both = next(made_by[i] for i in scaled.input if i != cast.output[0])
        scale = next(onnx.numpy_helper.to_array(weights[i]) for i in both.input if i in weights)
        whole = onnx.numpy_helper.to_array(weights[name]).astype(np.float32)
        floats = (whole - onnx.numpy_helper.to_array(weights[zero]).astype(np.float32)) * scale
        graph.initializer.append(onnx.numpy_helper.from_array(floats.astype(np.float32), f"{name}_float"))
        place = list(graph.node).index(scaled)
        graph.node.remove(scaled)
        source = made_by[text].input[0]
        graph.node.insert(place, onnx.helper.make_node("MatMul", [source, f"{name}_float"], list(scaled.output)))
        for node in (cast, both, product):
            graph.node.remove(node)
    _drop_unused(graph)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def _drop_unused(graph: Any) -> None:
    """Quantisation of activations, and integer weights, that nothing reads any more."""
    used = {name for node in graph.node for name in node.input} | {output.name for output in graph.output}
    for node in [n for n in graph.node if not used.intersection(n.output)]:
        graph.node.remove(node)
    used = {name for node in graph.node for name in node.input}
    for tensor in [t for t in graph.initializer if t.name not in used]:
        graph.initializer.remove(tensor)
