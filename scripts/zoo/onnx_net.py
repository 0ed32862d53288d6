# SPDX-License-Identifier: GPL-2.0-only
"""Builds ONNX networks layer by layer with seeded random weights (weights.py), counting
their multiply-accumulates as synergy does: convolutions, fully connected layers, matrix
products. Batch normalisation is folded into the convolutions, as in every deployed file."""

import math

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import weights

IR_VERSION = 8


class Net:
    """A network under construction. Methods take and give tensor names; shapes are kept."""

    def __init__(self, name, shape, opset, seed=1):
        self.name, self.opset, self.seed = name, opset, seed
        self.nodes, self.initializers = [], []
        self.shapes = {"data": list(shape)}
        self.macs = self.params = 0
        self.outputs = []
        self.counts = {}

    # --- pieces --------------------------------------------------------------------------

    def unique(self, what):
        n = self.counts.get(what, 0)
        self.counts[what] = n + 1
        return f"{what}_{n}" if n else what

    def constant(self, name, array):
        self.initializers.append(numpy_helper.from_array(np.asarray(array), name))
        self.shapes[name] = list(np.shape(array))
        return name

    def weight(self, name, shape, base=0.0, width=1.0):
        values = weights.fill(math.prod(shape), self.seed, name, base, width).reshape(shape)
        self.params += values.size
        return self.constant(name, values)

    def node(self, op, inputs, shape, name=None, outputs=None, **attributes):
        name = self.unique(name or op.lower())
        outputs = outputs or [name]
        self.nodes.append(helper.make_node(op, inputs, outputs, name=name, **attributes))
        self.shapes[outputs[0]] = list(shape)
        return outputs[0]

    # --- layers --------------------------------------------------------------------------

    def conv(self, x, out, kernel=1, stride=1, groups=1, name="conv", dilation=1, pad=None,
             gain=2.0):
        """Gain 2 keeps the variance through a ReLU, 1 through a linear layer."""
        n, c, h, w = self.shapes[x]
        pad = (kernel - 1) // 2 * dilation if pad is None else pad
        reach = dilation * (kernel - 1) + 1
        oh, ow = ((s + 2 * pad - reach) // stride + 1 for s in (h, w))
        fan_in = c // groups * kernel * kernel
        name = self.unique(name)
        # A uniform distribution's variance is width^2 / 12.
        width = math.sqrt(12 * gain / fan_in)
        inputs = [x, self.weight(name + ".weight", [out, c // groups, kernel, kernel], 0, width),
                  self.weight(name + ".bias", [out], 0, 0.2)]
        self.macs += n * out * oh * ow * fan_in
        return self.node("Conv", inputs, [n, out, oh, ow], name + ".conv", group=groups,
                         kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=[pad] * 4,
                         dilations=[dilation] * 2)

    def conv_transpose(self, x, out, kernel, stride, name="up"):
        n, c, h, w = self.shapes[x]
        name = self.unique(name)
        width = math.sqrt(12 * 2 / (c * kernel * kernel / stride / stride))
        inputs = [x, self.weight(name + ".weight", [c, out, kernel, kernel], 0, width),
                  self.weight(name + ".bias", [out], 0, 0.2)]
        self.macs += n * h * w * c * out * kernel * kernel
        return self.node("ConvTranspose", inputs,
                         [n, out, (h - 1) * stride + kernel, (w - 1) * stride + kernel],
                         name + ".convtranspose", kernel_shape=[kernel] * 2, strides=[stride] * 2)

    def linear(self, x, out, name="fc", gain=1.0):
        """On the last dimension; a matrix is a Gemm, more dimensions MatMul and Add."""
        shape = self.shapes[x]
        c = shape[-1]
        name = self.unique(name)
        width = math.sqrt(12 * gain / c)
        self.macs += math.prod(shape) * out
        if len(shape) == 2:
            inputs = [x, self.weight(name + ".weight", [out, c], 0, width),
                      self.weight(name + ".bias", [out], 0, 0.2)]
            return self.node("Gemm", inputs, [shape[0], out], name + ".gemm", transB=1)
        y = self.node("MatMul", [x, self.weight(name + ".weight", [c, out], 0, width)],
                      shape[:-1] + [out], name + ".matmul")
        return self.node("Add", [self.weight(name + ".bias", [out], 0, 0.2), y],
                         shape[:-1] + [out], name + ".add")

    def matmul(self, a, b, name="matmul"):
        sa, sb = self.shapes[a], self.shapes[b]
        self.macs += math.prod(sa) * sb[-1]
        return self.node("MatMul", [a, b], sa[:-1] + [sb[-1]], name)

    def unary(self, op, x, name=None, **attributes):
        return self.node(op, [x], self.shapes[x], name, **attributes)

    def relu(self, x):
        return self.unary("Relu", x)

    def relu6(self, x):
        low = self.scalar("zero", 0.0)
        return self.node("Clip", [x, low, self.scalar("six", 6.0)], self.shapes[x], "relu6")

    def swish(self, x):
        return self.mul(x, self.unary("Sigmoid", x))

    def hard_swish(self, x):
        return self.unary("HardSwish", x)

    def hard_sigmoid(self, x):
        return self.unary("HardSigmoid", x, alpha=1 / 6, beta=0.5)

    def gelu(self, x):
        """As exporters write it: 0.5 x (1 + erf(x / sqrt 2))."""
        s = self.shapes[x]
        d = self.node("Div", [x, self.scalar("sqrt2", math.sqrt(2))], s, "gelu.div")
        e = self.unary("Erf", d, "gelu.erf")
        a = self.node("Add", [e, self.scalar("one", 1.0)], s, "gelu.add")
        m = self.node("Mul", [x, a], s, "gelu.mul")
        return self.node("Mul", [m, self.scalar("half", 0.5)], s, "gelu.half")

    def layer_norm(self, x, eps=1e-6):
        """Over the last dimension; before opset 17 in its parts, as exporters write it."""
        s = self.shapes[x]
        name = self.unique("ln")
        scale = self.weight(name + ".weight", [s[-1]], 1.0, 0.2)
        bias = self.weight(name + ".bias", [s[-1]], 0.0, 0.2)
        if self.opset >= 17:
            return self.node("LayerNormalization", [x, scale, bias], s, name, axis=-1, epsilon=eps)
        one = s[:-1] + [1]
        mean = self.node("ReduceMean", [x], one, name + ".mean", axes=[-1])
        d = self.node("Sub", [x, mean], s, name + ".sub")
        p = self.node("Pow", [d, self.scalar("two", 2.0)], s, name + ".pow")
        v = self.node("ReduceMean", [p], one, name + ".var", axes=[-1])
        a = self.node("Add", [v, self.scalar("eps", eps)], one, name + ".eps")
        q = self.node("Sqrt", [a], one, name + ".sqrt")
        n = self.node("Div", [d, q], s, name + ".div")
        m = self.node("Mul", [n, scale], s, name + ".scale")
        return self.node("Add", [m, bias], s, name + ".shift")

    def scalar(self, name, value):
        if not any(t.name == name for t in self.initializers):
            self.constant(name, np.array(value, np.float32))
        return name

    def add(self, a, b):
        return self.node("Add", [a, b], self.shapes[a], "add")

    def mul(self, a, b):
        """The larger one gives the shape: each of the two may broadcast."""
        larger = max((self.shapes[a], self.shapes[b]), key=math.prod)
        return self.node("Mul", [a, b], larger, "mul")

    def max_pool(self, x, kernel, stride, pad=0, name="pool", pads=None):
        n, c, h, w = self.shapes[x]
        pads = pads or [pad] * 4
        oh = (h + pads[0] + pads[2] - kernel) // stride + 1
        ow = (w + pads[1] + pads[3] - kernel) // stride + 1
        return self.node("MaxPool", [x], [n, c, oh, ow], name, kernel_shape=[kernel] * 2,
                         strides=[stride] * 2, pads=pads)

    def global_pool(self, x):
        n, c = self.shapes[x][:2]
        return self.node("GlobalAveragePool", [x], [n, c, 1, 1], "gap")

    def flatten(self, x):
        n = self.shapes[x][0]
        return self.node("Flatten", [x], [n, math.prod(self.shapes[x][1:])], "flatten")

    def reshape(self, x, shape):
        to = self.constant(self.unique("shape"), np.array(shape, np.int64))
        known = -math.prod(shape) if -1 in shape else 1
        full = [math.prod(self.shapes[x]) // known if d == -1 else d for d in shape]
        return self.node("Reshape", [x, to], full, "reshape")

    def transpose(self, x, perm):
        return self.node("Transpose", [x], [self.shapes[x][p] for p in perm], "transpose", perm=perm)

    def concat(self, xs, axis=1):
        s = list(self.shapes[xs[0]])
        s[axis] = sum(self.shapes[x][axis] for x in xs)
        return self.node("Concat", xs, s, "concat", axis=axis)

    def slice(self, x, axis, begin, end):
        s = list(self.shapes[x])
        s[axis] = end - begin
        parts = [self.constant(self.unique("slice." + w), np.array([v], np.int64))
                 for w, v in (("begin", begin), ("end", end), ("axis", axis))]
        return self.node("Slice", [x] + parts, s, "slice")

    def upsample(self, x, factor=2, mode="nearest"):
        n, c, h, w = self.shapes[x]
        scales = self.constant(self.unique("scales"),
                               np.array([1, 1, factor, factor], np.float32))
        extra = {"nearest_mode": "floor"} if mode == "nearest" else {}
        return self.node("Resize", [x, "", scales], [n, c, h * factor, w * factor], "resize",
                         mode=mode, coordinate_transformation_mode="asymmetric" if
                         mode == "nearest" else "half_pixel", **extra)

    def softmax(self, x, axis=-1):
        return self.unary("Softmax", x, "softmax", axis=axis)

    def output(self, x):
        self.outputs.append(x)

    def classifier(self, x, classes=1000):
        self.output(self.linear(self.flatten(self.global_pool(x)), classes))

    def model(self):
        def value(name):
            return helper.make_tensor_value_info(name, TensorProto.FLOAT, self.shapes[name])
        graph = helper.make_graph(self.nodes, self.name, [value("data")],
                                  [value(o) for o in self.outputs], self.initializers)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)],
                                  producer_name="synergy zoo")
        model.ir_version = IR_VERSION
        onnx.checker.check_model(model)
        return model
