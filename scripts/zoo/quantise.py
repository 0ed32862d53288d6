# SPDX-License-Identifier: GPL-2.0-only
"""Turns a float network into the QDQ form that deployed int8 networks have: activations
are quantised to u8 and dequantised again before each convolution or product, weights are
int8 per output channel, biases int32. Ranges are taken from the layers' kind, as no data
are at hand to calibrate on: behind a ReLU6 [0, 6], elsewhere [-6, 6]."""

import numpy as np
from onnx import TensorProto, helper, numpy_helper

QUANTISED = {"Conv": 2, "Gemm": 2}   # position of the bias


class Quantiser:
    def __init__(self, net):
        self.net = net
        self.arrays = {t.name: numpy_helper.to_array(t) for t in net.initializers}
        self.nodes, self.constants, self.done = [], [], {}

    def constant(self, name, array):
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def pair(self, x, scale, zero):
        """QuantizeLinear and DequantizeLinear of an activation."""
        s = self.constant(x + ".scale", np.array(scale, np.float32))
        z = self.constant(x + ".zero", np.array(zero, np.uint8))
        self.nodes.append(helper.make_node("QuantizeLinear", [x, s, z], [x + ".q"], name=x + ".quantize"))
        self.nodes.append(helper.make_node("DequantizeLinear", [x + ".q", s, z], [x + ".dq"],
                                           name=x + ".dequantize"))
        return x + ".dq"

    def activation(self, x, producers):
        if x in self.done:
            return self.done[x][0]
        kind = producers.get(x)
        # Pooling and flattening keep the range of what is before them.
        at = x
        while kind is not None and kind.op_type in ("GlobalAveragePool", "Flatten"):
            at = kind.input[0]
            kind = producers.get(at)
        clipped = kind is not None and kind.op_type == "Clip"
        scale, zero = (6 / 255, 0) if clipped else (12 / 255, 128)
        self.done[x] = (self.pair(x, scale, zero), scale)
        return self.done[x][0]

    def weight(self, name):
        w = self.arrays.pop(name)
        flat = np.abs(w.reshape(w.shape[0], -1)).max(axis=1)
        scale = (flat / 127).astype(np.float32)
        q = np.round(w / scale.reshape([-1] + [1] * (w.ndim - 1))).clip(-127, 127).astype(np.int8)
        names = [self.constant(name + ".q", q), self.constant(name + ".scale", scale),
                 self.constant(name + ".zero", np.zeros(w.shape[0], np.int8))]
        self.nodes.append(helper.make_node("DequantizeLinear", names, [name], axis=0,
                                           name=name + ".dequantize"))
        return scale

    def bias(self, name, scale):
        b = self.arrays.pop(name)
        q = np.round(b / scale).astype(np.int32)
        names = [self.constant(name + ".q", q), self.constant(name + ".scale", scale.astype(np.float32)),
                 self.constant(name + ".zero", np.zeros(b.shape[0], np.int32))]
        self.nodes.append(helper.make_node("DequantizeLinear", names, [name], axis=0,
                                           name=name + ".dequantize"))


def quantise(net):
    """Changes net.nodes and net.initializers in place."""
    q = Quantiser(net)
    producers = {o: n for n in net.nodes for o in n.output}
    for node in net.nodes:
        if node.op_type in QUANTISED:
            x = node.input[0]
            node.input[0] = q.activation(x, producers)
            scale = q.weight(node.input[1])
            q.bias(node.input[QUANTISED[node.op_type]], scale * q.done[x][1])
        elif node.op_type in ("Add", "GlobalAveragePool"):
            for i, x in enumerate(node.input):
                node.input[i] = q.activation(x, producers)
        q.nodes.append(node)
    net.nodes = q.nodes
    net.initializers = [numpy_helper.from_array(a, n) for n, a in q.arrays.items()] + q.constants
    assert all(t.data_type != TensorProto.UNDEFINED for t in net.initializers)
