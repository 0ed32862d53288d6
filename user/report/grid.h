/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A table of text for a terminal: cells are given, widths are found, and what does
 * not fit is cut where the column allows it, or the column is left out. Text is
 * UTF-8; a width is a number of characters.
 */
#ifndef SYNERGY_REPORT_GRID_H
#define SYNERGY_REPORT_GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum synergy_grid_align { SYNERGY_GRID_LEFT, SYNERGY_GRID_RIGHT };

/* Where the text goes and what that can show. */
struct synergy_terminal {
	bool colour;
	bool utf8;
	int columns;		/* 0: no limit */
};

/* Asks the locale (setlocale() is main's), COLUMNS, NO_COLOR and the terminal itself. */
void synergy_terminal_find(int fd, struct synergy_terminal *terminal);

struct synergy_grid;

struct synergy_grid *synergy_grid_new(void);	/* NULL: ENOMEM */
void synergy_grid_free(struct synergy_grid *grid);	/* NULL is fine */
/*
 * Columns are added before rows. shrink_to: the least characters it may be cut to
 * (0: never cut). optional: it is left out, the last added first, when all the
 * cutting does not help.
 */
int synergy_grid_column(struct synergy_grid *grid, const char *title,
			enum synergy_grid_align align, int shrink_to, bool optional);
/* Begin a row; style is a terminal attribute ("1" bold, "2" faint) or NULL. */
int synergy_grid_row(struct synergy_grid *grid, const char *style);
int synergy_grid_rule(struct synergy_grid *grid);	/* a line across */
/* The next cell of the row; NULL is empty. */
int synergy_grid_cell(struct synergy_grid *grid, const char *text);
/* The next cell: part of whole in per cent; "-" where part is NAN or whole is not positive. */
int synergy_grid_cell_share(struct synergy_grid *grid, double part, double whole);
/* 0, or -1: a call above had no memory, or out took an error. hidden: columns left out. */
int synergy_grid_print(struct synergy_grid *grid, const struct synergy_terminal *terminal,
		       int *hidden, FILE *out);

/* Text of unknown origin: control characters become '?', so that it commands nothing. */
void synergy_text_put(const char *text, FILE *out);

/* Characters, not bytes. */
size_t synergy_text_width(const char *text);

/* share (0..1) as a bar of at most cells characters. */
char *synergy_text_bar(double share, int cells, bool utf8, char *buf, size_t size);

#endif /* SYNERGY_REPORT_GRID_H */
