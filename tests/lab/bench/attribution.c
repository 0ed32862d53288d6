// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench-attribution, off line: do the intervals of a layer's own mean keep their promise?
 * Every board by every way of sampling, 3 to 30 runs, every network, some seeds each; a
 * session of its own for every one of them, with a sensor drawn for it. Prints counts with
 * their binomial intervals and writes them as CSV; exit status 1: an aim is not met.
 */
#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gsl/gsl_errno.h>

#include "tests/lab/lab.h"

/* The aims. */
#define POOLED_LOW	0.93	/* coverage of a class on a board, all its sessions */
#define POOLED_HIGH	0.98
#define CELL_LOW	0.90	/* of a single cell, less two standard errors */
#define CELL_LOW_3	0.85	/* with three runs */
#define TOO_WIDE	1.4	/* times what the rms error needs, where more than ... */
#define TOO_SURE	0.99	/* ... this is covered */
#define COMBINED	0.93	/* of the boards: total and sensor's part */
#define LEAST_BOARDS	300

#define MOST_RECORDED	16	/* networks */

static const char *const boards[] = { "classic", "tx1", "orin-nano", "agx-orin" };
static const char *const schemes[] = { "3x332", "3x332r", "140", "2x140", "max" };
static const size_t runs[] = { 3, 5, 10, 30 };

#define N_BOARDS	4
#define N_SCHEMES	5
#define N_RUNS		4

/* One cell: what one board, scheme and number of runs give, over networks and seeds. */
struct cell {
	struct lab_score score[LAB_CLASSES];
	size_t drawn, combined;		/* boards drawn, whose total the combined interval holds */
	size_t net_drawn, net;		/* the same above idle */
	size_t checks, alarms;		/* self-checks of good sessions, and those that failed */
};

struct options {
	size_t seeds, jobs, train_steps;
	uint64_t seed;
	const char *board, *scheme;	/* only this one; NULL all */
	size_t runs;			/* 0 all */
	int ladders;			/* only these */
	struct lab_network *recorded[MOST_RECORDED];	/* beside those that are made up */
	size_t n_recorded;
	FILE *csv;
};

/* The ladders of scripts/bench/ladder.py with their runs, and the errors to keep to, in %. */
static const struct {
	const char *network, *scheme;
	size_t runs;
} ladders[] = {
	{ "short4", "140", 1800 }, { "short3", "140", 1000 }, { "short2", "140", 1000 },
	{ "short1", "140", 1000 }, { "mid1", "140", 160 }, { "long1", "140", 60 },
	{ "long2", "3x332", 12 },
};
#define N_LADDERS	(sizeof(ladders) / sizeof(ladders[0]))
static const double ladder_errors[LAB_CLASSES] = {
	[LAB_TENTH] = 0.42, [LAB_ONE] = 0.27, [LAB_FIVE] = 0.28,
};

/* ---- one session ---- */

static void add_figures(struct cell *c, const struct lab_session *s, const struct lab_truth *t,
			const struct synergy_attribute_result *r)
{
	const struct synergy_rail_result *v = &r->rails[0];
	size_t i;

	for (i = 0; i <= t->n_layers; i++) {
		int whole = i == t->n_layers;
		const struct lab_energy *e = whole ? &t->total[LAB_CPU] : &t->layers[LAB_CPU][i];
		const struct synergy_figure *f = whole ? &v->total_uj : &v->layers[i].energy_uj;
		enum lab_class k = whole ? LAB_WHOLE : lab_class_of(e->ns, s->scheme->tick_ns);

		lab_score_add(&c->score[k], f->value, f->ci95,
			      lab_seen_uj(s, LAB_CPU, e->own, e->ns),
			      lab_seen_uj(s, LAB_CPU, e->here, e->ns));
	}
}

static void add_board(struct cell *c, const struct lab_truth *t,
		      const struct synergy_attribute_result *r)
{
	const struct synergy_rail_result *v = &r->rails[0];
	const struct lab_energy *e = &t->total[LAB_CPU];
	double net = e->own - t->idle_uw[LAB_CPU] * e->ns / 1e9;
	double total_u = 2 * synergy_sensor_u_uj(&v->sensor, e->own, e->ns / 1e3);
	double net_u = 2 * synergy_sensor_u_uj(&v->sensor, net, 0);

	c->drawn++;
	c->combined += fabs(v->total_uj.value - e->own) <= hypot(v->total_uj.ci95, total_u);
	c->net_drawn++;
	c->net += fabs(v->net_uj.value - net) <= hypot(v->net_uj.ci95, net_u);
}

static void add_checks(struct cell *c, const struct synergy_attribute_result *r)
{
	const struct synergy_rail_result *v = &r->rails[0];

	c->checks++;
	c->alarms += v->run_check.state == SYNERGY_CHECK_FAILED ||
		     v->converter_check.state == SYNERGY_CHECK_FAILED ||
		     r->clock_check.state == SYNERGY_CHECK_FAILED;
}

/* Network net is the made-up kind of that number, and from LAB_KINDS on a recorded one. */
static int session(const struct options *o, const char *board, const char *scheme, size_t n_runs,
		   size_t net, uint64_t seed, struct cell *c)
{
	struct lab_network *made = net < LAB_KINDS ? lab_network_make((enum lab_kind)net, seed, 0) : NULL;
	struct lab_session s = {
		.network = made ? made : o->recorded[net - LAB_KINDS], .board = lab_board_find(board),
		.scheme = lab_scheme_find(scheme), .n_runs = n_runs, .seed = seed,
		.rails = 1U << LAB_CPU, .pause_low_ns = 2e6, .pause_high_ns = 6e6, .idle_ns = 100e6,
		.train_steps = o->train_steps,
	};
	struct synergy_attribute_result *r = NULL;
	struct synergy_attribute_input *in;
	struct synergy_error err = { "out of memory" };
	struct lab_random random;
	struct lab_truth t;

	lab_seed(&random, lab_mix(seed, 3));
	s.sensor = lab_board_draw(s.board, &random);
	in = lab_run(&s, &t);
	if (!in || synergy_attribute(in, NULL, &r, &err)) {
		fprintf(stderr, "bench-attribution: %s on %s, %s, %zu runs, seed %llu: %s\n", s.network->name,
			board, scheme, n_runs, (unsigned long long)seed, err.message);
		return -1;
	}
	add_figures(c, &s, &t, r);
	add_board(c, &t, r);
	add_checks(c, r);
	synergy_attribute_free(r);
	synergy_attribute_input_free(in);
	lab_truth_free(&t);
	lab_network_free(made);
	return 0;
}

/* ---- all of them, by several processes ---- */

static void merge(struct cell *c, const struct cell *more)
{
	int k;

	for (k = 0; k < LAB_CLASSES; k++)
		lab_score_merge(&c->score[k], &more->score[k]);
	c->drawn += more->drawn;
	c->combined += more->combined;
	c->net_drawn += more->net_drawn;
	c->net += more->net;
	c->checks += more->checks;
	c->alarms += more->alarms;
}

/* Sessions that go into one sum: seeds of these networks under one condition. */
struct batch {
	const char *board, *scheme;
	size_t runs, first, last;	/* networks; last is not one of them */
	uint64_t salt;
};

/* Every jobs-th session of a batch. */
static int work(const struct options *o, const struct batch *b, size_t job, struct cell *c)
{
	size_t net, i, number = 0;

	for (net = b->first; net < b->last; net++)
		for (i = 0; i < o->seeds; i++)
			if (number++ % o->jobs == job &&
			    session(o, b->board, b->scheme, b->runs, net,
				    lab_mix(o->seed, lab_mix(net << 16 | i, b->salt)), c))
				return -1;
	return 0;
}

/* How a child ended, in words, unless all is well. */
static int child_failed(const struct batch *b, int status)
{
	if (WIFSIGNALED(status))
		fprintf(stderr, "bench-attribution: %s, %s, %zu runs: a worker died of signal %d\n", b->board,
			b->scheme, b->runs, WTERMSIG(status));
	return status != 0;
}

/* -1: a worker failed or died, and the sum is not whole. */
static int run_batch(const struct options *o, const struct batch *b, struct cell *sum)
{
	struct cell c = { .drawn = 0 };
	int pipes[2], status, bad = 0;
	size_t i, heard = 0;

	if (pipe(pipes))
		return -1;
	fflush(NULL);
	memset(sum, 0, sizeof(*sum));
	for (i = 0; i < o->jobs; i++) {
		pid_t child = fork();

		if (child < 0) {
			fprintf(stderr, "bench-attribution: fork: %s\n", strerror(errno));
			bad = 1;
			break;
		}
		if (!child)
			_exit(work(o, b, i, &c) ||
			      write(pipes[1], &c, sizeof(c)) != (ssize_t)sizeof(c));
	}
	close(pipes[1]);
	while (read(pipes[0], &c, sizeof(c)) == (ssize_t)sizeof(c)) {	/* whole: less than PIPE_BUF */
		merge(sum, &c);
		heard++;
	}
	close(pipes[0]);
	while (wait(&status) > 0)
		bad |= child_failed(b, status);
	return bad || heard < o->jobs ? -1 : 0;
}

/* ---- what they give ---- */

static double share(size_t k, size_t n)
{
	return (double)k / (double)n;
}

static void print_score(FILE *out, const char *name, const struct lab_score *s)
{
	double low, high, n = (double)s->n;

	lab_binomial(s->own, s->n, &low, &high);
	fprintf(out, "    %-10s %6zu intervals: own mean in %5.1f %% (%.1f to %.1f), this recording's in %5.1f %%; error mean %.2f %%, rms %.2f %%; +- %.2f %%, %.2f of what the error needs\n",
		name, s->n, 100 * share(s->own, s->n), 100 * low, 100 * high,
		100 * share(s->here, s->n), 100 * s->error / n, 100 * sqrt(s->square / n),
		100 * s->width / n, s->width / n / 1.96 / sqrt(s->square / n));
}

static int verdict(int met, const char *what)
{
	printf("  %s %s\n", met ? "met    " : "NOT MET", what);
	return met;
}

/* Wider than its error needs, where nearly all are inside. */
static int too_wide(const struct lab_score *s)
{
	double n = (double)s->n;

	return share(s->own, s->n) > TOO_SURE &&
	       s->width / n > TOO_WIDE * 1.96 * sqrt(s->square / n);
}

static int judge_cell(const struct cell *c, const char *board, const char *scheme, size_t n_runs)
{
	int k, met = 1;

	for (k = LAB_TENTH; k < LAB_CLASSES; k++) {
		const struct lab_score *s = &c->score[k];
		double least = n_runs == 3 ? CELL_LOW_3 : CELL_LOW;
		char what[160];

		if (!s->n || share(s->own, s->n) >= least - 2 * sqrt(least * (1 - least) / (double)s->n))
			continue;
		snprintf(what, sizeof(what), "cell %s, %s, %zu runs, %s: %zu of %zu", board, scheme,
			 n_runs, lab_class_names[k], s->own, s->n);
		met &= verdict(0, what);
	}
	return met;
}

static int judge_board(const struct cell *c, const char *board)
{
	int k, met = 1;
	char what[160];

	for (k = LAB_TENTH; k < LAB_CLASSES; k++) {
		const struct lab_score *s = &c->score[k];

		if (!s->n)
			continue;
		print_score(stdout, lab_class_names[k], s);
		snprintf(what, sizeof(what), "%s, %s: covers 93 %% and more, not far too wide%s", board,
			 lab_class_names[k], share(s->own, s->n) > POOLED_HIGH ? " (more than 98)" : "");
		met &= verdict(share(s->own, s->n) >= POOLED_LOW && !too_wide(s), what);
	}
	snprintf(what, sizeof(what), "%s: combined figure holds the total of %zu of %zu drawn boards (at least %d), above idle of %zu",
		 board, c->combined, c->drawn, LEAST_BOARDS, c->net);
	met &= verdict(c->drawn >= LEAST_BOARDS && share(c->combined, c->drawn) >= COMBINED &&
		       share(c->net, c->net_drawn) >= COMBINED, what);
	snprintf(what, sizeof(what), "%s: self-checks fail in at most 2 of 100 good sessions: %zu of %zu",
		 board, c->alarms, c->checks);
	return met & verdict(share(c->alarms, c->checks) <= 0.02, what);
}

static void write_csv(FILE *csv, const char *board, const char *scheme, size_t n_runs,
		      const struct cell *c)
{
	int k;

	for (k = 0; csv && k < LAB_CLASSES; k++) {
		const struct lab_score *s = &c->score[k];

		if (s->n)
			fprintf(csv, "%s,%s,%zu,%s,%zu,%zu,%zu,%.6g,%.6g,%.6g\n", board, scheme, n_runs,
				lab_class_names[k], s->n, s->own, s->here, 100 * s->error / (double)s->n,
				100 * sqrt(s->square / (double)s->n), 100 * s->width / (double)s->n);
	}
}

static int run_board(const struct options *o, size_t board)
{
	struct cell sum = { .drawn = 0 }, c;
	size_t scheme, i;
	int met = 1;

	printf("%s: %s\n", boards[board], lab_board_find(boards[board])->source);
	for (scheme = 0; scheme < N_SCHEMES; scheme++)
		for (i = 0; i < N_RUNS; i++) {
			struct batch b = { boards[board], schemes[scheme], runs[i], 0, LAB_KINDS + o->n_recorded,
					   board << 24 | scheme << 16 | runs[i] };

			if ((o->scheme && strcmp(o->scheme, schemes[scheme])) || (o->runs && o->runs != runs[i]))
				continue;
			if (run_batch(o, &b, &c))
				return -1;
			fprintf(stderr, "bench-attribution: %s, %s, %zu runs done\n", boards[board],
				schemes[scheme], runs[i]);
			met &= judge_cell(&c, boards[board], schemes[scheme], runs[i]);
			write_csv(o->csv, boards[board], schemes[scheme], runs[i], &c);
			merge(&sum, &c);
		}
	return met & judge_board(&sum, boards[board]);
}

/* The ladders with as many runs as on the board: mean errors. */
static int run_ladders(const struct options *o)
{
	struct cell sum = { .drawn = 0 }, c;
	size_t i, net, found = 0;
	char what[160];
	int k, met = 1;

	for (i = 0; i < N_LADDERS; i++)
		for (net = 0; net < o->n_recorded; net++) {
			struct batch b = { "classic", ladders[i].scheme, ladders[i].runs, LAB_KINDS + net,
					   LAB_KINDS + net + 1, i << 32 };

			if (strncmp(o->recorded[net]->name, ladders[i].network, strlen(ladders[i].network)))
				continue;
			if (run_batch(o, &b, &c))
				return -1;
			fprintf(stderr, "bench-attribution: ladder %s done\n", ladders[i].network);
			merge(&sum, &c);
			found++;
		}
	printf("ladders on classic, %zu of %zu recorded, with their own runs:\n", found, N_LADDERS);
	for (k = LAB_TENTH; k <= LAB_FIVE; k++) {
		const struct lab_score *s = &sum.score[k];

		if (!s->n)
			continue;
		print_score(stdout, lab_class_names[k], s);
		snprintf(what, sizeof(what), "ladders, %s: mean error at most %.2f %%", lab_class_names[k],
			 ladder_errors[k]);
		met &= verdict(100 * s->error / (double)s->n <= ladder_errors[k], what);
	}
	return met;
}

/* ---- options ---- */

static int read_networks(struct options *o, const char *directory)
{
	struct dirent **names;
	int n = scandir(directory, &names, NULL, alphasort), i;
	struct synergy_error err = { "cannot be read" };
	char path[4096];

	for (i = 0; i < n; i++) {
		size_t length = strlen(names[i]->d_name);

		if (length < 7 || strcmp(names[i]->d_name + length - 6, ".power") ||
		    o->n_recorded == MOST_RECORDED)
			continue;
		snprintf(path, sizeof(path), "%s/%s", directory, names[i]->d_name);
		o->recorded[o->n_recorded] = lab_network_read(path, &err);
		if (!o->recorded[o->n_recorded++]) {
			fprintf(stderr, "bench-attribution: %s: %s\n", path, err.message);
			return -1;
		}
	}
	if (o->n_recorded)
		return 0;
	fprintf(stderr, "bench-attribution: %s: no network's power (*.power)\n", directory);
	return -1;
}

static int usage(void)
{
	fputs("usage: attribution [--seeds N] [--seed N] [--jobs N] [--train STEPS] [--power DIR] [--csv FILE]\n"
	      "                   [--board NAME] [--scheme NAME] [--runs 3|5|10|30] [--ladders]   only these\n", stderr);
	return 2;
}

int main(int argc, char **argv)
{
	static const struct option names[] = {
		{ "seeds", 1, NULL, 'n' }, { "seed", 1, NULL, 's' }, { "jobs", 1, NULL, 'j' },
		{ "train", 1, NULL, 't' }, { "power", 1, NULL, 'p' }, { "csv", 1, NULL, 'c' },
		{ "board", 1, NULL, 'b' }, { "scheme", 1, NULL, 'm' }, { "runs", 1, NULL, 'r' },
		{ "ladders", 0, NULL, 'l' }, { 0 }
	};
	struct options o = { .seeds = 6, .jobs = 2, .train_steps = 200, .seed = 1 };
	size_t board;
	int c, met = 1;

	gsl_set_error_handler_off();
	while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (c == 'n')
			o.seeds = strtoul(optarg, NULL, 10);
		else if (c == 's')
			o.seed = strtoull(optarg, NULL, 10);
		else if (c == 'j')
			o.jobs = strtoul(optarg, NULL, 10);
		else if (c == 't')
			o.train_steps = strtoul(optarg, NULL, 10);
		else if (c == 'p' && read_networks(&o, optarg))
			return 1;
		else if (c == 'c' && !(o.csv = fopen(optarg, "w"))) {
			fprintf(stderr, "bench-attribution: %s: %s\n", optarg, strerror(errno));
			return 1;
		}
		else if (c == 'b')
			o.board = optarg;
		else if (c == 'm')
			o.scheme = optarg;
		else if (c == 'r')
			o.runs = strtoul(optarg, NULL, 10);
		else if (c == 'l')
			o.ladders = 1;
		else if (c == '?')
			return usage();
	}
	if (!o.seeds || !o.jobs || optind < argc)
		return usage();
	if (o.csv)
		fputs("board,scheme,runs,class,intervals,own,here,error_pct,rms_pct,width_pct\n", o.csv);
	for (board = 0; board < N_BOARDS && !o.ladders; board++) {
		int result;

		if (o.board && strcmp(o.board, boards[board]))
			continue;
		result = run_board(&o, board);
		if (result < 0)
			return 1;
		met &= result;
	}
	if (o.n_recorded && !o.board && !o.scheme && !o.runs) {
		int result = run_ladders(&o);

		if (result < 0)
			return 1;
		met &= result;
	}
	if (o.csv && fclose(o.csv)) {
		fprintf(stderr, "bench-attribution: CSV: %s\n", strerror(errno));
		return 1;
	}
	return met ? 0 : 1;
}
