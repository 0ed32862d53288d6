# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tables of energy, layers.json and layers.csv of synergy-run and synergy-report, as dataclasses.

It needs no library: what the columns mean is in user/doc/formats.md and `synergy-report`(1).
"""
import csv
import itertools
import json
from dataclasses import dataclass, field
from typing import Dict, List, Optional, Union

CSV_FORMAT, JSON_FORMAT = "synergy-layers 1", "synergy-layers 2"
_FIXED = ("network", "index", "layer", "op", "mac", "time_us", "energy_uj", "energy_ci95_uj",
          "power_mw", "samples", "resolved")
_FEATURES = ("params", "bytes_in", "bytes_out", "kernel_h", "kernel_w", "stride_h", "stride_w",
             "group", "channels_in", "channels_out", "method")
_CALLS = ("calls", "parent", "inclusive_time_us", "inclusive_uj", "inclusive_ci95_uj",
          "shared_time_us")
_TEXT = ("network", "layer", "op", "method")
_BETWEEN, _UNATTRIBUTED = "(between)", "(unattributed)"

Number = Optional[float]


@dataclass(frozen=True)
class Interval:
    """An energy of one rail: mean of an inference or run, and half-width of its statistical
    95 % interval (None in a CSV file, which has that of the table's rail alone)."""
    energy_uj: Number
    ci95_uj: Number


@dataclass(frozen=True)
class Layer:
    """A row: a layer, or what a program marked by a name. None is not known, or not measured.

    Time, counts and energies are means per inference (of a program's marks: per run).
    energy_ci95_uj is the half-width of the statistical 95 % interval, sensor_u95_uj what the
    sensor's constants add, the same way for all rows, combined_ci95_uj both. resolved: the
    samples were enough to distinguish this row's energy from its neighbours'. The members from calls
    on are there for a program's marks: inclusive is with the calls inside, parent the index
    of the row that encloses it, shared_time_us while other threads had an interval open.
    """
    network: str = ""
    index: Optional[int] = None
    layer: str = ""
    op: str = ""
    mac: Number = None
    time_us: Number = None
    energy_uj: Number = None
    energy_ci95_uj: Number = None
    sensor_u95_uj: Number = None
    combined_ci95_uj: Number = None
    power_mw: Number = None
    samples: Number = None
    resolved: Optional[bool] = None
    calls: Number = None
    parent: Optional[int] = None
    inclusive_time_us: Number = None
    inclusive_uj: Number = None
    inclusive_ci95_uj: Number = None
    shared_time_us: Number = None
    rails: Dict[str, Interval] = field(default_factory=dict)
    events: Dict[str, Number] = field(default_factory=dict)
    features: Dict[str, Union[float, str, None]] = field(default_factory=dict)


@dataclass(frozen=True)
class Layers:
    """A table. provenance: by key, text in a CSV file ("556562.61 +- 7.13e+03"), numbers with
    an interval as two members in JSON (total_uj, total_ci95_uj). total is of an inference; a
    CSV file has none. between: in an inference, outside of every layer's marks. unattributed:
    what the layers that no sample met have together. Where several networks share a CSV file
    the last two are the first network's.
    """
    provenance: Dict[str, Union[str, float, None]]
    rails: List[str]
    events: List[str]
    layers: List[Layer]
    total: Optional[Layer] = None
    between: Optional[Layer] = None
    unattributed: Optional[Layer] = None

    def find(self, name):
        """The first Layer of this name. KeyError: there is none."""
        for layer in self.layers:
            if layer.layer == name:
                return layer
        raise KeyError(name)


def read_layers(path):
    """Layers from a file, JSON or CSV, whichever it is. ValueError: it is neither, or damaged;
    the message names the file, and line and value of a CSV file. OSError: it cannot be read."""
    with open(path, encoding="utf-8", newline="") as file:
        first = file.read(1)
        file.seek(0)
        try:
            return _from_json(json.load(file)) if first == "{" else _from_csv(file)
        except (ValueError, csv.Error) as bad:
            raise ValueError(f"{path}: {bad}") from None
        except (KeyError, TypeError, AttributeError) as bad:
            raise ValueError(f"{path}: not a table of layers ({bad!r})") from None


def _layer_of(members):
    if members is None:
        return None
    known = {name: value for name, value in members.items() if name in Layer.__dataclass_fields__}
    known["rails"] = {name: Interval(rail["energy_uj"], rail["ci95_uj"])
                      for name, rail in members["rails"].items()}
    return Layer(**known)


def _from_json(table):
    if table["format"] != JSON_FORMAT:
        raise ValueError(f"format {table['format']!r}, not {JSON_FORMAT!r}")
    return Layers(table["provenance"], table["rails"], table["events"],
                  [_layer_of(row) for row in table["layers"]],
                  *(_layer_of(table[name]) for name in ("total", "between", "unattributed")))


def _provenance(file):
    """The comments at the beginning, and what follows them."""
    provenance = {}
    for number, line in enumerate(file):
        if not line.startswith("#"):
            return provenance, number, itertools.chain([line], file)
        key, _, value = line[1:].strip().partition(": ")
        provenance[key] = value
    raise ValueError("it has no header")


def _columns(header):
    """Rails, events and features of a header, whose ends are fixed."""
    if tuple(header[:len(_FIXED)]) != _FIXED:
        raise ValueError(f"columns {','.join(header[:len(_FIXED)])}, not {','.join(_FIXED)}")
    rest = header[len(_FIXED):]
    if tuple(rest[-len(_CALLS):]) == _CALLS:
        rest = rest[:-len(_CALLS)]
    if rest[-1:] == ["sensor_u95_uj"]:
        rest = rest[:-1]
    features = list(_FEATURES) if tuple(rest[-len(_FEATURES):]) == _FEATURES else []
    rest = rest[:len(rest) - len(features)]
    rails = [name[:-len("_uj")] for name in itertools.takewhile(lambda n: n.endswith("_uj"), rest)]
    return rails, rest[len(rails):], features


def _value(name, text):
    if not text:
        return None
    if name in _TEXT:
        return text
    try:
        return int(text) if text.lstrip("-").isdecimal() else float(text)
    except ValueError:
        raise ValueError(f"{name}: {text!r} is no number") from None


def _row(values, rails, events, features, rail):
    resolved = values["resolved"]
    known = {name: values[name] for name in (*_FIXED, "sensor_u95_uj", *_CALLS) if name in values}
    known["resolved"] = None if resolved is None else bool(resolved)
    energy, sensor = values["energy_ci95_uj"], values.get("sensor_u95_uj")
    if energy is not None and sensor is not None:
        known["combined_ci95_uj"] = (energy ** 2 + sensor ** 2) ** 0.5
    return Layer(**known, events={name: values[name] for name in events},
                 features={name: values[name] for name in features},
                 rails={name: Interval(values[name + "_uj"], energy if name == rail else None)
                        for name in rails})


def _from_csv(file):
    provenance, before, lines = _provenance(file)
    if provenance.pop("format", None) != CSV_FORMAT:
        raise ValueError(f"its first lines do not say `# format: {CSV_FORMAT}'")
    reader = csv.reader(lines, strict=True)
    header = next(reader)
    rails, events, features = _columns(header)
    rows, special = [], {}
    for fields in reader:
        try:
            if len(fields) != len(header):
                raise ValueError(f"{len(fields)} fields, not {len(header)}")
            row = _row({name: _value(name, text) for name, text in zip(header, fields)}, rails,
                       events, features, provenance.get("rail"))
        except ValueError as bad:
            raise ValueError(f"line {before + reader.line_num}: {bad}") from None
        if row.op in (_BETWEEN, _UNATTRIBUTED):
            special.setdefault(row.op, row)
        else:
            rows.append(row)
    return Layers(provenance, rails, events, rows, None, special.get(_BETWEEN),
                  special.get(_UNATTRIBUTED))
