// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * --help of a tool, and its options for completion, both from its table; see tool.h.
 */
#include "tools/tool_internal.h"

#include <string.h>

#define COLUMN	24	/* where an option's text begins */
#define WIDTH	80

/* Words of @text from column @at on, continued at column @indent */
static void wrap(const char *text, int at, int indent, FILE *out)
{
	bool first = true;

	while (*text) {
		int n = (int)strcspn(text, " ");

		if (!first && at + 1 + n >= WIDTH) {
			fprintf(out, "\n%*s", indent, "");
			at = indent;
		} else if (!first) {
			fputc(' ', out);
			at++;
		}
		fwrite(text, 1, (size_t)n, out);
		at += n;
		first = false;
		text += n;
		text += strspn(text, " ");
	}
	fputc('\n', out);
}

/* An option's sentence, with the valid words and the default where it does not have them */
static void describe(const struct synergy_option *o, char *text, size_t size)
{
	char words[256];
	size_t n = (size_t)snprintf(text, size, "%s", o->help);

	if (o->word && n < size && !strstr(o->help, o->word(0))) {
		synergy_option_words(o, ", ", words, sizeof(words));
		n += (size_t)snprintf(text + n, size - n, ": %s", words);
	}
	if (o->initial && n < size)
		snprintf(text + n, size - n, " (%s)", o->initial);
}

static void print_option(const struct synergy_option *o, FILE *out)
{
	char head[80], text[768];
	int n;

	n = o->letter ? snprintf(head, sizeof(head), "  -%c, --%s", o->letter, o->name) :
		snprintf(head, sizeof(head), "      --%s", o->name);
	if (o->value && n < (int)sizeof(head))
		n += snprintf(head + n, sizeof(head) - (size_t)n, " %s", o->value);
	describe(o, text, sizeof(text));
	fputs(head, out);
	if (n + 2 > COLUMN) {
		fprintf(out, "\n%*s", COLUMN, "");
	} else {
		fprintf(out, "%*s", COLUMN - n, "");
	}
	wrap(text, COLUMN, COLUMN, out);
}

void synergy_tool_help(const struct synergy_tool *tool, FILE *out)
{
	const struct synergy_option *o;
	size_t i, n = synergy_tool_options(tool);

	fprintf(out, "usage: %s [OPTION...]%s%s\n", tool->name, tool->operands ? " " : "",
		tool->operands ? tool->operands : "");
	wrap(tool->about, 0, 0, out);
	if (tool->options[0].kind != SYNERGY_OPTION_TITLE)
		fputc('\n', out);
	for (i = 0; i < n; i++) {
		o = &tool->options[i];
		if (o->kind == SYNERGY_OPTION_TITLE)
			fprintf(out, "\n%s\n", o->help);
		else
			print_option(o, out);
	}
	for (o = synergy_common_options; o->name; o++)
		print_option(o, out);
	fprintf(out, "\n%s", tool->after);
}

static void complete_option(const struct synergy_option *o, FILE *out)
{
	size_t i;

	fprintf(out, "--%s|", o->name);
	if (o->letter)
		fprintf(out, "-%c", o->letter);
	fprintf(out, "|%s|", o->value ? o->value : "");
	for (i = 0; o->word && o->word(i); i++)
		fprintf(out, "%s%s", i ? " " : "", o->word(i));
	fprintf(out, "|%s|%s\n", o->initial ? o->initial : "", o->help);
}

void synergy_tool_complete(const struct synergy_tool *tool, FILE *out)
{
	const struct synergy_option *o;
	size_t i, n = synergy_tool_options(tool);

	fprintf(out, "||%s|%s||\n", tool->operands ? tool->operands : "",
		tool->files ? tool->files : "");
	for (i = 0; i < n; i++)
		if (tool->options[i].name)
			complete_option(&tool->options[i], out);
	for (o = synergy_common_options; o->name; o++)
		complete_option(o, out);
}
