// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Command lines from tables: parsing and messages; see tool.h. --help and what
 * completion asks for are in tool_help.c.
 */
#include "tools/tool_internal.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/synergy.h"
#include "measure/closest_match.h"
#include "tools/options.h"

/* getopt's numbers of the options that every tool has, and of the table's first row */
enum { CODE_HELP = 256, CODE_VERSION, CODE_COMPLETE, CODE_FIRST };

const struct synergy_option synergy_common_options[] = {
	{ .name = "help", .letter = 'h', .help = "this text", .kind = SYNERGY_OPTION_FLAG },
	{ .name = "version", .letter = 'V', .help = "the version", .kind = SYNERGY_OPTION_FLAG },
	{ .name = NULL },
};

static const char *tool_name = "synergy";

void synergy_say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fprintf(stderr, "%s: ", tool_name);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
}

int synergy_usage_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fprintf(stderr, "%s: ", tool_name);
	vfprintf(stderr, format, args);
	fputs(" (--help lists the options)\n", stderr);
	va_end(args);
	return SYNERGY_EXIT_USAGE;
}

void synergy_option_words(const struct synergy_option *o, const char *last, char *text, size_t size)
{
	size_t i, n = 0;

	*text = '\0';
	for (i = 0; o->word(i) && n < size; i++)
		n += (size_t)snprintf(text + n, size - n, "%s%s", !i ? "" : o->word(i + 1) ? ", " : last,
				      o->word(i));
}

/* The word that @text is, or the only one that begins so; -1 there is none */
static int find_word(const struct synergy_option *o, const char *text)
{
	size_t i, length = strlen(text);
	int found = -1;

	for (i = 0; o->word(i); i++) {
		if (!strcmp(o->word(i), text))
			return (int)i;
		if (length && !strncmp(o->word(i), text, length))
			found = found == -1 ? (int)i : -2;
	}
	return found;
}

static int read_word(const struct synergy_option *o, const char *text, struct synergy_error *error)
{
	int word = find_word(o, text);
	char words[256];

	if (word >= 0)
		return word;
	synergy_option_words(o, " or ", words, sizeof(words));
	return synergy_error_set(error, EINVAL, "--%s %s: %s", o->name, text, words);
}

static int read_value(const struct synergy_option *o, void *to, const char *text,
		      struct synergy_error *error)
{
	char name[64];
	int word;

	snprintf(name, sizeof(name), "--%s", o->name);
	switch (o->kind) {
	case SYNERGY_OPTION_TITLE:
		return 0;
	case SYNERGY_OPTION_FLAG:
		*(bool *)to = true;
		return 0;
	case SYNERGY_OPTION_TEXT:
		*(const char **)to = text;
		return 0;
	case SYNERGY_OPTION_UNSIGNED:
		return synergy_option_unsigned(name, text, o->min, o->max, to, error);
	case SYNERGY_OPTION_REAL:
		return synergy_option_real(name, text, o->least, o->most, to, error);
	case SYNERGY_OPTION_CHOICE:
	case SYNERGY_OPTION_WORD:
		word = read_word(o, text, error);
		if (word < 0)
			return -1;
		if (o->kind == SYNERGY_OPTION_CHOICE)
			*(int *)to = word;
		else
			*(const char **)to = o->word((size_t)word);
		return 0;
	case SYNERGY_OPTION_READ:
		return o->read(to, text, error);
	}
	return synergy_error_set(error, EINVAL, "%s: an unknown kind of option", name);
}

size_t synergy_tool_options(const struct synergy_tool *tool)
{
	size_t n = 0;

	while (tool->options[n].help)
		n++;
	return n;
}

/* A message for what getopt does not know, with what may have been meant */
static int unknown_option(const struct synergy_tool *tool, const char *text)
{
	size_t i, n = synergy_tool_options(tool);
	struct synergy_closest near;
	char list[256];

	if (strncmp(text, "--", 2))
		return synergy_usage_error("%s: no such option", text);
	if (strchr(text, '='))
		return synergy_usage_error("%s: no such option, or it takes no value", text);
	synergy_closest_begin(&near, text + 2);
	for (i = 0; i < n; i++)
		if (tool->options[i].name)
			synergy_closest_offer(&near, tool->options[i].name);
	if (synergy_closest_list(&near, list, sizeof(list)))
		return synergy_usage_error("%s: no such option; near it: %s", text, list);
	return synergy_usage_error("%s: no such option", text);
}

/* getopt's tables of the rows: @letters has room for two characters a row, and five */
static struct option *getopt_tables(const struct synergy_tool *tool, char *letters)
{
	size_t i, n = synergy_tool_options(tool);
	struct option *table = calloc(n + 4, sizeof(*table)), *at = table;

	if (!table)
		return NULL;
	/* "+": what follows the first word that is no option is the command's. */
	letters += sprintf(letters, "%s:hV", tool->command ? "+" : "");
	for (i = 0; i < n; i++) {
		const struct synergy_option *o = &tool->options[i];

		if (!o->name)
			continue;
		*at++ = (struct option){ o->name, o->value ? required_argument : no_argument, NULL,
					 CODE_FIRST + (int)i };
		if (o->letter)
			letters += sprintf(letters, "%c%s", o->letter, o->value ? ":" : "");
	}
	*at++ = (struct option){ "help", no_argument, NULL, CODE_HELP };
	*at++ = (struct option){ "version", no_argument, NULL, CODE_VERSION };
	*at = (struct option){ "__options", no_argument, NULL, CODE_COMPLETE };
	return table;
}

static const struct synergy_option *row_of(const struct synergy_tool *tool, int code)
{
	size_t i, n = synergy_tool_options(tool);

	if (code >= CODE_FIRST)
		return &tool->options[code - CODE_FIRST];
	for (i = 0; i < n; i++)
		if (tool->options[i].letter == code)
			return &tool->options[i];
	return NULL;
}

/* -1 go on, else the exit status */
static int one_option(const struct synergy_tool *tool, void *options, int code, char **argv)
{
	struct synergy_error error = { "" };
	const struct synergy_option *o;

	switch (code) {
	case 'h':
	case CODE_HELP:
		synergy_tool_help(tool, stdout);
		return 0;
	case 'V':
	case CODE_VERSION:
		printf("%s %s\n", tool->name, SYNERGY_LIB_VERSION);
		return 0;
	case CODE_COMPLETE:
		synergy_tool_complete(tool, stdout);
		return 0;
	case ':':
		return synergy_usage_error("%s needs a value", argv[optind - 1]);
	case '?':
		return unknown_option(tool, argv[optind - 1]);
	}
	o = row_of(tool, code);
	if (!read_value(o, (char *)options + o->offset, optarg, &error))
		return -1;
	if (o->kind == SYNERGY_OPTION_READ && strncmp(error.message, "--", 2))
		return synergy_usage_error("--%s %s: %s", o->name, optarg, error.message);
	return synergy_usage_error("%s", error.message);
}

static int check_operands(const struct synergy_tool *tool, int argc, char **argv)
{
	size_t n = (size_t)(argc - optind);

	if (n < tool->least_operands)
		return synergy_usage_error("%s", tool->missing);
	if (n <= tool->most_operands)
		return -1;
	if (!tool->most_operands)
		return synergy_usage_error("%s: takes no argument", argv[optind]);
	return synergy_usage_error("%s: one %s at a time", argv[optind + 1], tool->operands);
}

static int set_defaults(const struct synergy_tool *tool, void *options)
{
	size_t i, n = synergy_tool_options(tool);
	struct synergy_error error;

	for (i = 0; i < n; i++) {
		const struct synergy_option *o = &tool->options[i];

		if (o->initial && read_value(o, (char *)options + o->offset, o->initial, &error))
			return synergy_usage_error("default of %s", error.message);
	}
	return -1;
}

int synergy_tool_parse(const struct synergy_tool *tool, void *options, int argc, char **argv)
{
	char *letters = calloc(2 * synergy_tool_options(tool) + 6, 1);
	struct option *table = letters ? getopt_tables(tool, letters) : NULL;
	int status, code;

	tool_name = tool->name;
	if (!table) {
		synergy_say("no memory");
		free(letters);
		return SYNERGY_EXIT_FAILED;
	}
	opterr = 0;
	optind = 0;
	status = set_defaults(tool, options);
	while (status < 0 && (code = getopt_long(argc, argv, letters, table, NULL)) != -1)
		status = one_option(tool, options, code, argv);
	if (status < 0)
		status = check_operands(tool, argc, argv);
	free(table);
	free(letters);
	return status;
}
