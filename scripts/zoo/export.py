#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Export a network of the zoo with seeded random weights, to .caffemodel and .onnx.

Both files, and synergy-run on the bare .prototxt with the same seed, have the
same weights bit for bit. It reads the zoo's own .prototxt files only (one form
of input, no shared weights) and works out shapes by itself, so that comparing
results also checks the C reader. Needs python3-onnx for .onnx files.

  export.py [--seed N] [--output DIR] [--format caffemodel|onnx|both] FILE.prototxt...
"""
import argparse
import os
import re
import sys

import numpy as np

import weights

OPSET = 13
IR_VERSION = 8


# --- reading .prototxt ------------------------------------------------------------

def parse(text):
    """Messages as lists of (name, value); a value is a list for a message."""
    tokens = re.findall(r'"[^"]*"|[{}:]|[^\s{}:"#]+|#[^\n]*', text)
    tokens = [t for t in tokens if not t.startswith("#")]
    pos = 0

    def body():
        nonlocal pos
        fields = []
        while pos < len(tokens) and tokens[pos] != "}":
            name = tokens[pos]
            pos += 1
            if tokens[pos] == ":":
                pos += 1
            if tokens[pos] == "{":
                pos += 1
                fields.append((name, body()))
                pos += 1
            else:
                fields.append((name, tokens[pos].strip('"')))
                pos += 1
        return fields

    return body()


def get(fields, name, default=None):
    for key, value in fields:
        if key == name:
            return value
    return default


def get_all(fields, name):
    return [value for key, value in fields if key == name]


def pair(fields, name, default, size_name=None):
    """(vertical, horizontal) of kernel, stride or pad."""
    both = get(fields, size_name or name)
    if both is not None:
        return int(both), int(both)
    return int(get(fields, name + "_h", default)), int(get(fields, name + "_w", default))


# --- the network ---------------------------------------------------------------------

class Layer:
    def __init__(self, fields):
        self.name = get(fields, "name")
        self.type = get(fields, "type")
        self.bottoms = get_all(fields, "bottom")
        self.top = get(fields, "top")
        self.params = {key: value for key, value in fields if isinstance(value, list)}
        self.blobs = []         # (tensor name, numpy array), as Caffe orders them
        self.shape = None       # of the top
        self.inputs = []        # layers or the input's name

    def param(self, kind):
        return self.params.get(kind, [])


class Network:
    def __init__(self, path, seed):
        with open(path) as f:
            fields = parse(f.read())
        self.name = get(fields, "name")
        self.seed = seed
        self.layers = []
        self.blobs = {}         # blob name -> (shape, producer: Layer or None)
        for layer_fields in get_all(fields, "layer"):
            layer = Layer(layer_fields)
            if layer.type == "Input":
                shape = [int(d) for d in get_all(get(layer.param("input_param"), "shape"), "dim")]
                self.blobs[layer.top] = (shape, None)
                self.input = (layer.top, shape)
                continue
            self.add(layer)

    def add(self, layer):
        shapes = [self.blobs[b][0] for b in layer.bottoms]
        layer.inputs = [self.blobs[b][1] for b in layer.bottoms]
        layer.in_shapes = shapes
        handler = HANDLERS.get(layer.type)
        if not handler:
            raise SystemExit("layer '%s': type %s is not exported" % (layer.name, layer.type))
        layer.shape = handler(self, layer, shapes)
        self.blobs[layer.top] = (layer.shape, layer)
        self.layers.append(layer)

    def weight(self, layer, what, shape, base, width):
        name = "%s.%s" % (layer.name, what)
        count = int(np.prod(shape, dtype=np.int64))
        values = weights.fill(count, self.seed, name, base, width).reshape(shape)
        layer.blobs.append((name, values))


def convolution(net, layer, shapes):
    p = layer.param("convolution_param")
    n, c, h, w = shapes[0]
    layer.kernel = pair(p, "kernel", 0, "kernel_size")
    layer.stride = pair(p, "stride", 1, "stride")
    layer.pad = pair(p, "pad", 0, "pad")
    layer.group = int(get(p, "group", 1))
    out = int(get(p, "num_output"))
    shape = [out, c // layer.group] + list(layer.kernel)
    net.weight(layer, "weight", shape, 0, weights.he_width(int(np.prod(shape[1:]))))
    if get(p, "bias_term", "true") == "true":
        net.weight(layer, "bias", [out], 0, 0.2)
    return [n, out] + [(size + 2 * pad - k) // s + 1 for size, pad, k, s in
                       zip((h, w), layer.pad, layer.kernel, layer.stride)]


def pooling(_net, layer, shapes):
    p = layer.param("pooling_param")
    n, c, h, w = shapes[0]
    layer.method = get(p, "pool", "MAX")
    layer.globally = get(p, "global_pooling", "false") == "true"
    if layer.globally:
        return [n, c, 1, 1]
    layer.kernel = pair(p, "kernel", 0, "kernel_size")
    layer.stride = pair(p, "stride", 1, "stride")
    layer.pad = pair(p, "pad", 0, "pad")
    out = []
    for size, pad, k, s in zip((h, w), layer.pad, layer.kernel, layer.stride):
        o = -(-(size + 2 * pad - k) // s) + 1
        if (o - 1) * s >= size + pad:
            o -= 1
        out.append(o)
    return [n, c] + out


def inner_product(net, layer, shapes):
    p = layer.param("inner_product_param")
    out, depth = int(get(p, "num_output")), int(np.prod(shapes[0][1:]))
    net.weight(layer, "weight", [out, depth], 0, weights.he_width(depth))
    net.weight(layer, "bias", [out], 0, 0.2)
    return [shapes[0][0], out]


def batch_norm(net, layer, shapes):
    c = shapes[0][1]
    net.weight(layer, "mean", [c], 0, 0.2)
    net.weight(layer, "variance", [c], 1, 1)
    net.weight(layer, "factor", [1], 1, 0)
    return shapes[0]


def scale(net, layer, shapes):
    c = shapes[0][1]
    net.weight(layer, "scale", [c], 1, 1)
    net.weight(layer, "bias", [c], 0, 0.2)
    return shapes[0]


def same(_net, _layer, shapes):
    return shapes[0]


def concat(_net, _layer, shapes):
    return [shapes[0][0], sum(s[1] for s in shapes)] + shapes[0][2:]


HANDLERS = {
    "BatchNorm": batch_norm, "Concat": concat, "Convolution": convolution, "Dropout": same,
    "Eltwise": same, "InnerProduct": inner_product, "LRN": same, "Pooling": pooling, "ReLU": same,
    "Scale": scale, "Softmax": same,
}


# --- .caffemodel -----------------------------------------------------------------------

def varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7f | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def field(number, payload):
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def write_caffemodel(net, path):
    """Layers with weights only: names, types and blobs are what readers use."""
    with open(path, "wb") as f:
        f.write(field(1, net.name.encode()))
        for layer in net.layers:
            message = field(1, layer.name.encode()) + field(2, layer.type.encode())
            for _, values in layer.blobs:
                shape = field(1, b"".join(varint(d) for d in values.shape))
                message += field(7, field(7, shape) + field(5, values.astype("<f4").tobytes()))
            f.write(field(100, message))


# --- .onnx ----------------------------------------------------------------------------

class OnnxWriter:
    def __init__(self, net):
        import onnx
        import onnx.numpy_helper
        self.onnx = onnx
        self.net = net
        self.nodes, self.initializers = [], []
        self.value = {None: net.input[0]}       # layer -> its output's name
        for layer in net.layers:
            self.layer(layer)
        consumed = {id(i) for layer in net.layers for i in layer.inputs if i is not None}
        self.outputs = [layer for layer in net.layers if id(layer) not in consumed]

    def node(self, op, layer, inputs, output=None, **attributes):
        output = output or layer.name
        self.nodes.append(self.onnx.helper.make_node(op, inputs, [output], name=output, **attributes))
        return output

    def constant(self, name, values):
        self.initializers.append(self.onnx.numpy_helper.from_array(values, name))
        return name

    def blobs(self, layer):
        return [self.constant(name, values) for name, values in layer.blobs]

    def layer(self, layer):
        inputs = [self.value[i] for i in layer.inputs]
        self.value[layer] = getattr(self, layer.type.lower())(layer, inputs)

    def convolution(self, layer, inputs):
        return self.node("Conv", layer, inputs + self.blobs(layer), kernel_shape=layer.kernel,
                         strides=layer.stride, pads=layer.pad * 2, group=layer.group)

    def pooling(self, layer, inputs):
        if layer.globally:
            return self.node("GlobalMaxPool" if layer.method == "MAX" else "GlobalAveragePool",
                             layer, inputs)
        # Rounding up is written as padding behind, which every runtime reads alike.
        extra = [max((o - 1) * s + k - size - 2 * pad, 0) for o, s, k, size, pad in
                 zip(layer.shape[2:], layer.stride, layer.kernel, layer.in_shapes[0][2:], layer.pad)]
        # Negative when Caffe drops a window: the runtimes' floor drops it, too.
        pads = list(layer.pad) + [p + e for p, e in zip(layer.pad, extra)]
        common = {"kernel_shape": layer.kernel, "strides": layer.stride, "pads": pads}
        if layer.method == "MAX":
            return self.node("MaxPool", layer, inputs, **common)
        if any(extra) and any(layer.pad):
            raise SystemExit("layer '%s': padded average pooling with a rounded size is not exported"
                             % layer.name)
        return self.node("AveragePool", layer, inputs, count_include_pad=0 if any(extra) else 1, **common)

    def innerproduct(self, layer, inputs):
        if len(layer.in_shapes[0]) != 2:
            inputs = [self.node("Flatten", layer, inputs, layer.name + "/flatten", axis=1)]
        return self.node("Gemm", layer, inputs + self.blobs(layer), transB=1)

    def batchnorm(self, layer, inputs):
        """With the Scale layer behind it, if there is one, as one node."""
        mean, variance, _ = layer.blobs
        follower = [s for s in self.net.layers if s.type == "Scale" and s.inputs[0] is layer]
        if follower:
            (scale_name, scale_values), (bias_name, bias_values) = follower[0].blobs
        else:
            scale_name, scale_values = layer.name + ".scale", np.ones_like(mean[1])
            bias_name, bias_values = layer.name + ".bias", np.zeros_like(mean[1])
        return self.node("BatchNormalization", layer, inputs + [
            self.constant(scale_name, scale_values), self.constant(bias_name, bias_values),
            self.constant(*mean), self.constant(*variance)], epsilon=1e-5)

    def scale(self, layer, inputs):
        if layer.inputs[0] is None or layer.inputs[0].type != "BatchNorm":
            raise SystemExit("layer '%s': Scale without BatchNorm is not exported" % layer.name)
        return inputs[0]

    def lrn(self, layer, inputs):
        p = layer.param("lrn_param")
        return self.node("LRN", layer, inputs, size=int(get(p, "local_size", 5)),
                         alpha=float(get(p, "alpha", 1)), beta=float(get(p, "beta", 0.75)),
                         bias=float(get(p, "k", 1)))

    def relu(self, layer, inputs):
        return self.node("Relu", layer, inputs)

    def dropout(self, layer, inputs):
        ratio = self.constant(layer.name + ".ratio", np.array(
            float(get(layer.param("dropout_param"), "dropout_ratio", 0.5)), np.float32))
        return self.node("Dropout", layer, inputs + [ratio])

    def softmax(self, layer, inputs):
        return self.node("Softmax", layer, inputs, axis=1)

    def concat(self, layer, inputs):
        return self.node("Concat", layer, inputs, axis=1)

    def eltwise(self, layer, inputs):
        return self.node("Add" if len(inputs) == 2 else "Sum", layer, inputs)

    def write(self, path):
        helper, tensor = self.onnx.helper, self.onnx.TensorProto
        name, shape = self.net.input
        graph = helper.make_graph(
            self.nodes, self.net.name, [helper.make_tensor_value_info(name, tensor.FLOAT, shape)],
            [helper.make_tensor_value_info(self.value[l], tensor.FLOAT, l.shape) for l in self.outputs],
            self.initializers)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)],
                                  producer_name="synergy-zoo", ir_version=IR_VERSION)
        with open(path, "wb") as f:
            f.write(model.SerializeToString())


def main():
    parser = argparse.ArgumentParser(description="Export zoo networks with seeded random weights.")
    parser.add_argument("--seed", type=int, default=1, help="of the weights (1, as in synergy-run)")
    parser.add_argument("--output", default=".", metavar="DIR")
    parser.add_argument("--format", choices=("caffemodel", "onnx", "both"), default="both")
    parser.add_argument("files", nargs="+", metavar="FILE.prototxt")
    args = parser.parse_args()
    os.makedirs(args.output, exist_ok=True)
    for path in args.files:
        net = Network(path, args.seed)
        base = os.path.join(args.output, os.path.splitext(os.path.basename(path))[0])
        if args.format != "onnx":
            write_caffemodel(net, base + ".caffemodel")
        if args.format != "caffemodel":
            OnnxWriter(net).write(base + ".onnx")
    return 0


if __name__ == "__main__":
    sys.exit(main())
