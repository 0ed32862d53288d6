#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Einsum through synergy-run against numpy's: check_einsum.py RUN values|refusals [SEED]."""
import sys

import numpy as np
from onnx import helper

from small_network import model, refused, run, same, seed

COMMAND = [sys.argv[1]]
# Of attention, bilinear layers and losses; and what no product of matrices is.
FORMS = ("ij,jk->ik", "bij,bjk->bik", "bhid,bhjd->bhij", "bhij,bhjd->bhid", "bihd,bjhd->bhij",
         "bhij,bjhd->bihd", "nchw,cd->ndhw", "bi,bj->bij", "i,i->", "i,j->ji", "ij,ij->", "ij->ji",
         "ii->i", "ii", "ijk->j", "ba,bc", "...ij,...jk->...ik", "...i,i->...", "b...i,ji->b...j",
         "...", "ij, jk -> k i", "aabc,cd->ad", "bi,ijk,bk->bj", "ij,k->jk", "a,b,c,d->dbca")


def operands(rng, equation):
    sizes = {letter: int(rng.integers(1, 5)) for letter in equation if letter.isalpha()}
    dots = rng.integers(1, 4, int(rng.integers(0, 3))).tolist()
    shapes = []
    for term in equation.split("->")[0].replace(" ", "").split(","):
        before, middle, after = term.partition("...")
        shapes.append([sizes[c] for c in before] + dots * bool(middle) + [sizes[c] for c in after])
    return [rng.standard_normal(shape).astype(np.float32) for shape in shapes]


def check(equation, arrays, options=()):
    names = "abcd"[:len(arrays)]
    inputs = dict(zip(names, arrays))
    node = helper.make_node("Einsum", list(names), ["y"], equation=equation)
    got = run(COMMAND + list(options), model([node], inputs, {}, ["y"]), inputs)
    same(f"{equation} of {[a.shape for a in arrays]}", got,
         [np.asarray(np.einsum(equation, *arrays), arrays[0].dtype)])


def values():
    rng = seed(sys.argv, 3)
    for equation in FORMS:
        check(equation, operands(rng, equation), ["--reference"] * int(rng.integers(2)))
    check("...ij,...jk->...ik", [rng.standard_normal((1, 3, 2, 4)).astype(np.float32),
                                 rng.standard_normal((5, 1, 4, 2)).astype(np.float32)])
    check("...i,...i->...", [rng.standard_normal((3, 2, 4)).astype(np.float32),
                             rng.standard_normal(4).astype(np.float32)])
    check("ij,jk->ik", [rng.integers(-9, 9, (3, 4)), rng.integers(-9, 9, (4, 2))])


def refusals():
    a, b = np.ones((2, 3), np.float32), np.ones((4, 5), np.float32)
    for equation, arrays, word in (
            ("ij,jk->ik", [a, b], "dimension 0 of input 'b' is 4, not 3"), ("ij->ik", [a], "no input has"),
            ("ij->ii", [a], "twice in its result"), ("ijk->i", [a], "does not fit input 'a' of rank 2"),
            ("ij,jk->ik", [a], "more terms"), ("ij->i", [a, a], "fewer terms"),
            ("i1->i", [a], "character"), ("ij-i", [a], "'-' without '>'"), ("ij->i,j", [a], "goes on"),
            ("ii->i", [a], "diagonal"), ("...j->j", [a], "no '...' in its result"),
            ("......->", [a], "'...' twice"), ("abcdefghi->a", [a], "more than 8"),
            ("ij->...", [a.astype(bool)], "numbers of one type")):
        names = "ab"[:len(arrays)]
        node = helper.make_node("Einsum", list(names), ["y"], equation=equation, name="the_node")
        inputs = dict(zip(names, arrays))
        refused(equation, run(COMMAND, model([node], inputs, {}, ["y"]), inputs), "the_node", word)
    node = helper.make_node("Einsum", ["a"], ["y"], name="the_node")
    refused("no equation", run(COMMAND, model([node], {"a": a}, {}, ["y"]), {"a": a}), "equation")


{"values": values, "refusals": refusals}[sys.argv[2]]()
