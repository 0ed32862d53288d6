/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A tool's command line as a table: a row an option. From it come the parsing, --help,
 * messages that list the valid values, and what completion asks for
 * (--__options, scripts/install/completion.*). tests/tools/options.sh holds the
 * manual pages and documents against it. Rows that tools share: shared_options.h.
 */
#ifndef SYNERGY_TOOLS_TOOL_H
#define SYNERGY_TOOLS_TOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"

/* Exit statuses of all tools; 0 is done. */
enum synergy_exit {
	SYNERGY_EXIT_FAILED = 1,
	SYNERGY_EXIT_USAGE = 2,
	SYNERGY_EXIT_NO_DEVICE = 3,
};

enum synergy_option_kind {
	SYNERGY_OPTION_TITLE,		/* no option: a heading of --help */
	SYNERGY_OPTION_FLAG,		/* bool */
	SYNERGY_OPTION_TEXT,		/* const char * */
	SYNERGY_OPTION_UNSIGNED,	/* uint64_t */
	SYNERGY_OPTION_REAL,		/* double */
	SYNERGY_OPTION_CHOICE,		/* an enum: the word's number */
	SYNERGY_OPTION_WORD,		/* const char *: the word itself */
	SYNERGY_OPTION_READ,		/* by a function of its own */
};

/**
 * struct synergy_option - one row of a tool's table
 * @name: the long name, without its dashes
 * @letter: the short one; 0 none
 * @value: what --help calls the value; FILE and DIR are completed as such; NULL: no value
 * @help: a sentence for --help, wrapped there
 * @initial: the default, read like a value and printed in brackets; NULL: @help has it
 * @kind: how the value is read, and what it is written to
 * @offset: where in the tool's options
 * @min: least value of a whole number
 * @max: greatest
 * @least: least value of a real number
 * @most: greatest
 * @word: the valid words, by number; NULL after the last one
 * @read: for SYNERGY_OPTION_READ: writes to @to, which is at @offset. Return: 0, or -1
 *        with the error filled, which need not name the option
 */
struct synergy_option {
	const char *name;
	char letter;
	const char *value;
	const char *help;
	const char *initial;
	enum synergy_option_kind kind;
	size_t offset;
	uint64_t min, max;
	double least, most;
	const char *(*word)(size_t i);
	int (*read)(void *to, const char *text, struct synergy_error *error);
};

/**
 * struct synergy_tool - what a tool's command line is
 * @name: the program
 * @operands: what --help writes behind its options, as "MODEL" or "DATA..."
 * @about: what the tool does; wrapped
 * @after: what --help ends with, as it stands
 * @files: patterns of the operands' names, for completion: "*.onnx *.prototxt"
 * @options: the table, to the row without a name and help
 * @least_operands: 0 when they can be left out
 * @most_operands: SIZE_MAX any number
 * @missing: what is said when there are fewer
 * @command: what follows the first operand is another program's
 */
struct synergy_tool {
	const char *name;
	const char *operands;
	const char *about;
	const char *after;
	const char *files;
	const struct synergy_option *options;
	size_t least_operands, most_operands;
	const char *missing;
	bool command;
};

/* Where a row's value goes, with its type checked. */
#define SYNERGY_OPTION_AT(T, member, type)						\
	(offsetof(T, member) + 0 * sizeof(struct { int unused;				\
		_Static_assert(__builtin_types_compatible_p(				\
			__typeof__(((T *)0)->member), type), #member " is no " #type); }))

#define SYNERGY_TITLE(text)	{ .help = text, .kind = SYNERGY_OPTION_TITLE }
#define SYNERGY_FLAG(name_, letter_, T, member, help_)					\
	{ .name = name_, .letter = letter_, .help = help_, .kind = SYNERGY_OPTION_FLAG,	\
	  .offset = SYNERGY_OPTION_AT(T, member, bool) }
#define SYNERGY_TEXT(name_, letter_, value_, T, member, initial_, help_)		\
	{ .name = name_, .letter = letter_, .value = value_, .help = help_,		\
	  .initial = initial_, .kind = SYNERGY_OPTION_TEXT,				\
	  .offset = SYNERGY_OPTION_AT(T, member, const char *) }
#define SYNERGY_UNSIGNED(name_, letter_, value_, T, member, min_, max_, initial_, help_) \
	{ .name = name_, .letter = letter_, .value = value_, .help = help_,		\
	  .initial = initial_, .kind = SYNERGY_OPTION_UNSIGNED, .min = min_, .max = max_, \
	  .offset = SYNERGY_OPTION_AT(T, member, uint64_t) }
#define SYNERGY_REAL(name_, letter_, value_, T, member, least_, most_, initial_, help_)	\
	{ .name = name_, .letter = letter_, .value = value_, .help = help_,		\
	  .initial = initial_, .kind = SYNERGY_OPTION_REAL, .least = least_, .most = most_, \
	  .offset = SYNERGY_OPTION_AT(T, member, double) }
/* The words of an enum, whose numbers they have */
#define SYNERGY_CHOICE(name_, letter_, value_, T, member, word_, initial_, help_)	\
	{ .name = name_, .letter = letter_, .value = value_, .help = help_,		\
	  .initial = initial_, .kind = SYNERGY_OPTION_CHOICE, .word = word_,		\
	  .offset = offsetof(T, member) + 0 * sizeof(struct { int unused;		\
		_Static_assert(sizeof(((T *)0)->member) == sizeof(int), #member); }) }
#define SYNERGY_WORD(name_, letter_, value_, T, member, word_, initial_, help_)		\
	{ .name = name_, .letter = letter_, .value = value_, .help = help_,		\
	  .initial = initial_, .kind = SYNERGY_OPTION_WORD, .word = word_,		\
	  .offset = SYNERGY_OPTION_AT(T, member, const char *) }
#define SYNERGY_READ(name_, letter_, value_, T, member, read_, word_, help_)		\
	{ .name = name_, .letter = letter_, .value = value_, .help = help_,		\
	  .kind = SYNERGY_OPTION_READ, .read = read_, .word = word_,			\
	  .offset = offsetof(T, member) }
/* A table's last row */
#define SYNERGY_END		{ .name = NULL }

/* The same for what writes more than one member: @to is the whole of the options */
#define SYNERGY_READ_ALL(name_, letter_, value_, read_, help_)				\
	{ .name = name_, .letter = letter_, .value = value_, .help = help_,		\
	  .kind = SYNERGY_OPTION_READ, .read = read_ }

/* A list of words as a function of a row: SYNERGY_WORDS(word_of, "a", "b") */
#define SYNERGY_WORDS(function, ...)							\
	static const char *function(size_t i)						\
	{										\
		static const char *const words[] = { __VA_ARGS__ };			\
											\
		return i < sizeof(words) / sizeof(words[0]) ? words[i] : NULL;		\
	}

/**
 * synergy_tool_parse() - defaults, then what the command line says
 * @tool: its table
 * @options: where the rows' offsets lie
 * @argc: main's
 * @argv: main's; operands are moved behind the options, from optind on
 *
 * --help and --version are understood and answered. Names and words of options may be
 * shortened as long as one alone begins so.
 * Return: -1 go on; else the exit status, with all that is to be said printed
 */
int synergy_tool_parse(const struct synergy_tool *tool, void *options, int argc, char **argv);

/**
 * synergy_say() - a line on standard error that begins with the tool's name
 * @format: as of printf
 */
void synergy_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/**
 * synergy_usage_error() - the same for wrong usage, which points at --help
 * @format: as of printf
 *
 * Return: SYNERGY_EXIT_USAGE
 */
int synergy_usage_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif /* SYNERGY_TOOLS_TOOL_H */
