// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * synergy-record: record the stream of power and counters while any program runs,
 * or until it is told to stop. It attributes nothing: synergy-report does.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <locale.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/recording.h"
#include "lib/synergy.h"
#include "measure/capture.h"
#include "measure/events.h"
#include "measure/notes.h"
#include "tools/options.h"

enum { EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_NO_DEVICE = 3 };

static const char usage_text[] =
"usage: synergy-record [OPTION...] [-- COMMAND [ARG...]]\n"
"Record power, counters and marks from /dev/synergy while COMMAND runs, or until\n"
"interrupted. synergy-report tells what is in the recording.\n"
"\n"
"  -o, --output FILE     the recording (capture.syn); - is standard output\n"
"  -e, --events LIST     libpfm4 or kernel names, PMU/config=0x74,name=simd/\n"
"      --rate HZ         power samples a second; max: as fast as bus and chip allow\n"
"      --conversion US   a shunt conversion, 140 to 8244 (the longest that fits)\n"
"                        (1000, or what can be carried)\n"
"      --rails LIST      rails to sample (all)\n"
"      --pmu-every N     counters of every core each Nth sample, 0 at marks only (1)\n"
"      --duration S      without COMMAND: stop after S seconds\n"
"      --name NAME       what to call it in reports (the command's name)\n"
"      --join            read along in a session that another program has\n"
"      --no-mark         no marks around COMMAND (when it makes its own)\n"
"      --no-dither       sample at an exact period\n"
"      --multiplex       allow more events than the PMU counts at once\n"
"      --device FILE     instead of /dev/synergy\n"
"  -q, --quiet           no summary\n"
"  -h, --help            this\n"
"  -V, --version         version\n"
"\n"
"Exit status: COMMAND's, 128 + N when signal N ended it; else 0 done, 1 failed, 2\n"
"wrong usage, 3 no device.\n";

enum {
	OPT_RATE = 256, OPT_CONVERSION, OPT_RAILS, OPT_PMU_EVERY, OPT_DURATION, OPT_NAME, OPT_JOIN, OPT_NO_MARK,
	OPT_NO_DITHER, OPT_MULTIPLEX, OPT_DEVICE,
};

static const struct option long_options[] = {
	{ "output", required_argument, NULL, 'o' },
	{ "events", required_argument, NULL, 'e' },
	{ "rate", required_argument, NULL, OPT_RATE },
	{ "conversion", required_argument, NULL, OPT_CONVERSION },
	{ "rails", required_argument, NULL, OPT_RAILS },
	{ "pmu-every", required_argument, NULL, OPT_PMU_EVERY },
	{ "duration", required_argument, NULL, OPT_DURATION },
	{ "name", required_argument, NULL, OPT_NAME },
	{ "join", no_argument, NULL, OPT_JOIN },
	{ "no-mark", no_argument, NULL, OPT_NO_MARK },
	{ "no-dither", no_argument, NULL, OPT_NO_DITHER },
	{ "multiplex", no_argument, NULL, OPT_MULTIPLEX },
	{ "device", required_argument, NULL, OPT_DEVICE },
	{ "quiet", no_argument, NULL, 'q' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

struct record {
	const char *output, *events, *name;
	double duration_s;		/* 0: no limit */
	uint64_t pmu_every;		/* UINT64_MAX: not said */
	bool no_mark, quiet;
	struct synergy_capture_options options;
	struct synergy_events resolved;
	int argc;
	char **argv;			/* the whole command line */
	char **command;			/* NULL: none */
	struct synergy_capture *capture;
	struct synergy_recording *recording;
	struct synergy_error error;
};

static volatile sig_atomic_t signalled;
static volatile sig_atomic_t command_pid;	/* 0: not running */

/* The terminal sends SIGINT to the command itself. */
static void on_signal(int number)
{
	int saved = errno;

	signalled = number;
	if (number == SIGTERM && command_pid)
		kill(command_pid, SIGTERM);
	errno = saved;
}

static void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void say(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fputs("synergy-record: ", stderr);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
	va_end(args);
}

static int parse_option(struct record *r, int option, const char *text)
{
	switch (option) {
	case 'o':
		r->output = text;
		return 0;
	case 'e':
		r->events = text;
		return 0;
	case 'q':
		r->quiet = true;
		return 0;
	case OPT_RATE:
		r->options.fastest = !strcmp(text, "max");
		return r->options.fastest ? 0 :
			synergy_option_real("--rate", text, 0.1, 1e6, &r->options.rate_hz,
					    &r->error);
	case OPT_CONVERSION:
		return synergy_option_conversion("--conversion", text, &r->options.conversion_ns,
						 &r->error);
	case OPT_RAILS:
		r->options.rails = text;
		return 0;
	case OPT_PMU_EVERY:
		return synergy_option_unsigned("--pmu-every", text, 0, 1000000, &r->pmu_every,
					       &r->error);
	case OPT_DURATION:
		return synergy_option_real("--duration", text, 0.001, 1e7, &r->duration_s,
					   &r->error);
	case OPT_NAME:
		r->name = text;
		return 0;
	case OPT_JOIN:
		r->options.join = true;
		return 0;
	case OPT_NO_MARK:
		r->no_mark = true;
		return 0;
	case OPT_NO_DITHER:
		r->options.no_dither = true;
		return 0;
	case OPT_MULTIPLEX:
		r->options.multiplex = true;
		return 0;
	case OPT_DEVICE:
		r->options.device = text;
		return 0;
	default:
		return -1;
	}
}

/* -1 go on, else the exit status */
static int parse(struct record *r, int argc, char **argv)
{
	int option;

	opterr = 0;
	/* "+": what follows the first word that is no option is the command's. */
	while ((option = getopt_long(argc, argv, "+:o:e:qhV", long_options, NULL)) != -1) {
		switch (option) {
		case 'h':
			fputs(usage_text, stdout);
			return 0;
		case 'V':
			printf("synergy-record %s\n", SYNERGY_LIB_VERSION);
			return 0;
		case ':':
		case '?':
			say("%s: %s (--help tells the options)", argv[optind - 1],
			    option == ':' ? "needs a value" : "no such option");
			return EXIT_USAGE;
		}
		if (parse_option(r, option, optarg)) {
			say("%s (--help tells the options)", r->error.message);
			return EXIT_USAGE;
		}
	}
	if (optind < argc)
		r->command = argv + optind;
	if (r->command && r->duration_s > 0) {
		say("--duration is for recording without a command");
		return EXIT_USAGE;
	}
	if (r->options.join && (r->events || r->options.rails || r->options.rate_hz > 0 ||
				r->options.fastest || r->options.conversion_ns)) {
		say("--join takes the session as it is: no --events, --rails, --rate, --conversion with it");
		return EXIT_USAGE;
	}
	return -1;
}

static int open_output(struct record *r)
{
	int fd;

	if (strcmp(r->output, "-")) {
		r->recording = synergy_recording_create(r->output, 64ULL << 20, &r->error);
		return r->recording ? 0 : -1;
	}
	if (isatty(STDOUT_FILENO))
		return synergy_error_set(&r->error, EINVAL,
			"-o -: a recording is not for a terminal; give a file");
	/* The command's own output must not land in the recording. */
	fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	if (fd < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		return synergy_error_set(&r->error, errno, "standard output: %s", strerror(errno));
	r->recording = synergy_recording_create_fd(fd, "standard output", &r->error);
	return r->recording ? 0 : -1;
}

/* The command as the only layer of the only inference, so that reports have a row. */
static int write_layer(struct record *r, const char *name)
{
	char text[512], quoted[256];
	size_t i, n = 0;

	for (i = 0; name[i] && n + 3 < sizeof(quoted); i++) {
		if (name[i] == '"')
			quoted[n++] = '"';
		quoted[n++] = (unsigned char)name[i] < 0x20 ? ' ' : name[i];
	}
	quoted[n] = '\0';
	snprintf(text, sizeof(text),
		 "index,layer,op,mac,params,bytes_in,bytes_out\n0,\"%s\",Command,0,,,\n", quoted);
	return synergy_recording_layers(r->recording, text, &r->error);
}

static int write_notes(struct record *r)
{
	struct synergy_notes notes = { 0 };
	const char *name = r->name;
	int result;

	if (!name && r->command) {
		name = strrchr(r->command[0], '/');
		name = name ? name + 1 : r->command[0];
	}
	synergy_notes_add(&notes, "network", "%s", name ? name : "recording");
	synergy_notes_add_host(&notes, "synergy-record", 0);
	synergy_notes_add_command(&notes, r->argc, r->argv);
	result = notes.failed ? synergy_error_set(&r->error, ENOMEM, "notes: no memory") :
		synergy_recording_note(r->recording, notes.text, &r->error);
	synergy_notes_free(&notes);
	if (!result && r->command && !r->no_mark)
		result = write_layer(r, name);
	return result;
}

/* Open everything; -1 go on, else the exit status. */
static int open_all(struct record *r)
{
	bool no_device;

	if (r->events && synergy_events_resolve(r->events, NULL, &r->resolved, &r->error)) {
		say("%s", r->error.message);
		return EXIT_FAILED;
	}
	if (*r->resolved.note && !r->quiet)
		say("%s", r->resolved.note);
	r->options.events = &r->resolved;
	r->options.measured_cpu = -1;
	r->options.pmu_every = r->pmu_every != UINT64_MAX ? r->pmu_every :
		r->resolved.n_columns ? 1 : 0;
	r->capture = synergy_capture_open(&r->options, &r->error);
	if (!r->capture) {
		no_device = errno == ENODEV || errno == EPROTO || errno == ENXIO ||
			access(r->options.device ? r->options.device : SYNERGY_DEVICE_PATH, F_OK);
		say("%s", r->error.message);
		return no_device ? EXIT_NO_DEVICE : EXIT_FAILED;
	}
	if (open_output(r) || write_notes(r) ||
	    synergy_capture_start(r->capture, r->recording, &r->error)) {
		say("%s", r->error.message);
		return EXIT_FAILED;
	}
	return -1;
}

static void mark_one(struct record *r, uint32_t kind, uint32_t id)
{
	if (synergy_stream_mark(synergy_capture_stream(r->capture), kind, id, 0,
				SYNERGY_MARK_F_ALL_CPUS))
		say("mark: %s", strerror(errno));
}

/* Inference outside, layer inside. */
static void mark(struct record *r, uint32_t kind)
{
	if (r->no_mark)
		return;
	mark_one(r, kind, kind == SYNERGY_MARK_BEGIN ? SYNERGY_MARK_ID_RUN : 0);
	mark_one(r, kind, kind == SYNERGY_MARK_BEGIN ? 0 : SYNERGY_MARK_ID_RUN);
}

/* Waits for a signal, the end of the time, or of recording itself. */
static void wait_for_end(const struct record *r)
{
	struct timespec tick = { 0, 50000000 }, now, begin;
	double passed;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	while (!signalled && synergy_capture_alive(r->capture)) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		passed = now.tv_sec - begin.tv_sec + (now.tv_nsec - begin.tv_nsec) / 1e9;
		if (r->duration_s > 0 && passed >= r->duration_s)
			return;
		if (r->duration_s > 0 && r->duration_s - passed < 0.05)
			tick.tv_nsec = (long)((r->duration_s - passed) * 1e9) + 1;
		nanosleep(&tick, NULL);
	}
}

/* Runs the command between marks; its exit status, or -1 with the error filled. */
static int run_command(struct record *r)
{
	int status, failed[2], why = 0;
	pid_t child;

	if (pipe2(failed, O_CLOEXEC))
		return synergy_error_set(&r->error, errno, "pipe: %s", strerror(errno));
	mark(r, SYNERGY_MARK_BEGIN);
	child = fork();
	if (!child) {
		signal(SIGINT, SIG_DFL);
		signal(SIGTERM, SIG_DFL);
		execvp(r->command[0], r->command);
		why = errno;
		(void)!write(failed[1], &why, sizeof(why));
		_exit(127);
	}
	close(failed[1]);
	if (child < 0) {
		close(failed[0]);
		return synergy_error_set(&r->error, errno, "fork: %s", strerror(errno));
	}
	command_pid = child;
	/* One that came before there was a command to pass it on to. */
	if (signalled == SIGTERM)
		kill(child, SIGTERM);
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR) {
			synergy_error_set(&r->error, errno, "%s: %s", r->command[0],
					  strerror(errno));
			status = -1;
			break;
		}
	command_pid = 0;
	mark(r, SYNERGY_MARK_END);
	if (read(failed[0], &why, sizeof(why)) != sizeof(why))
		why = 0;
	close(failed[0]);
	if (why)
		return synergy_error_set(&r->error, why, "%s: %s", r->command[0], strerror(why));
	if (status < 0)
		return -1;
	if (WIFSIGNALED(status))
		return 128 + WTERMSIG(status);
	return WEXITSTATUS(status);
}

static void summary(const struct record *r, const struct synergy_capture_totals *t)
{
	const struct synergy_stats *s = &t->stats;

	if (r->quiet)
		return;
	say("%s: %llu bytes; %llu power records (%llu repeats), %llu of counters, %llu marks; %llu lost, %llu failed reads, %llu ticks missed of %llu",
	    r->output, (unsigned long long)synergy_recording_bytes(r->recording),
	    (unsigned long long)s->power_records, (unsigned long long)s->power_repeats,
	    (unsigned long long)s->pmu_records, (unsigned long long)s->marker_records,
	    (unsigned long long)s->lost_here, (unsigned long long)s->error_records,
	    (unsigned long long)s->ticks_missed,
	    (unsigned long long)(s->ticks + s->ticks_missed));
}

static int record(struct record *r)
{
	struct sigaction action = { .sa_handler = on_signal };
	struct synergy_capture_totals totals;
	int status = 0, result;

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	/* Inherited as ignored, it would take the command's exit status away. */
	signal(SIGCHLD, SIG_DFL);
	if (r->command)
		status = run_command(r);
	else
		wait_for_end(r);
	if (status < 0) {
		say("%s", r->error.message);
		status = EXIT_FAILED;
	}
	result = synergy_capture_stop(r->capture, &totals, &r->error);
	if (!result) {
		summary(r, &totals);
		result = synergy_recording_close(r->recording, &r->error);
		r->recording = NULL;
	}
	if (result) {
		say("%s", r->error.message);
		return EXIT_FAILED;
	}
	if (totals.device_gone) {
		say("the device went away while recording; what came before is in %s", r->output);
		return EXIT_FAILED;
	}
	return status;
}

int main(int argc, char **argv)
{
	struct record r = {
		.output = "capture.syn",
		.pmu_every = UINT64_MAX,
		.argc = argc,
		.argv = argv,
	};
	int status;

	setlocale(LC_CTYPE, "");
	status = parse(&r, argc, argv);
	if (status >= 0)
		return status;
	status = open_all(&r);
	if (status < 0)
		status = record(&r);
	synergy_capture_close(r.capture);
	synergy_recording_close(r.recording, NULL);
	synergy_events_free(&r.resolved);
	return status;
}
