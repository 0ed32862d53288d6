#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Commands and links of README.md and user/doc/*.md.

usage: documents.py TOP list           each command, and which test runs it; 1 if one has none
       documents.py TOP run|target     the commands of that kind, a line each, as a shell has them
       documents.py TOP links          what links name is there
       documents.py TOP c|cpp|python   README's program in that language, as a whole one
"""
import glob
import os
import re
import sys

# Which test runs a command, or its like. run: documents.sh, in a tree of links. target:
# documents.sh sees that make knows it. Else: that test.
WAYS = (
    ("run", r"build/host/synergy-(report|predict) .*"),
    ("run", r"tests/run --list|make help"),
    ("tools/meter", r"synergy-record --source csv:.*"),
    ("tools/sources", r"synergy-record --source .*"),
    ("board/test_tools", r"synergy-(info|run|report|record)\b.*"),
    ("tools/fit", r"synergy-fit .*"),
    ("tools/predict", r"synergy-predict .*"),
    ("tools/sweep", r"synergy-sweep .*|parallel .*"),
    ("tools/sweep_slurm", r"sbatch .*"),
    ("board/test_board", r"make modules"),
    ("target", r"make( (check|lint|demo|deb|figures|container|check-[a-z]+|bench-[a-z]+|soak|study|conformance|fuzz))?"),
    ("target", r"make check-kernels KERNELS=.*"),
    ("tools/packages", r"podman run --rm .*"),
    ("tools/install", r"(sudo )?make install"),
    ("tools/install", r"sudo make dkms-install"),
    ("tools/install_clean", r"apt-get install --no-install-recommends .*"),
    ("tools/install", r"apt-get install [-a-z0-9+ .]*"),
    ("tools/install", r"sudo usermod -a -G synergy \$USER"),
    ("board/test_handover", r"sudo synergy-handover take all"),
    ("board/test_board", r"sudo (modprobe synergy|insmod build/host/synergy.ko)"),
    ("board/test_boards", r"insmod synergy-sim.ko .*"),
    ("board/test_handover", r"echo synergy-ina3221 0x40 (> /sys\S*/new_device|\| sudo tee /sys\S*/new_device)"),
    ("tools/board", r"scripts/board/run .*"),
    ("tools/hardware", r"scripts/hardware/check --compare .*"),
    ("tools/runner", r"tests/run .*"),
)
FIRST = re.compile(r"(make|sudo|apt-get|echo|cc|parallel|sbatch|podman|modprobe|insmod|synergy-[a-z]+|"
                   r"(build|scripts|tests)/[\w/.-]+)( |$)")
# What the text shows, and no command
SHOWN = re.compile(r"tests/unit/test_conv.c:\d+: failed: .*")


def documents(top):
    return [os.path.join(top, "README.md")] + sorted(glob.glob(os.path.join(top, "user/doc/*.md")))


def blocks(path):
    """(number, line) of what is indented, a continued line as one"""
    inside = fenced = False
    before_blank, begun = True, ""
    with open(path, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            line = line.rstrip("\n")
            if line.startswith("```"):
                fenced = not fenced
            inside = not fenced and (line.startswith("    ") and (before_blank or inside) or
                                     (inside and not line.strip()))
            before_blank = not line.strip()
            if not inside or not line.strip():
                continue
            text = begun + line.strip()
            begun = text[:-1].strip() + " " if text.endswith("\\") else ""
            if not begun:
                yield number, text


def commands(top):
    for path in documents(top):
        for number, text in blocks(path):
            command = re.sub(r"\s{2,}.*$|\s+#.*$", "", text)
            if FIRST.match(command) and not SHOWN.match(command):
                yield f"{os.path.relpath(path, top)}:{number}", command


def way(command):
    return next((name for name, pattern in WAYS if re.fullmatch(pattern, command)), None)


def list_all(top):
    bad, used = 0, set()
    for place, command in commands(top):
        name = way(command)
        used.add(name)
        print(f"{place}: {command}: {name or 'no test runs it'}")
        bad |= name is None
    for name in {name for name, _ in WAYS}:
        group, _, test = name.partition("/")
        if test and not glob.glob(os.path.join(top, "tests", group, test + ".*")):
            print(f"{name}: no such test")
            bad = 1
        if name not in used:
            print(f"{name}: runs no command of the documents")
            bad = 1
    return bad


def links(top):
    bad = 0
    for path in documents(top):
        with open(path, encoding="utf-8") as f:
            text = f.read()
        for target in re.findall(r"\]\(([^)#]+)", text):
            if "://" not in target and not os.path.exists(os.path.join(os.path.dirname(path), target)):
                print(f"{os.path.relpath(path, top)}: {target} is not there")
                bad = 1
    return bad


def program(top, language):
    with open(os.path.join(top, "README.md"), encoding="utf-8") as f:
        text = re.search(rf"^```{language}\n(.*?)^```$", f.read(), re.M | re.S).group(1)
    lines = text.splitlines()
    if len(lines) > 6:
        sys.exit(f"README's program in {language} has {len(lines)} lines, and more than 6")
    if language == "python":
        print("def decode(): pass")
        print(text)
        return
    head = [line for line in lines if line.startswith("#")]
    body = [line for line in lines if not line.startswith("#")]
    more = {"c": [], "cpp": ["#include <cstdio>"]}[language]
    print("\n".join(head + more + ["static void decode(void) { }", "int main(void)", "{"] + body + ["}"]))


def main():
    top, what = sys.argv[1:]
    if what == "list":
        return list_all(top)
    if what == "links":
        return links(top)
    if what in ("c", "cpp", "python"):
        program(top, what)
        return 0
    for _, command in commands(top):
        if way(command) == what:
            print(command)
    return 0


if __name__ == "__main__":
    sys.exit(main())
