/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What tool.c and tool_help.c share. */
#ifndef SYNERGY_TOOLS_TOOL_INTERNAL_H
#define SYNERGY_TOOLS_TOOL_INTERNAL_H

#include <stdio.h>

#include "tools/tool.h"

/* --help and --version, which every tool has */
extern const struct synergy_option synergy_common_options[];

/* Rows of a tool's table */
size_t synergy_tool_options(const struct synergy_tool *tool);

/* "a, b or c", with @last before the last one */
void synergy_option_words(const struct synergy_option *o, const char *last, char *text, size_t size);

void synergy_tool_help(const struct synergy_tool *tool, FILE *out);
/*
 * For completion: a line of the operands, `||NAME|PATTERNS||', then one an option,
 * `--name|-l|VALUE|WORDS|DEFAULT|HELP'.
 */
void synergy_tool_complete(const struct synergy_tool *tool, FILE *out);

#endif /* SYNERGY_TOOLS_TOOL_INTERNAL_H */
