// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * synergy-sweep: the same networks over frequencies, governors, cores, threads, back ends:
 * runs a plan, resumes one, makes one table of one or more boards' results.
 */
#include <errno.h>
#include <gsl/gsl_errno.h>
#include <limits.h>
#include <locale.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sweep/choice.h"
#include "sweep/guardian.h"
#include "sweep/results.h"
#include "sweep/sweep.h"
#include "tools/shared_options.h"
#include "tools/tool.h"

struct sweep_options {
	const char *plan, *output, *board, *program;
	const char *clocks, *cpus, *threads, *backends, *convs, *batches, *extra;
	uint64_t repeats, seed, job;
	double cool_to, cool_time, period;
	bool collect, restore, dry_run, quiet;
};

#define O struct sweep_options
#define NO_JOB	UINT64_MAX

static const struct synergy_option options[] = {
	SYNERGY_TITLE("What is run"),
	SYNERGY_TEXT("plan", 0, "FILE", O, plan, NULL,
		     "read the plan from FILE; options change it"),
	SYNERGY_TEXT("clocks", 0, "LIST", O, clocks, NULL,
		     "frequencies (710MHz, 1.73GHz) and governors (schedutil); found: as it is"),
	SYNERGY_TEXT("cpus", 0, "LIST", O, cpus, NULL,
		     "synergy-run's --cpu, parted by blanks: '1 4-7'"),
	SYNERGY_TEXT("threads", 0, "LIST", O, threads, NULL, "numbers of threads"),
	SYNERGY_TEXT("backends", 0, "LIST", O, backends, NULL, "synergy-run's --backend"),
	SYNERGY_TEXT("convs", 0, "LIST", O, convs, NULL, "synergy-run's --conv"),
	SYNERGY_TEXT("batches", 0, "LIST", O, batches, NULL, "synergy-run's --batch"),
	SYNERGY_TEXT("options", 0, "TEXT", O, extra, NULL,
		     "more options of synergy-run, for every run: '--until 2 -e BUS_ACCESS'"),
	SYNERGY_UNSIGNED("repeats", 0, "N", O, repeats, 1, SYNERGY_SWEEP_MOST_REPEATS, NULL,
			 "run everything N times, each time in another order (1)"),
	SYNERGY_UNSIGNED("seed", 0, "N", O, seed, 0, UINT64_MAX - 1, NULL, "of the orders (1)"),
	SYNERGY_TITLE("How"),
	SYNERGY_REAL("cool-to", 0, "C", O, cool_to, -50, 200, NULL,
		     "before each run wait until no thermal zone is hotter, degrees Celsius (3 over the sweep's begin)"),
	SYNERGY_REAL("cool-time", 0, "SECONDS", O, cool_time, 0, 86400, "120",
		     "but no longer"),
	SYNERGY_UNSIGNED("job", 0, "N", O, job, 0, SYNERGY_SWEEP_MOST_RUNS, NULL,
			 "run number N of the plan's order alone, from 0"),
	SYNERGY_TEXT("board", 0, "NAME", O, board, NULL,
		     "what this board is called in the results (the host's name)"),
	SYNERGY_TEXT("program", 0, "FILE", O, program, NULL,
		     "instead of synergy-run"),
	SYNERGY_FLAG("dry-run", 0, O, dry_run, "print the runs in their order, run none"),
	SYNERGY_FLAG("restore", 0, O, restore,
		     "put the clock back as an interrupted sweep had found it, and end"),
	SYNERGY_FLAG("collect", 0, O, collect,
		     "run nothing: operands are directories of sweeps, whose results go into one table"),
	SYNERGY_TITLE("What comes out"),
	SYNERGY_TEXT("output", 'o', "DIR", O, output, NULL,
		     "runs, results.csv, choices.csv, sweep.html; what is there already is not run again"),
	SYNERGY_REAL("period", 0, "SECONDS", O, period, 1e-6, 86400, NULL,
		     "an image each so many seconds: idle power counts between them (as long as the slowest configuration takes)"),
	SYNERGY_ROW_QUIET(O, quiet, "no progress, no table"),
	SYNERGY_END,
};

#undef O

static const struct synergy_tool tool = {
	.name = "synergy-sweep",
	.operands = "MODEL...",
	.about = "Measure networks over a board's clocks, cores, threads, back ends and methods: the product of what the options name. An interrupted sweep goes on where it was; the clock is put back as it was found.",
	.after =
"Exit status: 0 all is done, 1 something failed, 2 wrong usage. More in synergy-sweep(1).\n",
	.files = "*.onnx *.prototxt",
	.options = options,
	.least_operands = 0,
	.most_operands = SIZE_MAX,
	.missing = "a model is needed",
};

static volatile int stop;
static volatile sig_atomic_t stopped_by;

static void on_signal(int number)
{
	stop = 1;
	stopped_by = number;
}

static void watch_signals(void)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction act = { .sa_handler = on_signal };
	size_t i;

	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		sigaction(numbers[i], &act, NULL);
}

static const char *state_directory(void)
{
	const char *directory = getenv("SYNERGY_STATE_DIR");

	return directory && *directory ? directory : SYNERGY_STATE_DIR;
}

/* A prefix of /sys, for tests. */
static const char *root(void)
{
	const char *prefix = getenv("SYNERGY_ROOT");

	return prefix ? prefix : "";
}

/* synergy-run beside this program, where it is; else by the path. */
static const char *find_program(const struct sweep_options *o, char *path, size_t size)
{
	ssize_t n;
	char *slash;

	if (o->program)
		return o->program;
	n = readlink("/proc/self/exe", path, size - 1);
	if (n > 0) {
		path[n] = '\0';
		slash = strrchr(path, '/');
		if (slash && (size_t)(slash - path) + sizeof("/synergy-run") <= size) {
			strcpy(slash, "/synergy-run");
			if (!access(path, X_OK))
				return path;
		}
	}
	return "synergy-run";
}

/* ---- the plan ---- */

static int set_models(struct synergy_sweep_plan *plan, int n, char **models,
		      struct synergy_error *error)
{
	char *text = NULL, *absolute;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int i, result;

	if (!out)
		return synergy_error_set(error, ENOMEM, "models: no memory");
	for (i = 0; i < n; i++) {
		absolute = realpath(models[i], NULL);
		if (!absolute || strpbrk(absolute, " \t,")) {
			result = synergy_error_set(error, absolute ? EINVAL : errno, "%s: %s", models[i],
				absolute ? "a path with blanks or commas" : strerror(errno));
			free(absolute);
			fclose(out);
			free(text);
			return result;
		}
		fprintf(out, "%s ", absolute);
		free(absolute);
	}
	fclose(out);
	result = synergy_sweep_plan_set(plan, "models", text, error);
	free(text);
	return result;
}

static int make_plan(const struct sweep_options *o, int n_models, char **models,
		     struct synergy_sweep_plan *plan, struct synergy_error *error)
{
	const struct {
		const char *key, *words;
	} given[] = {
		{ "clocks", o->clocks }, { "cpus", o->cpus }, { "threads", o->threads },
		{ "backends", o->backends }, { "convs", o->convs }, { "batches", o->batches },
		{ "options", o->extra },
	};
	size_t i;

	if (o->plan && synergy_sweep_plan_read(plan, o->plan, error))
		return -1;
	for (i = 0; i < sizeof(given) / sizeof(given[0]); i++)
		if (given[i].words && synergy_sweep_plan_set(plan, given[i].key, given[i].words, error))
			return -1;
	if (o->repeats)
		plan->repeats = o->repeats;
	if (o->seed != UINT64_MAX)
		plan->seed = o->seed;
	if (n_models && set_models(plan, n_models, models, error))
		return -1;
	return synergy_sweep_plan_check(plan, error);
}

static int print_plan(const struct synergy_sweep_plan *plan, struct synergy_error *error)
{
	size_t n = synergy_sweep_plan_configs(plan), *order = calloc(n, sizeof(*order)), i, number = 0;
	uint64_t repeat;
	int a;

	if (!order)
		return synergy_error_set(error, ENOMEM, "plan: no memory");
	for (repeat = 0; repeat < plan->repeats; repeat++) {
		synergy_sweep_plan_order(plan, repeat, order);
		for (i = 0; i < n; i++) {
			printf("%zu", number++);
			for (a = 0; a < SYNERGY_AXES; a++)
				if (*synergy_sweep_plan_word(plan, order[i], a))
					printf(" %s", synergy_sweep_plan_word(plan, order[i], a));
			putchar('\n');
		}
	}
	free(order);
	return 0;
}

/* ---- what is done ---- */

static int write_file(const char *output, const char *name, const struct synergy_choices *choices,
		      int (*write)(const struct synergy_choices *choices, FILE *out),
		      struct synergy_error *error)
{
	char path[PATH_MAX];
	FILE *out;
	int bad;

	snprintf(path, sizeof(path), "%s/%s", output, name);
	out = fopen(path, "we");
	if (!out)
		return synergy_error_set(error, errno, "%s: %s", path, strerror(errno));
	bad = write(choices, out);
	if (fclose(out) || bad)
		return synergy_error_set(error, errno, "%s: cannot be written", path);
	return 0;
}

/* One table of these sweeps' runs, and which configuration costs least. */
static int make_results(const struct sweep_options *o, char *const *directories, size_t n,
			struct synergy_error *error)
{
	struct synergy_choices choices;
	char path[PATH_MAX];
	int result;

	if (synergy_results_write(directories, n, o->output, NULL, error))
		return -1;
	snprintf(path, sizeof(path), "%s/results.csv", o->output);
	result = synergy_choices_read(path, o->period * 1e6, &choices, error) ||
		write_file(o->output, "choices.csv", &choices, synergy_choices_write, error) ||
		write_file(o->output, "sweep.html", &choices, synergy_choices_write_page, error) ? -1 : 0;
	if (!result && !o->quiet && (synergy_choices_print(&choices, stdout) || fflush(stdout)))
		result = synergy_error_set(error, errno, "standard output: %s", strerror(errno));
	synergy_choices_clear(&choices);
	return result;
}

static int run_plan(const struct sweep_options *o, const struct synergy_sweep_plan *plan,
		    struct synergy_error *error)
{
	char program[PATH_MAX];
	struct synergy_sweep sweep = {
		.plan = plan, .directory = o->output, .root = root(),
		.state_directory = state_directory(), .board = o->board,
		.program = find_program(o, program, sizeof(program)),
		.only = o->job == NO_JOB ? -1 : (long)o->job, .cool_c = o->cool_to,
		.cool_s = o->cool_time, .stop = &stop, .progress = o->quiet ? NULL : stderr,
	};
	struct synergy_error other;
	char *directory = (char *)o->output;
	int result, saved;

	watch_signals();
	result = synergy_sweep_run(&sweep, error);
	saved = errno;
	/* What there is, is of use; that no run is done yet is no second error. */
	if ((!result || saved == ECHILD || saved == EINTR) &&
	    make_results(o, &directory, 1, result ? &other : error) && !result)
		return -1;
	if (saved == EINTR && result)
		synergy_error_set(error, EINTR, "interrupted after %zu of %zu runs; the same command goes on",
				  sweep.n_done + sweep.n_skipped, sweep.n_runs);
	else if (sweep.n_failed)
		synergy_say("%zu of %zu runs failed; the same command tries them again",
			    sweep.n_failed, sweep.n_runs);
	errno = saved;
	return result;
}

static int restore(struct synergy_error *error)
{
	int result = synergy_guardian_restore(state_directory(), root(), error);

	if (result >= 0)
		puts(result ? "the clock is back as it was found" : "there is nothing to restore");
	return result < 0 ? -1 : 0;
}

static int sweep(const struct sweep_options *o, int n, char **operands, struct synergy_error *error)
{
	struct synergy_sweep_plan *plan = synergy_sweep_plan_new();
	int result;

	if (!plan)
		return synergy_error_set(error, ENOMEM, "plan: no memory");
	result = make_plan(o, n, operands, plan, error);
	if (!result)
		result = o->dry_run ? print_plan(plan, error) : run_plan(o, plan, error);
	synergy_sweep_plan_free(plan);
	return result;
}

/* -1 go on, else the exit status */
static int check_use(const struct sweep_options *o, int n)
{
	if (o->restore)
		return n ? synergy_usage_error("--restore: takes no operand") : -1;
	if (!o->output && !o->dry_run)
		return synergy_usage_error("--output: a directory is needed");
	if (o->collect && !n)
		return synergy_usage_error("--collect: a sweep's directory is needed");
	if (!o->collect && !n && !o->plan)
		return synergy_usage_error("a model is needed, or --plan");
	return -1;
}

int main(int argc, char **argv)
{
	struct sweep_options o = { .job = NO_JOB, .seed = UINT64_MAX, .cool_to = NAN, .period = NAN };
	struct synergy_error error;
	int status;

	setlocale(LC_CTYPE, "");
	gsl_set_error_handler_off();
	status = synergy_tool_parse(&tool, &o, argc, argv);
	if (status < 0)
		status = check_use(&o, argc - optind);
	if (status >= 0)
		return status;
	argv += optind;
	argc -= optind;
	if (o.restore)
		status = restore(&error);
	else if (o.collect)
		status = make_results(&o, argv, (size_t)argc, &error);
	else
		status = sweep(&o, argc, argv, &error);
	if (!status)
		return 0;
	synergy_say("%s", error.message);
	if (errno == EINVAL && !o.collect && !o.restore)
		return SYNERGY_EXIT_USAGE;
	/* Ended by a signal is ended by that signal: a loop around it ends, too. */
	if (stopped_by) {
		signal(stopped_by, SIG_DFL);
		raise(stopped_by);
	}
	return SYNERGY_EXIT_FAILED;
}
