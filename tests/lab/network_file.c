// SPDX-License-Identifier: GPL-2.0-only
/*
 * A network's power as the virtual board drew it: the truth on a fine grid and its marks
 * (scripts/board/run --truth), the mean over the inferences that count, cell by cell.
 *
 * DIR/truth: 64 bytes of header (SYNTRUTH, version 1, step, rails' names), then points:
 * u64 time_ns, then u64 pJ of three rails. DIR/truth.marks.csv: a line a mark.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab.h"
#include "lib/recording.h"

#define CELL_NS		10e3
#define MOST_CELLS	8192
#define MOST_LAYERS	4096
#define MOST_MARKS	10000000
#define HEADER		64
#define VERSION		1

struct point {
	uint64_t time_ns, pj[3];
};

struct truth {
	struct point *points;
	size_t n, at;
	int rail[LAB_RAILS];		/* which of the three */
};

struct span {
	double begin_ns, end_ns;
	uint32_t id;
	uint64_t cookie;
};

static int read_points(const char *path, struct truth *t, struct synergy_error *err)
{
	FILE *f = fopen(path, "rb");
	char header[HEADER], *name, *save = NULL;
	int i, rail;
	long bytes;

	if (!f)
		return synergy_error_set(err, errno, "%s: %s", path, strerror(errno));
	if (fread(header, HEADER, 1, f) != 1 || memcmp(header, "SYNTRUTH", 8) ||
	    *(uint32_t *)(header + 8) != VERSION || fseek(f, 0, SEEK_END)) {
		fclose(f);
		return synergy_error_set(err, EINVAL, "%s: no truth of version %d", path, VERSION);
	}
	bytes = ftell(f) - HEADER;
	t->n = (size_t)bytes / sizeof(*t->points);
	t->points = malloc((t->n + 1) * sizeof(*t->points));
	fseek(f, HEADER, SEEK_SET);
	if (!t->points || t->n < 2 || fread(t->points, sizeof(*t->points), t->n, f) != t->n) {
		fclose(f);
		return synergy_error_set(err, EINVAL, "%s: cut, or too large", path);
	}
	fclose(f);
	for (rail = 0; rail < LAB_RAILS; rail++)
		t->rail[rail] = -1;
	header[HEADER - 1] = '\0';
	for (i = 0, name = strtok_r(header + 16, ",", &save); name && i < 3;
	     i++, name = strtok_r(NULL, ",", &save))
		for (rail = 0; rail < LAB_RAILS; rail++)
			if (!strcmp(name, lab_rail_names[rail]))
				t->rail[rail] = i;
	for (rail = 0; rail < LAB_RAILS; rail++)
		if (t->rail[rail] < 0)
			return synergy_error_set(err, EINVAL, "%s: no rail %s", path,
						 lab_rail_names[rail]);
	return 0;
}

/* Energy drawn up to a time, pJ. */
static double energy(struct truth *t, int rail, double ns)
{
	const struct point *a, *b;

	while (t->at + 2 < t->n && (double)t->points[t->at + 1].time_ns < ns)
		t->at++;
	while (t->at && (double)t->points[t->at].time_ns > ns)
		t->at--;
	a = &t->points[t->at];
	b = a + 1;
	return (double)a->pj[t->rail[rail]] + ((double)b->pj[t->rail[rail]] -
	       (double)a->pj[t->rail[rail]]) * (ns - (double)a->time_ns) /
	       (double)(b->time_ns - a->time_ns);
}

static double mean_uw(struct truth *t, int rail, double begin, double end)
{
	double from = energy(t, rail, begin);

	return (energy(t, rail, end) - from) / (end - begin) * 1e3;	/* pJ/ns is mW */
}

/* Column number of a name in a line of CSV; -1 none. */
static int column(const char *line, const char *name)
{
	size_t n = strlen(name);
	int i;

	for (i = 0; *line; i++) {
		if (!strncmp(line, name, n) && strchr(",\n\r", line[n]))
			return i;
		line = strchr(line, ',');
		if (!line)
			return -1;
		line++;
	}
	return -1;
}

static uint64_t field(const char *line, int i)
{
	while (i-- && line)
		line = strchr(line, ',') ? strchr(line, ',') + 1 : NULL;
	return line ? strtoull(line, NULL, 10) : 0;
}

/* Marked intervals in order of their ends. */
static struct span *read_spans(const char *path, size_t *n, struct synergy_error *err)
{
	struct span *spans = NULL, *open = calloc(64, sizeof(*open));
	size_t n_open = 0, room = 0, k;
	int kind, id, cookie, at;
	char *line = NULL;
	FILE *f = fopen(path, "r");

	*n = 0;
	if (!f || !open || getline(&line, &room, f) < 0)
		goto bad;
	kind = column(line, "kind");
	id = column(line, "id");
	cookie = column(line, "cookie");
	at = column(line, "at_ns");
	if (kind < 0 || id < 0 || cookie < 0 || at < 0)
		goto bad;
	while (getline(&line, &room, f) > 0 && *n < MOST_MARKS) {
		struct span s = { .id = (uint32_t)field(line, id), .cookie = field(line, cookie) };

		if (*line == '#')
			continue;
		s.begin_ns = s.end_ns = (double)field(line, at);
		if (field(line, kind) == SYNERGY_MARK_BEGIN && n_open < 64) {
			open[n_open++] = s;
			continue;
		}
		for (k = n_open; k-- > 0;)
			if (open[k].id == s.id && open[k].cookie == s.cookie)
				break;
		if (k == SIZE_MAX)
			continue;
		s.begin_ns = open[k].begin_ns;
		open[k] = open[--n_open];
		if (!(*n & (*n - 1))) {
			struct span *more = realloc(spans, (*n ? 2 * *n : 1) * sizeof(*more));

			if (!more)
				goto bad;
			spans = more;
		}
		spans[(*n)++] = s;
	}
	fclose(f);
	free(line);
	free(open);
	return spans;
bad:
	synergy_error_set(err, EINVAL, "%s: no log of marks", path);
	if (f)
		fclose(f);
	free(line);
	free(open);
	free(spans);
	return NULL;
}

static int add_profile(struct truth *t, struct lab_profile *p, double begin, double end, double runs)
{
	size_t i;
	int rail;

	if (!p->n) {
		p->n = (size_t)fmin(fmax(ceil((end - begin) / CELL_NS), 1), MOST_CELLS);
		for (rail = 0; rail < LAB_RAILS; rail++) {
			p->uw[rail] = calloc(p->n, sizeof(float));
			if (!p->uw[rail])
				return -1;
		}
	}
	p->ns += (end - begin) / runs;
	for (rail = 0; rail < LAB_RAILS; rail++)
		for (i = 0; i < p->n; i++) {
			double cell = (end - begin) / (double)p->n;

			p->uw[rail][i] += (float)(mean_uw(t, rail, begin + cell * (double)i,
							  begin + cell * (double)(i + 1)) / runs);
		}
	return 0;
}

static int counts(const struct span *s)
{
	return s->id == SYNERGY_MARK_ID_RUN && !(s->cookie & SYNERGY_MARK_COOKIE_WARMUP);
}

/* The layers of one inference, which stand before it, in order. */
static int add_run(struct lab_network *n, struct truth *t, const struct span *s, size_t run,
		   double runs)
{
	double now = s[run].begin_ns;
	size_t i = run, layer;

	while (i && s[i - 1].begin_ns >= s[run].begin_ns)
		i--;
	if (!n->n_layers) {
		n->n_layers = run - i;
		n->layers = calloc(n->n_layers + 1, sizeof(*n->layers));
		n->gaps = calloc(n->n_layers + 1, sizeof(*n->gaps));
		if (!n->layers || !n->gaps)
			return -1;
	}
	if (run - i != n->n_layers)
		return 0;
	for (layer = 0; i < run; i++, layer++) {
		if (add_profile(t, &n->gaps[layer], now, s[i].begin_ns, runs) ||
		    add_profile(t, &n->layers[layer], s[i].begin_ns, s[i].end_ns, runs))
			return -1;
		now = s[i].end_ns;
	}
	return add_profile(t, &n->gaps[layer], now, s[run].end_ns, runs);
}

/* Asleep, and at work: means over the marked times; where there is no train, as layers are. */
static void add_levels(struct lab_network *n, struct truth *t, const struct span *s, size_t spans)
{
	double ns[2] = { 0 }, uj[2][LAB_RAILS] = { { 0 } };
	size_t i;
	int rail;

	for (i = 0; i < spans; i++) {
		int busy = s[i].id == SYNERGY_MARK_ID_BUSY || counts(&s[i]);

		if (!busy && s[i].id != SYNERGY_MARK_ID_IDLE)
			continue;
		ns[busy] += s[i].end_ns - s[i].begin_ns;
		for (rail = 0; rail < LAB_RAILS; rail++)
			uj[busy][rail] += energy(t, rail, s[i].end_ns) - energy(t, rail, s[i].begin_ns);
	}
	for (rail = 0; rail < LAB_RAILS; rail++) {
		n->idle_uw[rail] = ns[0] > 0 ? uj[0][rail] / ns[0] * 1e3 : 0;
		n->busy_uw[rail] = uj[1][rail] / ns[1] * 1e3;
	}
}

struct lab_network *lab_network_read(const char *directory, struct synergy_error *err)
{
	struct lab_network *n = calloc(1, sizeof(*n));
	const char *base = strrchr(directory, '/');
	struct truth t = { .n = 0 };
	struct span *spans = NULL;
	size_t n_spans = 0, i, runs = 0;
	char path[4096];
	int bad = !n;

	snprintf(path, sizeof(path), "%s/truth", directory);
	bad = bad || read_points(path, &t, err);
	snprintf(path, sizeof(path), "%s/truth.marks.csv", directory);
	if (!bad)
		spans = read_spans(path, &n_spans, err);
	bad = bad || !spans;
	for (i = 0; !bad && i < n_spans; i++)
		runs += (size_t)counts(&spans[i]);
	for (i = 0; !bad && i < n_spans; i++)
		if (counts(&spans[i]) && add_run(n, &t, spans, i, (double)runs))
			bad = synergy_error_set(err, ENOMEM, "%s: out of memory", directory);
	if (!bad && (!runs || !n->n_layers))
		bad = synergy_error_set(err, EINVAL, "%s: no inference with layers", directory);
	if (!bad) {
		add_levels(n, &t, spans, n_spans);
		snprintf(n->name, sizeof(n->name), "%s", base ? base + 1 : directory);
	}
	free(t.points);
	free(spans);
	if (!bad)
		return n;
	lab_network_free(n);
	return NULL;
}
