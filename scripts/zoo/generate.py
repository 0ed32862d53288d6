#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Write the network zoo's .prototxt files from the published architectures.

The files beside this script are its output and are committed, so nobody needs
to run it; `generate.py --check` says whether they are still what it writes.
AlexNet is written by hand. Widths and strides are facts of the papers and of
the models' published Caffe forms; where both differ the Caffe form is taken,
since that is what was measured (its pooling rounds sizes up, which makes
DenseNet-121 larger than in other frameworks).
"""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


class Net:
    """A network as text, one layer a line; methods return the new blob's name."""

    def __init__(self, name, comment, size, channels=3):
        self.lines = ["# SPDX-License-Identifier: GPL-2.0-only",
                      "# Written by generate.py."]
        self.lines += ["# " + c for c in comment.strip().split("\n")]
        self.lines += ['name: "%s"' % name,
                       'layer { name: "data" type: "Input" top: "data" input_param '
                       '{ shape { dim: 1 dim: %d dim: %d dim: %d } } }' % (channels, size, size)]

    def layer(self, name, kind, bottoms, top=None, params=""):
        if isinstance(bottoms, str):
            bottoms = [bottoms]
        top = top or name
        self.lines.append('layer { name: "%s" type: "%s" %s top: "%s"%s }' % (
            name, kind, " ".join('bottom: "%s"' % b for b in bottoms), top,
            " " + params if params else ""))
        return top

    def conv(self, name, bottom, outputs, kernel, stride=1, pad=0, group=1, bias=True):
        p = "num_output: %d" % outputs
        if isinstance(kernel, tuple):
            p += " kernel_h: %d kernel_w: %d" % kernel
        else:
            p += " kernel_size: %d" % kernel
        if isinstance(pad, tuple):
            p += " pad_h: %d pad_w: %d" % pad
        elif pad:
            p += " pad: %d" % pad
        if stride != 1:
            p += " stride: %d" % stride
        if group != 1:
            p += " group: %d" % group
        if not bias:
            p += " bias_term: false"
        return self.layer(name, "Convolution", bottom, None, "convolution_param { %s }" % p)

    def relu(self, name, blob):
        return self.layer(name, "ReLU", blob, blob)

    def norm(self, name, blob, top=None):
        """BatchNorm and Scale, in place unless a top is given."""
        top = self.layer(name + "/bn", "BatchNorm", blob, top or blob)
        return self.layer(name + "/scale", "Scale", top, top, "scale_param { bias_term: true }")

    def conv_relu(self, name, bottom, outputs, kernel, stride=1, pad=0):
        return self.relu("relu_" + name, self.conv(name, bottom, outputs, kernel, stride, pad))

    def conv_bn(self, name, bottom, outputs, kernel, stride=1, pad=0, group=1, relu=True):
        blob = self.norm(name, self.conv(name, bottom, outputs, kernel, stride, pad, group, False))
        return self.relu(name + "/relu", blob) if relu else blob

    def pool(self, name, bottom, kernel, stride, pad=0, method="MAX"):
        return self.layer(name, "Pooling", bottom, None, "pooling_param { pool: %s kernel_size: %d "
                          "stride: %d%s }" % (method, kernel, stride, " pad: %d" % pad if pad else ""))

    def global_pool(self, name, bottom):
        return self.layer(name, "Pooling", bottom, None,
                          "pooling_param { pool: AVE global_pooling: true }")

    def lrn(self, name, bottom, alpha=0.0001, k=1):
        return self.layer(name, "LRN", bottom, None, "lrn_param { local_size: 5 alpha: %s beta: 0.75%s }"
                          % (alpha, " k: %d" % k if k != 1 else ""))

    def dropout(self, name, blob, ratio=0.5):
        return self.layer(name, "Dropout", blob, blob, "dropout_param { dropout_ratio: %s }" % ratio)

    def fc(self, name, bottom, outputs):
        return self.layer(name, "InnerProduct", bottom, None,
                          "inner_product_param { num_output: %d }" % outputs)

    def fc_head(self, bottom, classes, drop=True):
        for i in (6, 7):
            bottom = self.relu("relu%d" % i, self.fc("fc%d" % i, bottom, 4096))
            if drop:
                bottom = self.dropout("drop%d" % i, bottom)
        return self.softmax("prob", self.fc("fc8", bottom, classes))

    def softmax(self, name, bottom):
        return self.layer(name, "Softmax", bottom)

    def concat(self, name, bottoms):
        return self.layer(name, "Concat", bottoms)

    def add(self, name, bottoms):
        return self.layer(name, "Eltwise", bottoms, None, "eltwise_param { operation: SUM }")

    def text(self):
        return "\n".join(self.lines) + "\n"


def squeezenet(bypass):
    n = Net("SqueezeNet_v1.0" + ("_residual" if bypass else ""), (
        "SqueezeNet v1.0 (Iandola and others 2016)%s, 227 x 227 input.\n"
        "As in the published Caffe form, conv10 has a pad of 1." %
        (" with simple bypass connections" if bypass else "")), 227)

    def fire(i, bottom, squeeze, expand):
        s = n.conv_relu("fire%d/squeeze1x1" % i, bottom, squeeze, 1)
        a = n.conv_relu("fire%d/expand1x1" % i, s, expand, 1)
        b = n.conv_relu("fire%d/expand3x3" % i, s, expand, 3, 1, 1)
        top = n.concat("fire%d/concat" % i, [a, b])
        return n.add("fire%d/bypass" % i, [bottom, top]) if bypass and i in (3, 5, 7, 9) else top

    x = n.pool("pool1", n.conv_relu("conv1", "data", 96, 7, 2), 3, 2)
    for i, (squeeze, expand) in enumerate(((16, 64), (16, 64), (32, 128)), 2):
        x = fire(i, x, squeeze, expand)
    x = n.pool("pool4", x, 3, 2)
    for i, (squeeze, expand) in enumerate(((32, 128), (48, 192), (48, 192), (64, 256)), 5):
        x = fire(i, x, squeeze, expand)
    x = n.dropout("drop9", fire(9, n.pool("pool8", x, 3, 2), 64, 256))
    n.softmax("prob", n.global_pool("pool10", n.conv_relu("conv10", x, 1000, 1, 1, 1)))
    return n


def places():
    n = Net("Places205-CNDS-8s", "Places205-CNDS-8s (Wang, Lee, Tu, Lazebnik 2015): 8 convolutions, 3 fully\n"
            "connected layers, the supervision branches of training left out; 227 x 227 input.", 227)
    x = n.pool("pool1", n.conv_relu("conv1", "data", 64, 7, 2), 3, 2)
    x = n.pool("pool2", n.conv_relu("conv2", x, 128, 3, 1, 1), 2, 2)
    for i, width in ((3, 256), (4, 512), (5, 512)):
        for k in (1, 2):
            x = n.conv_relu("conv%d_%d" % (i, k), x, width, 3, 1, 1)
        x = n.pool("pool%d" % i, x, 2, 2)
    n.fc_head(x, 205)
    return n


def resnet50(wide):
    """wide: WRN-50-2, inner widths doubled and the stride in the 3x3, as its authors have it."""
    n = Net("WRN-50-2" if wide else "ResNet-50",
            "WRN-50-2, bottleneck (Zagoruyko, Komodakis 2016): ResNet-50 with inner widths doubled,\n"
            "stride in the 3x3 convolutions; 224 x 224 input." if wide else
            "ResNet-50 (He, Zhang, Ren, Sun 2015) in its authors' form: stride in the first 1x1\n"
            "convolution of a block; 224 x 224 input.", 224)
    x = n.pool("pool1", n.conv_bn("conv1", "data", 64, 7, 2, 3), 3, 2)
    for stage, blocks in enumerate((3, 4, 6, 3), 2):
        out = 64 << stage
        inner = out // 4 * (2 if wide else 1)
        for b in range(blocks):
            name = "res%d%s" % (stage, "abcdef"[b])
            stride = 2 if b == 0 and stage > 2 else 1
            shortcut = x
            if b == 0:
                shortcut = n.conv_bn(name + "_branch1", x, out, 1, stride, relu=False)
            y = n.conv_bn(name + "_branch2a", x, inner, 1, 1 if wide else stride)
            y = n.conv_bn(name + "_branch2b", y, inner, 3, stride if wide else 1, 1)
            y = n.conv_bn(name + "_branch2c", y, out, 1, relu=False)
            x = n.relu(name + "/relu", n.add(name, [shortcut, y]))
    n.softmax("prob", n.fc("fc1000", n.global_pool("pool5", x), 1000))
    return n


def vgg_cnn_s():
    n = Net("VGG_CNN_S", "VGG_CNN_S (Chatfield, Simonyan, Vedaldi, Zisserman 2014), 224 x 224 input.", 224)
    x = n.lrn("norm1", n.conv_relu("conv1", "data", 96, 7, 2), 0.0005, 2)
    x = n.conv_relu("conv2", n.pool("pool1", x, 3, 3), 256, 5)
    x = n.pool("pool2", x, 2, 2)
    for i in (3, 4, 5):
        x = n.conv_relu("conv%d" % i, x, 512, 3, 1, 1)
    n.fc_head(n.pool("pool5", x, 3, 3), 1000)
    return n


def vgg16():
    n = Net("VGG-16", "VGG-16, configuration D (Simonyan, Zisserman 2014), 224 x 224 input.", 224)
    x = "data"
    for stage, (width, count) in enumerate(((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)), 1):
        for k in range(1, count + 1):
            x = n.conv_relu("conv%d_%d" % (stage, k), x, width, 3, 1, 1)
        x = n.pool("pool%d" % stage, x, 2, 2)
    n.fc_head(x, 1000)
    return n


def googlenet():
    n = Net("GoogLeNet", "GoogLeNet (Szegedy and others 2014), auxiliary classifiers left out; 224 x 224 input.", 224)
    x = n.pool("pool1/3x3_s2", n.conv_relu("conv1/7x7_s2", "data", 64, 7, 2, 3), 3, 2)
    x = n.conv_relu("conv2/3x3_reduce", n.lrn("pool1/norm1", x), 64, 1)
    x = n.lrn("conv2/norm2", n.conv_relu("conv2/3x3", x, 192, 3, 1, 1))
    x = n.pool("pool2/3x3_s2", x, 3, 2)
    table = (("3a", 64, 96, 128, 16, 32, 32), ("3b", 128, 128, 192, 32, 96, 64), ("pool3", ),
             ("4a", 192, 96, 208, 16, 48, 64), ("4b", 160, 112, 224, 24, 64, 64),
             ("4c", 128, 128, 256, 24, 64, 64), ("4d", 112, 144, 288, 32, 64, 64),
             ("4e", 256, 160, 320, 32, 128, 128), ("pool4", ),
             ("5a", 256, 160, 320, 32, 128, 128), ("5b", 384, 192, 384, 48, 128, 128))
    for row in table:
        if len(row) == 1:
            x = n.pool(row[0] + "/3x3_s2", x, 3, 2)
            continue
        i, c1, r3, c3, r5, c5, proj = row
        p = "inception_%s/" % i
        x = n.concat(p + "output", [
            n.conv_relu(p + "1x1", x, c1, 1),
            n.conv_relu(p + "3x3", n.conv_relu(p + "3x3_reduce", x, r3, 1), c3, 3, 1, 1),
            n.conv_relu(p + "5x5", n.conv_relu(p + "5x5_reduce", x, r5, 1), c5, 5, 1, 2),
            n.conv_relu(p + "pool_proj", n.pool(p + "pool", x, 3, 1, 1), proj, 1)])
    x = n.dropout("pool5/drop", n.pool("pool5/7x7_s1", x, 7, 1, 0, "AVE"), 0.4)
    n.softmax("prob", n.fc("loss3/classifier", x, 1000))
    return n


def inception_bn():
    n = Net("Inception-BN-21k", "Inception-BN (Ioffe, Szegedy 2015) in the wide form of the published 21,841-class\n"
            "model; 224 x 224 input.", 224)

    def same(i, x, c1, r3, c3, rd, cd, method, proj):
        double = n.conv_bn(i + "_double_3x3_reduce", x, rd, 1)
        for k in (0, 1):
            double = n.conv_bn("%s_double_3x3_%d" % (i, k), double, cd, 3, 1, 1)
        return n.concat("concat_" + i, [
            n.conv_bn(i + "_1x1", x, c1, 1),
            n.conv_bn(i + "_3x3", n.conv_bn(i + "_3x3_reduce", x, r3, 1), c3, 3, 1, 1), double,
            n.conv_bn(i + "_proj", n.pool("pool_" + i, x, 3, 1, 1, method), proj, 1)])

    def smaller(i, x, r3, c3, rd, cd):
        a = n.conv_bn(i + "_3x3", n.conv_bn(i + "_3x3_reduce", x, r3, 1), c3, 3, 2, 1)
        b = n.conv_bn(i + "_double_3x3_0", n.conv_bn(i + "_double_3x3_reduce", x, rd, 1), cd, 3, 1, 1)
        b = n.conv_bn(i + "_double_3x3_1", b, cd, 3, 2, 1)
        return n.concat("concat_" + i, [a, b, n.pool("pool_" + i, x, 3, 2)])

    x = n.pool("pool1", n.conv_bn("conv1", "data", 96, 7, 2, 3), 3, 2)
    x = n.conv_bn("conv2", n.conv_bn("conv2red", x, 128, 1), 288, 3, 1, 1)
    x = n.pool("pool2", x, 3, 2)
    x = same("3a", x, 96, 96, 96, 96, 144, "AVE", 48)
    x = same("3b", x, 96, 96, 144, 96, 144, "AVE", 96)
    x = smaller("3c", x, 192, 240, 96, 144)
    x = same("4a", x, 224, 64, 96, 96, 128, "AVE", 128)
    x = same("4b", x, 192, 96, 128, 96, 128, "AVE", 128)
    x = same("4c", x, 160, 128, 160, 128, 160, "AVE", 128)
    x = same("4d", x, 96, 128, 192, 160, 96, "AVE", 128)
    x = smaller("4e", x, 128, 192, 192, 256)
    x = same("5a", x, 352, 192, 320, 160, 224, "AVE", 128)
    x = same("5b", x, 352, 192, 320, 192, 224, "MAX", 128)
    n.softmax("prob", n.fc("fc1", n.global_pool("global_pool", x), 21841))
    return n


def mobilenet():
    n = Net("MobileNet_v1", "MobileNet v1, width 1.0 (Howard and others 2017), 224 x 224 input; depthwise\n"
            "convolutions are convolutions with a group per channel.", 224)
    x = n.conv_bn("conv1", "data", 32, 3, 2, 1)
    width = 32
    table = (("2_1", 64, 1), ("2_2", 128, 2), ("3_1", 128, 1), ("3_2", 256, 2), ("4_1", 256, 1),
             ("4_2", 512, 2), ("5_1", 512, 1), ("5_2", 512, 1), ("5_3", 512, 1), ("5_4", 512, 1),
             ("5_5", 512, 1), ("5_6", 1024, 2), ("6", 1024, 1))
    for i, out, stride in table:
        x = n.conv_bn("conv%s/dw" % i, x, width, 3, stride, 1, width)
        x = n.conv_bn("conv%s/sep" % i, x, out, 1)
        width = out
    n.softmax("prob", n.conv("fc7", n.global_pool("pool6", x), 1000, 1))
    return n


def densenet121():
    n = Net("DenseNet-121", "DenseNet-121 (Huang, Liu, van der Maaten, Weinberger 2016), 224 x 224 input, with\n"
            "Caffe's rounding: 57, 29, 15 and 8 where others have 56, 28, 14 and 7.", 224)

    def unit(name, x):
        return n.relu(name + "/relu", n.norm(name, x, name + "/bn"))

    x = n.pool("pool1", n.conv_bn("conv1", "data", 64, 7, 2, 3), 3, 2, 1)
    width = 64
    for stage, count in enumerate((6, 12, 24, 16), 2):
        for k in range(1, count + 1):
            p = "conv%d_%d" % (stage, k)
            y = n.conv(p + "/x1", unit(p + "/x1", x), 128, 1, bias=False)
            y = n.conv(p + "/x2", n.relu(p + "/x2/relu", n.norm(p + "/x2", y)), 32, 3, 1, 1, bias=False)
            x = n.concat("concat_%d_%d" % (stage, k), [x, y])
            width += 32
        x = unit("conv%d_blk" % stage, x)
        if stage < 5:
            width //= 2
            x = n.pool("pool%d" % stage, n.conv("conv%d_blk" % stage, x, width, 1, bias=False), 2, 2, 0, "AVE")
    n.softmax("prob", n.conv("fc6", n.global_pool("pool5", x), 1000, 1))
    return n


def inception_v3():
    n = Net("Inception-v3", "Inception-v3 (Szegedy and others 2015), auxiliary classifier left out; 299 x 299 input.", 299)

    def c(name, x, out, kernel, stride=1, pad=0):
        return n.conv_bn(name, x, out, kernel, stride, pad)

    def a(p, x, proj):
        d = c(p + "/dbl3x3_1", c(p + "/dbl3x3_reduce", x, 64, 1), 96, 3, 1, 1)
        return n.concat(p, [
            c(p + "/1x1", x, 64, 1), c(p + "/5x5", c(p + "/5x5_reduce", x, 48, 1), 64, 5, 1, 2),
            c(p + "/dbl3x3_2", d, 96, 3, 1, 1),
            c(p + "/proj", n.pool(p + "/pool", x, 3, 1, 1, "AVE"), proj, 1)])

    def b(p, x, w):
        s = c(p + "/7x7_1", c(p + "/7x7_reduce", x, w, 1), w, (1, 7), 1, (0, 3))
        d = c(p + "/dbl7x7_reduce", x, w, 1)
        for k, (kernel, pad) in enumerate((((7, 1), (3, 0)), ((1, 7), (0, 3)), ((7, 1), (3, 0)))):
            d = c("%s/dbl7x7_%d" % (p, k + 1), d, w, kernel, 1, pad)
        return n.concat(p, [
            c(p + "/1x1", x, 192, 1), c(p + "/7x7_2", s, 192, (7, 1), 1, (3, 0)),
            c(p + "/dbl7x7_4", d, 192, (1, 7), 1, (0, 3)),
            c(p + "/proj", n.pool(p + "/pool", x, 3, 1, 1, "AVE"), 192, 1)])

    def e(p, x):
        s = c(p + "/3x3_reduce", x, 384, 1)
        d = c(p + "/dbl3x3", c(p + "/dbl3x3_reduce", x, 448, 1), 384, 3, 1, 1)
        return n.concat(p, [
            c(p + "/1x1", x, 320, 1),
            c(p + "/3x3_a", s, 384, (1, 3), 1, (0, 1)), c(p + "/3x3_b", s, 384, (3, 1), 1, (1, 0)),
            c(p + "/dbl3x3_a", d, 384, (1, 3), 1, (0, 1)), c(p + "/dbl3x3_b", d, 384, (3, 1), 1, (1, 0)),
            c(p + "/proj", n.pool(p + "/pool", x, 3, 1, 1, "AVE"), 192, 1)])

    x = c("conv3", c("conv2", c("conv1", "data", 32, 3, 2), 32, 3), 64, 3, 1, 1)
    x = c("conv5", c("conv4", n.pool("pool1", x, 3, 2), 80, 1), 192, 3)
    x = n.pool("pool2", x, 3, 2)
    for i, proj in enumerate((32, 64, 64), 1):
        x = a("mixed_a%d" % i, x, proj)
    d = c("reduction_a/dbl3x3_1", c("reduction_a/dbl3x3_reduce", x, 64, 1), 96, 3, 1, 1)
    x = n.concat("reduction_a", [c("reduction_a/3x3", x, 384, 3, 2), c("reduction_a/dbl3x3_2", d, 96, 3, 2),
                                 n.pool("reduction_a/pool", x, 3, 2)])
    for i, w in enumerate((128, 160, 160, 192), 1):
        x = b("mixed_b%d" % i, x, w)
    s = c("reduction_b/3x3", c("reduction_b/3x3_reduce", x, 192, 1), 320, 3, 2)
    d = c("reduction_b/7x7_1", c("reduction_b/7x7_reduce", x, 192, 1), 192, (1, 7), 1, (0, 3))
    d = c("reduction_b/7x7_3", c("reduction_b/7x7_2", d, 192, (7, 1), 1, (3, 0)), 192, 3, 2)
    x = n.concat("reduction_b", [s, d, n.pool("reduction_b/pool", x, 3, 2)])
    for i in (1, 2):
        x = e("mixed_c%d" % i, x)
    x = n.dropout("drop", n.global_pool("pool3", x), 0.2)
    n.softmax("prob", n.fc("fc1", x, 1000))
    return n


def all_cnn_c():
    n = Net("ALL-CNN-C", "ALL-CNN-C (Springenberg, Dosovitskiy, Brox, Riedmiller 2014) for CIFAR-10, 32 x 32 input.", 32)
    x = n.layer("drop0", "Dropout", "data", None, "dropout_param { dropout_ratio: 0.2 }")
    rows = ((96, 3, 1, 1), (96, 3, 1, 1), (96, 3, 2, 1), (192, 3, 1, 1), (192, 3, 1, 1), (192, 3, 2, 1),
            (192, 3, 1, 0), (192, 1, 1, 0), (10, 1, 1, 0))
    for i, (out, kernel, stride, pad) in enumerate(rows, 1):
        x = n.conv_relu("conv%d" % i, x, out, kernel, stride, pad)
        if i in (3, 6):
            x = n.dropout("drop%d" % i, x)
    n.softmax("prob", n.global_pool("pool", x))
    return n


ZOO = {
    "squeezenet": lambda: squeezenet(False), "squeezenetres": lambda: squeezenet(True),
    "places_8conv3fc": places, "resnet50": lambda: resnet50(False), "vgg_cnn_s": vgg_cnn_s,
    "googlenet": googlenet, "inception_bn": inception_bn, "mobilenet": mobilenet,
    "densenet121": densenet121, "wrn50_2": lambda: resnet50(True), "inception_v3": inception_v3,
    "all_cnn_c": all_cnn_c, "vgg16": vgg16,
}


def main():
    check = sys.argv[1:] == ["--check"]
    if sys.argv[1:] and not check:
        sys.stderr.write("usage: generate.py [--check]\n")
        return 2
    bad = 0
    for name, make in ZOO.items():
        path = os.path.join(HERE, name + ".prototxt")
        text = make().text()
        if not check:
            with open(path, "w") as f:
                f.write(text)
            continue
        with open(path) as f:
            if f.read() != text:
                sys.stderr.write("%s: differs from what generate.py writes\n" % path)
                bad = 1
    return bad


if __name__ == "__main__":
    sys.exit(main())
