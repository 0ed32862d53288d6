// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Text tables; see grid.h.
 */
#include "report/grid.h"
#include "lib/array.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_COLUMNS	64

struct column {
	char *title;
	enum synergy_grid_align align;
	int shrink_to;
	bool optional;
	bool hidden;
	int width;
};

struct row {
	char style[8];
	bool rule;
	int n;
	char *cells[MAX_COLUMNS];
};

struct synergy_grid {
	int n_columns;
	struct column columns[MAX_COLUMNS];
	size_t n_rows;
	struct row *rows;
	bool failed;
};

struct synergy_grid *synergy_grid_new(void)
{
	return calloc(1, sizeof(struct synergy_grid));
}

void synergy_grid_free(struct synergy_grid *grid)
{
	size_t r;
	int c;

	if (!grid)
		return;
	for (c = 0; c < grid->n_columns; c++)
		free(grid->columns[c].title);
	for (r = 0; r < grid->n_rows; r++)
		for (c = 0; c < grid->rows[r].n; c++)
			free(grid->rows[r].cells[c]);
	free(grid->rows);
	free(grid);
}

static int fail(struct synergy_grid *grid)
{
	grid->failed = true;
	errno = ENOMEM;
	return -1;
}

int synergy_grid_column(struct synergy_grid *grid, const char *title,
			enum synergy_grid_align align, int shrink_to, bool optional)
{
	struct column *c = &grid->columns[grid->n_columns];

	if (grid->n_columns == MAX_COLUMNS)
		return fail(grid);
	c->title = strdup(title);
	if (!c->title)
		return fail(grid);
	c->align = align;
	c->shrink_to = shrink_to;
	c->optional = optional;
	grid->n_columns++;
	return 0;
}

static struct row *add_row(struct synergy_grid *grid)
{
	struct row *row;

	if (synergy_array_grow(&grid->rows, grid->n_rows, sizeof(*grid->rows))) {
		fail(grid);
		return NULL;
	}
	row = &grid->rows[grid->n_rows++];
	memset(row, 0, sizeof(*row));
	return row;
}

int synergy_grid_row(struct synergy_grid *grid, const char *style)
{
	struct row *row = add_row(grid);

	if (!row)
		return -1;
	if (style)
		snprintf(row->style, sizeof(row->style), "%s", style);
	return 0;
}

int synergy_grid_rule(struct synergy_grid *grid)
{
	struct row *row = add_row(grid);

	if (!row)
		return -1;
	row->rule = true;
	return 0;
}

/* Nothing from a file may command the terminal. */
static char tame(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f ? '?' : c;
}

void synergy_text_put(const char *text, FILE *out)
{
	for (; *text; text++)
		fputc(tame(*text), out);
}

int synergy_grid_cell(struct synergy_grid *grid, const char *text)
{
	struct row *row;
	char *copy, *c;

	if (grid->failed || !grid->n_rows)
		return -1;
	row = &grid->rows[grid->n_rows - 1];
	if (row->n >= grid->n_columns)
		return fail(grid);
	copy = strdup(text ? text : "");
	if (!copy)
		return fail(grid);
	for (c = copy; *c; c++)
		*c = tame(*c);
	row->cells[row->n++] = copy;
	return 0;
}

int synergy_grid_cell_share(struct synergy_grid *grid, double part, double whole)
{
	char buf[16] = "-";

	if (!isnan(part) && whole > 0)
		snprintf(buf, sizeof(buf), "%.1f", 100 * part / whole);
	return synergy_grid_cell(grid, buf);
}

size_t synergy_text_width(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

/* Bytes of the first n characters. */
static int bytes_of(const char *text, int n)
{
	const char *c = text;

	for (; *c; c++) {
		if (((unsigned char)*c & 0xc0) != 0x80 && n-- == 0)
			break;
	}
	return (int)(c - text);
}

static int total_width(const struct synergy_grid *grid)
{
	int c, sum = 0;

	for (c = 0; c < grid->n_columns; c++)
		if (!grid->columns[c].hidden)
			sum += grid->columns[c].width + 2;
	return sum - 2;
}

static void find_widths(struct synergy_grid *grid)
{
	size_t r;
	int c, w;

	for (c = 0; c < grid->n_columns; c++)
		grid->columns[c].width = (int)synergy_text_width(grid->columns[c].title);
	for (r = 0; r < grid->n_rows; r++)
		for (c = 0; c < grid->rows[r].n; c++) {
			w = (int)synergy_text_width(grid->rows[r].cells[c]);
			if (w > grid->columns[c].width)
				grid->columns[c].width = w;
		}
}

static int fit(struct synergy_grid *grid, int columns)
{
	int c, over, can, hidden = 0;

	for (;;) {
		for (c = 0; c < grid->n_columns; c++) {
			over = total_width(grid) - columns;
			can = grid->columns[c].width - grid->columns[c].shrink_to;
			if (over <= 0)
				return hidden;
			if (grid->columns[c].hidden || !grid->columns[c].shrink_to || can <= 0)
				continue;
			grid->columns[c].width -= can < over ? can : over;
		}
		if (total_width(grid) <= columns)
			return hidden;
		for (c = grid->n_columns - 1; c >= 0; c--)
			if (grid->columns[c].optional && !grid->columns[c].hidden)
				break;
		if (c < 0)
			return hidden;
		grid->columns[c].hidden = true;
		hidden++;
		find_widths(grid);
	}
}

static void print_cell(const struct column *column, const char *text, bool last, bool utf8,
		       FILE *out)
{
	int width = (int)synergy_text_width(text);
	int cut = width > column->width;
	int shown = cut ? column->width - 1 : width;

	if (column->align == SYNERGY_GRID_RIGHT)
		fprintf(out, "%*s", column->width - shown - cut, "");
	fprintf(out, "%.*s%s", bytes_of(text, shown), text, cut ? utf8 ? "\u2026" : "~" : "");
	if (column->align == SYNERGY_GRID_LEFT && !last)
		fprintf(out, "%*s", column->width - shown - cut, "");
	if (!last)
		fputs("  ", out);
}

static void print_line(const struct synergy_grid *grid, const struct row *row,
		       const struct synergy_terminal *terminal, FILE *out)
{
	bool styled = terminal->colour && *row->style;
	int c, last = -1;

	for (c = 0; c < grid->n_columns; c++)
		if (!grid->columns[c].hidden && c < row->n)
			last = c;
	if (styled)
		fprintf(out, "\033[%sm", row->style);
	for (c = 0; c <= last; c++)
		if (!grid->columns[c].hidden)
			print_cell(&grid->columns[c], row->cells[c], c == last, terminal->utf8,
				   out);
	if (styled)
		fputs("\033[0m", out);
	fputc('\n', out);
}

static void print_rule(const struct synergy_grid *grid, const struct synergy_terminal *terminal,
		       FILE *out)
{
	int i, width = total_width(grid);

	if (terminal->colour)
		fputs("\033[2m", out);
	for (i = 0; i < width; i++)
		fputs(terminal->utf8 ? "\u2500" : "-", out);
	if (terminal->colour)
		fputs("\033[0m", out);
	fputc('\n', out);
}

int synergy_grid_print(struct synergy_grid *grid, const struct synergy_terminal *terminal,
		       int *hidden, FILE *out)
{
	struct row head = { .style = "1", .n = grid->n_columns };
	size_t r;
	int c, left_out = 0;

	if (grid->failed) {
		errno = ENOMEM;
		return -1;
	}
	for (c = 0; c < grid->n_columns; c++) {
		grid->columns[c].hidden = false;
		head.cells[c] = grid->columns[c].title;
	}
	find_widths(grid);
	if (terminal->columns)
		left_out = fit(grid, terminal->columns);
	if (hidden)
		*hidden = left_out;
	print_line(grid, &head, terminal, out);
	print_rule(grid, terminal, out);
	for (r = 0; r < grid->n_rows; r++) {
		if (grid->rows[r].rule)
			print_rule(grid, terminal, out);
		else
			print_line(grid, &grid->rows[r], terminal, out);
	}
	return ferror(out) ? -1 : 0;
}

char *synergy_text_bar(double share, int cells, bool utf8, char *buf, size_t size)
{
	static const char *const eighths[] = {
		"", "\u258f", "\u258e", "\u258d", "\u258c", "\u258b", "\u258a", "\u2589",
	};
	int filled, rest, i;
	size_t used = 0;

	if (!(share > 0))
		share = 0;
	if (share > 1)
		share = 1;
	filled = (int)(share * cells * 8 + 0.5);
	rest = filled % 8;
	filled /= 8;
	buf[0] = '\0';
	for (i = 0; i < filled && used + 4 < size; i++)
		used += snprintf(buf + used, size - used, "%s", utf8 ? "\u2588" : "#");
	if (utf8 && used + 4 < size)
		snprintf(buf + used, size - used, "%s", eighths[rest]);
	else if (rest >= 4 && used + 1 < size)
		snprintf(buf + used, size - used, "#");
	return buf;
}
