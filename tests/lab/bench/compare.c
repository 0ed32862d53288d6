// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench-compare, off line: does the comparison of two measurements keep its promise? Pairs
 * of sessions of one network on one board, with one sensor, become recordings, and
 * synergy_compare() reads them, as synergy-report --compare does. Of each pair there is
 * a third session in which one layer takes 5 % more. Prints counts with their binomial
 * intervals; exit status 1: an aim is not met.
 */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gsl/gsl_errno.h>

#include "report/compare.h"
#include "tests/lab/lab.h"

/* The aims. */
#define ALONE_LOW	0.01	/* share of equal layers that differ, each tested alone at 5 % */
#define ALONE_HIGH	0.09
#define NONE		0.9	/* pairs of equal sessions in which the default names no layer */
#define FOUND		0.9	/* dearer layers that the default names */
#define DEARER		0.05
#define NARROW		0.02	/* half-width of a 95 % interval, of the layer's energy */

static const char *const boards[] = { "classic", "tx1", "orin-nano", "agx-orin" };
static const char *const schemes[] = { "3x332", "140", "max" };
static const size_t runs[] = { 5, 10, 30 };

#define N(array)	(sizeof(array) / sizeof((array)[0]))

struct sums {
	size_t pairs, none;		/* equal pairs; without a layer that is named */
	size_t layers, alone;		/* tested in them; that differ, each looked at alone */
	size_t totals, total_alone;	/* the same of the whole inference */
	size_t dear, found;		/* dearer layers, difference's interval narrow; named, with the sign */
	size_t each, each_found;	/* the same with both layers' own intervals narrow */
	size_t exact;			/* of these the difference's interval holds the true one */
	size_t control, control_exact;	/* the same of those layers in the equal pair */
	size_t others;			/* equal layers named beside them */
};

struct options {
	size_t pairs, jobs;		/* in each condition */
	uint64_t seed;
	const char *board, *scheme, *directory;
	FILE *csv;			/* of the dearer layers, or NULL; appended to by all processes */
};

/* One pair: its network, its board's sensor, and where its recordings are. */
struct pair {
	struct lab_session s;
	struct lab_network *network;
	uint64_t seed;
	char path[3][4096];
};

/* ---- one pair ---- */

/* Recording number i: the same set-up with everything drawn again. */
static int record(struct pair *p, int i)
{
	struct synergy_error err = { "out of memory" };
	struct synergy_attribute_input *in;
	struct lab_truth t;
	int result;

	p->s.seed = lab_mix(p->seed, 100 + (uint64_t)i);
	in = lab_run(&p->s, &t);
	result = in ? lab_record(&p->s, in, p->path[i], &err) : -1;
	if (result)
		fprintf(stderr, "bench-compare: %s: %s\n", p->path[i], err.message);
	synergy_attribute_input_free(in);
	if (in)
		lab_truth_free(&t);
	return result;
}

static struct synergy_comparison *compare(const struct pair *p, int b)
{
	struct synergy_comparison *c = NULL;
	struct synergy_error err = { "" };

	if (synergy_compare(p->path[0], p->path[b], "VDD_CPU", &c, &err))
		fprintf(stderr, "bench-compare: %s\n", err.message);
	return c;
}

static void scale(struct lab_network *n, size_t layer, double factor)
{
	size_t rail, i;

	for (rail = 0; rail < LAB_RAILS; rail++)
		for (i = 0; i < n->layers[layer].n; i++)
			n->layers[layer].uw[rail][i] *= (float)factor;
}

/* Of the layers whose interval in the first recording is narrow one; SIZE_MAX none. */
static size_t choose(const struct synergy_comparison *c, struct lab_random *r)
{
	size_t i, chosen = SIZE_MAX;
	double seen = 0;

	for (i = 0; i < c->n_rows; i++) {
		const struct synergy_layers_row *a = c->rows[i].a;

		if (a && a->energy_ci95_uj <= NARROW * a->energy_uj && lab_uniform(r) * ++seen < 1)
			chosen = a->index;
	}
	return chosen;
}

static int both_narrow(const struct synergy_compare_row *row)
{
	return row->a->energy_ci95_uj <= NARROW * row->a->energy_uj &&
	       row->b->energy_ci95_uj <= NARROW * row->b->energy_uj;
}

/*
 * The layer that will be made dearer, as it is: what an interval holds of layers that were
 * chosen for its being narrow, some of which are so by chance.
 */
static void add_control(struct sums *sums, const struct synergy_comparison *c, size_t layer)
{
	size_t i;

	for (i = 0; i < c->n_rows; i++) {
		const struct synergy_compare_row *row = &c->rows[i];

		if (!row->a || !row->b || row->a->index != layer || !both_narrow(row))
			continue;
		sums->control++;
		sums->control_exact += fabs(row->difference_uj) <= row->ci95_uj;
	}
}

static void add_equal(struct sums *sums, const struct synergy_comparison *c)
{
	sums->pairs++;
	sums->none += !c->n_differ;
	sums->layers += c->n_tested;
	sums->alone += c->n_differ_alone;
	sums->totals += !isnan(c->total.p);
	sums->total_alone += c->total.differs_alone;
}

static double share(double ci95_uj, double uj)
{
	return 100 * ci95_uj / uj;
}

static void write_case(FILE *csv, const struct pair *p, const struct synergy_compare_row *row)
{
	if (!csv)
		return;
	fprintf(csv, "%s,%s,%zu,%s,%u,%.6g,%.4g,%.4g,%.4g,%.4g,%.3g,%d\n", p->s.board->name,
		p->s.scheme->name, p->s.n_runs, p->network->name, row->a->index, row->a->time_us,
		share(row->a->energy_ci95_uj, row->a->energy_uj),
		share(row->b->energy_ci95_uj, row->b->energy_uj),
		share(row->difference_uj, row->a_uj.value), share(row->ci95_uj, row->a_uj.value), row->p,
		row->differs);
	fflush(csv);
}

static void add_found(struct sums *sums, const struct synergy_compare_row *row)
{
	double truth = DEARER / (1 + DEARER) * row->b_uj.value;
	int found = row->differs && row->difference_uj > 0;

	if (row->ci95_uj <= NARROW * row->a_uj.value) {
		sums->dear++;
		sums->found += found;
	}
	if (both_narrow(row)) {
		sums->each++;
		sums->each_found += found;
		sums->exact += fabs(row->difference_uj - truth) <= row->ci95_uj;
	}
}

static int add_dearer(struct sums *sums, struct pair *p, size_t layer, FILE *csv)
{
	struct synergy_comparison *c;
	size_t i;

	scale(p->network, layer, 1 + DEARER);
	if (record(p, 2))
		return -1;
	scale(p->network, layer, 1 / (1 + DEARER));
	c = compare(p, 2);
	if (!c)
		return -1;
	for (i = 0; i < c->n_rows; i++) {
		const struct synergy_compare_row *row = &c->rows[i];
		int is_it = row->a && row->a->index == layer;

		if (is_it && row->b) {
			write_case(csv, p, row);
			add_found(sums, row);
		}
		sums->others += !is_it && row->differs;
	}
	synergy_comparison_free(c);
	return 0;
}

static int one_pair(struct sums *sums, struct pair *p, FILE *csv)
{
	struct synergy_comparison *c;
	struct lab_random r;
	size_t layer;

	if (record(p, 0) || record(p, 1))
		return -1;
	c = compare(p, 1);
	if (!c)
		return -1;
	add_equal(sums, c);
	lab_seed(&r, lab_mix(p->seed, 4));
	layer = choose(c, &r);
	add_control(sums, c, layer);
	synergy_comparison_free(c);
	return layer == SIZE_MAX ? 0 : add_dearer(sums, p, layer, csv);
}

static int draw_pair(struct sums *sums, const struct options *o, const char *board,
		     const char *scheme, size_t n_runs, size_t kind, uint64_t seed, size_t job)
{
	struct pair p = {
		.seed = seed, .network = lab_network_make((enum lab_kind)kind, seed, 0),
		.s = {
			.board = lab_board_find(board), .scheme = lab_scheme_find(scheme),
			.n_runs = n_runs, .rails = 1U << LAB_CPU, .pause_low_ns = 2e6,
			.pause_high_ns = 6e6, .idle_ns = 100e6, .train_steps = 200,
		},
	};
	struct lab_random r;
	int i, result;

	if (!p.network)
		return -1;
	lab_seed(&r, lab_mix(seed, 3));
	p.s.network = p.network;
	p.s.sensor = lab_board_draw(p.s.board, &r);
	for (i = 0; i < 3; i++)
		snprintf(p.path[i], sizeof(p.path[i]), "%s/%zu-%d.syn", o->directory, job, i);
	result = one_pair(sums, &p, o->csv);
	for (i = 0; i < 3; i++)
		unlink(p.path[i]);
	lab_network_free(p.network);
	return result;
}

/* ---- a board's, by several processes ---- */

/* Every jobs-th pair of a board. */
static int work(const struct options *o, size_t board, size_t job, struct sums *sums)
{
	size_t scheme, run, kind, i, number = 0;

	for (scheme = 0; scheme < N(schemes); scheme++)
		for (run = 0; run < N(runs); run++)
			for (kind = 0; kind < LAB_KINDS; kind++)
				for (i = 0; i < o->pairs; i++) {
					uint64_t condition = board << 24 | scheme << 16 | run << 8 | kind;

					if (number++ % o->jobs != job ||
					    (o->scheme && strcmp(o->scheme, schemes[scheme])))
						continue;
					if (draw_pair(sums, o, boards[board], schemes[scheme], runs[run], kind,
						      lab_mix(o->seed, lab_mix(condition, i)), job))
						return -1;
				}
	return 0;
}

static void merge(struct sums *to, const struct sums *from)
{
	to->pairs += from->pairs;
	to->none += from->none;
	to->layers += from->layers;
	to->alone += from->alone;
	to->totals += from->totals;
	to->total_alone += from->total_alone;
	to->dear += from->dear;
	to->found += from->found;
	to->each += from->each;
	to->each_found += from->each_found;
	to->exact += from->exact;
	to->control += from->control;
	to->control_exact += from->control_exact;
	to->others += from->others;
}

/* -1: a worker failed or died, and the sum is not whole. */
static int run_board(const struct options *o, size_t board, struct sums *sum)
{
	struct sums part = { .pairs = 0 };
	size_t i, heard = 0;
	int pipes[2], status, bad = 0;

	memset(sum, 0, sizeof(*sum));
	if (pipe(pipes))
		return -1;
	fflush(NULL);
	for (i = 0; i < o->jobs; i++) {
		pid_t child = fork();

		if (child < 0) {
			fprintf(stderr, "bench-compare: fork: %s\n", strerror(errno));
			bad = 1;
			break;
		}
		if (!child)
			_exit(work(o, board, i, &part) ||
			      write(pipes[1], &part, sizeof(part)) != (ssize_t)sizeof(part));
	}
	close(pipes[1]);
	while (read(pipes[0], &part, sizeof(part)) == (ssize_t)sizeof(part)) {
		merge(sum, &part);
		heard++;
	}
	close(pipes[0]);
	while (wait(&status) > 0)
		bad |= status;
	return bad || heard < o->jobs ? -1 : 0;
}

/* ---- what they give ---- */

static int judge(const char *what, size_t k, size_t n, double least, double most)
{
	double low, high, part = n ? (double)k / (double)n : NAN;
	int met = part >= least && part <= most;

	lab_binomial(k, n, &low, &high);
	printf("  %s %s: %zu of %zu, %.1f %% (%.1f to %.1f)\n", met ? "met    " : "NOT MET", what,
	       k, n, 100 * part, 100 * low, 100 * high);
	return met;
}

static int print_board(const char *name, const struct sums *s)
{
	int met = 1;

	printf("%s\n", name);
	met &= judge("equal layers called different, each looked at alone", s->alone, s->layers,
		     ALONE_LOW, ALONE_HIGH);
	met &= judge("equal pairs in which the default names none", s->none, s->pairs, NONE, 1);
	met &= judge("layers 5 % dearer, difference known to +-2 % or less, named by the default", s->found,
		     s->dear, FOUND, 1);
	met &= judge("layers 5 % dearer, known to +-2 % or less each, named by the default", s->each_found,
		     s->each, FOUND, 1);
	printf("          of these the difference's interval holds the true one of %zu, and of them as they were in the equal pair of %zu of %zu\n",
	       s->exact, s->control_exact, s->control);
	printf("          equal layers named beside them: %zu; equal totals called different: %zu of %zu\n",
	       s->others, s->total_alone, s->totals);
	return met;
}

static int usage(void)
{
	fputs("usage: compare [--pairs N] [--seed N] [--jobs N] [--board NAME] [--scheme NAME] [--csv FILE] DIR\n"
	      "Recordings are made in DIR and removed. N pairs of each of 6 networks in each of 9 conditions.\n",
	      stderr);
	return 2;
}

int main(int argc, char **argv)
{
	static const struct option names[] = {
		{ "pairs", 1, NULL, 'n' }, { "seed", 1, NULL, 's' }, { "jobs", 1, NULL, 'j' },
		{ "board", 1, NULL, 'b' }, { "scheme", 1, NULL, 'm' }, { "csv", 1, NULL, 'c' }, { 0 }
	};
	struct options o = { .pairs = 2, .jobs = 2, .seed = 1 };
	struct sums sum;
	size_t board;
	int c, met = 1;

	gsl_set_error_handler_off();
	while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (c == 'n')
			o.pairs = strtoul(optarg, NULL, 10);
		else if (c == 's')
			o.seed = strtoull(optarg, NULL, 10);
		else if (c == 'j')
			o.jobs = strtoul(optarg, NULL, 10);
		else if (c == 'b')
			o.board = optarg;
		else if (c == 'm')
			o.scheme = optarg;
		else if (c == 'c' && !(o.csv = fopen(optarg, "a"))) {
			fprintf(stderr, "bench-compare: %s: %s\n", optarg, strerror(errno));
			return 1;
		} else if (c != 'c')
			return usage();
	}
	if (!o.pairs || !o.jobs || optind + 1 != argc)
		return usage();
	o.directory = argv[optind];
	if (o.csv) {
		fputs("board,scheme,runs,network,layer,time_us,a_ci95_pct,b_ci95_pct,difference_pct,ci95_pct,p,named\n", o.csv);
		fflush(o.csv);
	}
	for (board = 0; board < N(boards); board++) {
		if (o.board && strcmp(o.board, boards[board]))
			continue;
		if (run_board(&o, board, &sum))
			return 1;
		met &= print_board(boards[board], &sum);
	}
	return met ? 0 : 1;
}
