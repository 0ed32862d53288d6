# SPDX-License-Identifier: GPL-2.0-only
"""Cases of python.sh that need an object of the module in hand.

usage: check_python.py CASE [ARGUMENT...]; exit status 1 and the reason if something is wrong.
SYNERGY_LIBRARY names the library, PYTHONPATH has the module.
"""
import csv
import errno
import os
import sys

import synergy


def equal(got, expected, what):
    assert got == expected, f"{what}: {got!r} is not {expected!r}"


def raises(kind, words, function, *arguments):
    """The exception; its text has the words in it."""
    try:
        function(*arguments)
    except kind as error:
        for word in words:
            assert word in str(error), f"{word!r} is not in {error}"
        return error
    raise AssertionError(f"no {kind.__name__} of {function.__name__}{arguments!r}")


def marks_do_nothing(reason):
    """Every way to mark, where there is no device: nothing is raised, and the work is done."""
    done = []

    @synergy.region("f", cookie=3)
    def f(x):
        done.append(x)
        return x + 1

    equal(synergy.begin("a"), False, "begin")
    equal(synergy.end("a"), False, "end")
    equal(synergy.point("a", 1), False, "point")
    equal(f(1), 2, "a decorated function's result")
    equal(f.__name__, "f", "its name")
    with synergy.region("block"), synergy.region("block"):
        done.append(2)
    equal(done, [1, 2], "what was done")
    raises(KeyError, ["mine"], _raise_inside)
    equal(synergy.available(), False, "available")
    assert reason in synergy.why_not(), synergy.why_not()
    synergy.close()
    equal(synergy.begin("a"), False, "begin after close")
    child = os.fork()
    if not child:
        os._exit(synergy.begin("a") is not False)
    equal(os.waitpid(child, 0)[1], 0, "a child's status")


def marks_reach_a_recorder():
    """Under take_marks, which has a recorder's ring."""
    assert synergy.available(), synergy.why_not()
    with synergy.region("with", cookie=4):
        equal(synergy.point("here"), True, "point")
    child = os.fork()
    if not child:
        os._exit(0 if synergy.point("child") else 1)
    equal(os.waitpid(child, 0)[1], 0, "a child's status")


def no_meter(reason):
    raises(synergy.Error, [reason], synergy.meter)


def _raise_inside():
    with synergy.region("r"):
        raise KeyError("mine")


async def _coroutine():
    pass


def _generator():
    yield


def what_is_no_region():
    raises(TypeError, ["_coroutine"], synergy.region("a"), _coroutine)
    raises(TypeError, ["_generator"], synergy.region("a"), _generator)
    raises(ValueError, ["''"], synergy.region, "")
    raises(ValueError, ["\\x00"], synergy.region, "a\0b")


def ids(path):
    """A file of lines ID NAME, as C has them."""
    with open(path, encoding="utf-8") as f:
        lines = [line.rstrip("\n").split(" ", 1) for line in f]
    assert len(lines) > 3, "too few names"
    for number, name in lines:
        equal(synergy.name_id(name), int(number), name)
    # the published test vectors of FNV-1a, 32 bits
    equal(synergy.name_id("a"), 0xE40C292C, "a")
    equal(synergy.name_id("foobar"), 0xBF9CF968, "foobar")


def _field(value):
    return "" if value is None else str(value)


def recording(path, samples_path, marks_path):
    """A recording's samples and marks are what synergy-report exports."""
    r = synergy.Recording(path)
    with open(samples_path, encoding="utf-8") as f:
        expected = list(csv.reader(f))
    got = [[_field(getattr(s, name)) for name in expected[0][:-1]] + [" ".join(s.flags)]
           for s in r.samples()]
    assert len(got) > 100, f"{len(got)} samples"
    equal(len(got), len(expected) - 1, "samples")
    for a, b in zip(got, expected[1:]):
        equal(a, b, "sample")
    with open(marks_path, encoding="utf-8") as f:
        expected = list(csv.reader(f))
    marks = list(r.marks())
    equal(len(marks), len(expected) - 1, "marks")
    for mark, row in zip(marks, expected[1:]):
        row = dict(zip(expected[0], row))
        for name in expected[0][:9]:
            if name != "name" or mark.name is not None:
                equal(_field(getattr(mark, name)), row[name], name)
            else:
                equal(row[name], f"mark {mark.id}", name)
        for name in expected[0][9:]:
            equal(_field(mark.counts.get(name)), row[name], name)
    equal(len(list(r)), len(got) + len(marks), "both together")


def facts(path, rails, notes, lost):
    r = synergy.Recording(path)
    equal(list(r)[0].time_ns > 0, True, "a time")
    equal(",".join(r.rails), rails, "rails")
    equal(str(len(r.notes)), notes, "notes")
    equal(r.lost, int(lost), "lost")
    equal(r.truncated_bytes, 0, "truncated")


def damage(path, directory):
    with open(path, "rb") as f:
        data = f.read()
    whole = len(list(synergy.Recording(path)))
    cut, bad, other = (os.path.join(directory, name) for name in ("cut", "bad", "other"))
    with open(cut, "wb") as f:
        f.write(data[:-5])
    r = synergy.Recording(cut)
    assert len(list(r)) <= whole
    assert r.truncated_bytes > 0, "no truncated bytes"
    # the size of a record in the middle
    at = 16
    while at < len(data) // 2:
        at += int.from_bytes(data[at:at + 4], sys.byteorder)
    with open(bad, "wb") as f:
        f.write(data[:at] + b"\7\0\0\0" + data[at + 4:])
    seen = []
    error = raises(synergy.Error, [bad, str(at)], seen.extend, synergy.Recording(bad))
    equal(error.errno, errno.EBADMSG, "errno")
    assert 0 < len(seen) < whole, f"{len(seen)} of {whole} before the damage"
    with open(other, "wb") as f:
        f.write(b"nothing of ours" * 100)
    raises(synergy.Error, [other], synergy.Recording, other)
    error = raises(synergy.Error, ["not-there"], synergy.Recording, os.path.join(directory, "not-there"))
    equal(error.errno, errno.ENOENT, "errno")


def layers(json_path, csv_path):
    """Both files say the same."""
    a, b = synergy.read_layers(json_path), synergy.read_layers(csv_path)
    assert len(a.layers) > 2, "too few layers"
    equal(a.rails, b.rails, "rails")
    equal(a.events, b.events, "events")
    equal([x.layer for x in a.layers], [x.layer for x in b.layers], "layers")
    for x, y in zip(a.layers, b.layers):
        for name in x.__dataclass_fields__:
            if name not in ("rails", "combined_ci95_uj"):
                equal(getattr(y, name), getattr(x, name), f"{x.layer}: {name}")
        for rail in a.rails:
            equal(y.rails[rail].energy_uj, x.rails[rail].energy_uj, f"{x.layer}: {rail}")
        if x.energy_uj is not None:
            assert abs(y.combined_ci95_uj / x.combined_ci95_uj - 1) < 1e-6, x.layer
    equal(b.between and b.between.energy_uj, a.between and a.between.energy_uj, "between")
    equal(b.provenance["network"], a.provenance["network"], "network")
    first = a.layers[1]
    equal(a.find(first.layer), first, "find")
    raises(KeyError, ["no-such"], a.find, "no-such")


def known(json_path):
    """The board on paper of make_recording.c: 40 ms at 3 W, and 2 W on the other rail."""
    table = synergy.read_layers(json_path)
    layer = table.find("conv1")
    equal((layer.time_us, layer.energy_uj, layer.mac), (40000, 120000, 1000000), "conv1")
    equal(layer.rails["VDD_GPU"].energy_uj, 80000, "conv1 on the other rail")
    equal(table.find("fc, the last").time_us, 20000, "a name with a comma")
    equal(table.total.time_us, 40000 + 4000 + 60000 + 20000 + 5000, "total")


def bad_layers(csv_path, directory):
    with open(csv_path, encoding="utf-8") as f:
        text = f.read()
    lines = text.splitlines(keepends=True)
    header = next(i for i, line in enumerate(lines) if not line.startswith("#"))
    path = os.path.join(directory, "bad.csv")

    def refused(changed, *words):
        with open(path, "w", encoding="utf-8") as f:
            f.write(changed)
        raises(ValueError, [path, *words], synergy.read_layers, path)

    row = lines[header + 2].split(",")
    row[5] = "fast"
    refused("".join(lines[:header + 2]) + ",".join(row), f"line {header + 3}:", "time_us", "'fast'")
    refused("".join(lines[:header + 2]) + "a,b\n", f"line {header + 3}:", "2 fields")
    refused(text.replace("synergy-layers 1", "synergy-layers 9"), "synergy-layers 1")
    refused(text.replace("network,index", "index,network"), "network")
    refused("", "header")
    refused("# format: synergy-layers 1\n", "header")
    refused('{"format": "another"}', "another")
    refused('{"format": "synergy-layers 2"}', "not a table")
    refused('{"format": ', "line 1")


def main():
    case, *arguments = sys.argv[1:]
    try:
        globals()[case](*arguments)
    except AssertionError as wrong:
        sys.exit(f"{case}: {wrong}")


if __name__ == "__main__":
    main()
