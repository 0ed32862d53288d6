#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""A tool's options, as its table has them, against --help, the manual page and documents.

usage: tests/tools/check_options.py TOP TOOL        --help and manual page of one tool
       tests/tools/check_options.py TOP --documents DIRECTORY-OF-TOOLS
Prints what differs, a line each, and exits with 1 if anything does.
"""
import glob
import os
import re
import subprocess
import sys

# Scripts whose options documents may name as well; each prints them with --help.
SCRIPTS = ["tests/run", "scripts/board/run", "scripts/setup.sh", "scripts/limit.py",
           "scripts/hardware/check"]
# Of programs that are not ours, in the documents' examples
OTHERS = {"--no-install-recommends", "--rm", "--cflags", "--libs", "--depth", "--recursive",
          "--sshlogin", "--jobs", "--basefile", "--return", "--array", "--exclusive", "--wrap"}


class Option:
    def __init__(self, line):
        self.name, self.letter, self.value, words, self.initial, self.help = line.split("|")
        self.words = words.split()


def table(tool):
    """The options of a tool, by name; its first line is of the operands"""
    text = subprocess.run([tool, "--__options"], check=True, capture_output=True, text=True).stdout
    return {o.name: o for o in map(Option, text.splitlines()[1:])}


def help_options(tool):
    """name: (letter, value's name, text) as --help prints them"""
    text = subprocess.run([tool, "--help"], check=True, capture_output=True, text=True).stdout
    found, name = {}, None
    for line in text.splitlines():
        m = re.match(r"  (?:(-\w), |    )(--[a-z-]+)(?: (\S+))?(?:  +(.*))?$", line)
        if m:
            name = m.group(2)
            found[name] = [m.group(1) or "", m.group(3) or "", m.group(4) or ""]
        elif name and line.startswith(" " * 24):
            found[name][2] += " " + line.strip()
        elif line.strip():
            name = None
    return found


def plain(text):
    """Roff without its macros, fonts and escapes"""
    lines = []
    for line in text.splitlines():
        if line.startswith('.\\"'):
            continue
        line = re.sub(r"^\.[A-Za-z]{1,2} ?", "", line) if line.startswith(".") else line
        lines.append(line.replace('"', ""))
    text = " ".join(lines)
    return re.sub(r"\\f.", "", text.replace("\\-", "-").replace("\\&", "").replace("\\", ""))


def manual_options(path):
    """name: (letter, value's name, text) of a page's section OPTIONS"""
    with open(path) as f:
        page = f.read()
    m = re.search(r"^\.SH OPTIONS\n(.*?)(?=^\.SH )", page, re.M | re.S)
    found = {}
    for entry in re.split(r"^\.TP\n", m.group(1) if m else "", flags=re.M)[1:]:
        entry = re.split(r"^\.S[SH] ", entry, flags=re.M)[0]
        tag, _, body = entry.partition("\n")
        m = re.match(r"(?:(-\w), )?(--[a-z-]+) ?(\S*)$", re.sub(r" +", " ", plain(tag)).strip())
        if not m:
            found["?" + plain(tag)] = ["", "", ""]
            continue
        found[m.group(2)] = [m.group(1) or "", m.group(3), plain(body)]
    return found


def has_word(word, text):
    return re.search(r"(?<![\w.])%s(?![\w])" % re.escape(word), text)


def compare(where, options, found):
    wrong = []
    for name in sorted(options.keys() - found.keys()):
        wrong.append("%s: lacks %s" % (where, name))
    for name in sorted(found.keys() - options.keys()):
        wrong.append("%s: has %s, which there is not" % (where, name))
    for name in sorted(options.keys() & found.keys()):
        o, (letter, value, text) = options[name], found[name]
        if letter != o.letter:
            wrong.append("%s: %s: letter '%s', is '%s'" % (where, name, letter, o.letter))
        if value != o.value:
            wrong.append("%s: %s: value '%s', is '%s'" % (where, name, value, o.value))
        for word in o.words + ([o.initial] if o.initial else []):
            if not has_word(word, text):
                wrong.append("%s: %s: lacks the value '%s'" % (where, name, word))
    return wrong


def check_tool(top, tool):
    options = table(tool)
    for o in options.values():
        if "|" in o.help or not o.help:
            return ["%s: %s: help that completion cannot read" % (tool, o.name)]
    page = "%s/user/man/%s.1" % (top, os.path.basename(tool))
    return compare("--help", options, help_options(tool)) + \
        compare(os.path.relpath(page, top), options, manual_options(page))


def commands(text):
    """(tool, its words) of each command line of ours in a document's code"""
    code = re.findall(r"```.*?\n(.*?)```|`([^`\n]+)`", text, re.S)
    for block in (a or b for a, b in code):
        block = block.replace("\\\n", " ")
        for line in re.split(r"[\n|;]|&&", block):
            m = re.match(r"\s*(?:[$#] )?(?:sudo )?(?:\S*/)?(synergy-[a-z]+)\s+(.*)", line)
            if m:
                # What is behind -- belongs to another program.
                yield m.group(1), re.split(r"\s--\s", m.group(2) + " ")[0]


def check_documents(top, tools):
    known = {os.path.basename(t): table(t) for t in tools}
    union = {name for options in known.values() for name in options} | OTHERS | {"--"}
    for script in SCRIPTS:
        out = subprocess.run([top + "/" + script, "--help"], check=True, capture_output=True, text=True).stdout
        union |= set(re.findall(r"--[a-z][a-z-]*", out))
    union |= set(re.findall(r"--[a-z][a-z-]*", open(top + "/tests/inference/bench.py").read()))
    wrong = []
    for path in [top + "/README.md"] + sorted(glob.glob(top + "/user/doc/*.md")):
        with open(path) as f:
            text = f.read()
        name = os.path.relpath(path, top)
        for option in sorted(set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", text)) - union):
            wrong.append("%s: %s is no option of any tool" % (name, option))
        for tool, words in commands(text):
            for option in re.findall(r"(?:^|\s)(--[a-z][a-z-]*)", words):
                if tool in known and option not in known[tool]:
                    wrong.append("%s: %s has no %s" % (name, tool, option))
    return wrong


def main():
    top = sys.argv[1]
    if sys.argv[2] == "--documents":
        wrong = check_documents(top, sorted(t for t in glob.glob(sys.argv[3] + "/synergy-*")
                                            if os.access(t, os.X_OK) and not t.endswith((".so", "handover"))))
    else:
        wrong = check_tool(top, sys.argv[2])
    for line in wrong:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
