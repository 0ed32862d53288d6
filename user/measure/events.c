// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Event names to codes; the order of lookup is in events.h. What is found
 * here has not been tried: only the module (or perf_event_open) knows whether a
 * core really counts it.
 */
#include "measure/events.h"

#include <ctype.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <perfmon/pfmlib.h>
#include <perfmon/pfmlib_perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/array.h"
#include "measure/closest_match.h"
#include "measure/pmus.h"

struct resolver {
	struct synergy_pmus pmus;
	struct synergy_events *out;
	struct synergy_error *error;
	const char *item;	/* what the user wrote, for messages */
	char name[SYNERGY_NAME_LEN];
	uint32_t flags;
};

static const struct kernel_name {
	const char *name;
	uint32_t type;
	uint64_t config;
} kernel_names[] = {
	{ "cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES },
	{ "cpu-cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES },
	{ "instructions", PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS },
	{ "cache-references", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_REFERENCES },
	{ "cache-misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES },
	{ "branches", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_INSTRUCTIONS },
	{ "branch-instructions", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_INSTRUCTIONS },
	{ "branch-misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_MISSES },
	{ "bus-cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BUS_CYCLES },
	{ "ref-cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_REF_CPU_CYCLES },
	{ "stalled-cycles-frontend", PERF_TYPE_HARDWARE, PERF_COUNT_HW_STALLED_CYCLES_FRONTEND },
	{ "stalled-cycles-backend", PERF_TYPE_HARDWARE, PERF_COUNT_HW_STALLED_CYCLES_BACKEND },
	{ "cpu-clock", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK },
	{ "task-clock", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK },
	{ "page-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS },
	{ "faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS },
	{ "minor-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS_MIN },
	{ "major-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS_MAJ },
	{ "context-switches", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CONTEXT_SWITCHES },
	{ "cs", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CONTEXT_SWITCHES },
	{ "cpu-migrations", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_MIGRATIONS },
	{ "migrations", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_MIGRATIONS },
	{ "alignment-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_ALIGNMENT_FAULTS },
	{ "emulation-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_EMULATION_FAULTS },
#define CACHE(name, cache, op, result) \
	{ name, PERF_TYPE_HW_CACHE, PERF_COUNT_HW_CACHE_##cache | \
	  PERF_COUNT_HW_CACHE_OP_##op << 8 | PERF_COUNT_HW_CACHE_RESULT_##result << 16 }
	CACHE("L1-dcache-loads", L1D, READ, ACCESS),
	CACHE("L1-dcache-load-misses", L1D, READ, MISS),
	CACHE("L1-dcache-stores", L1D, WRITE, ACCESS),
	CACHE("L1-dcache-store-misses", L1D, WRITE, MISS),
	CACHE("L1-icache-loads", L1I, READ, ACCESS),
	CACHE("L1-icache-load-misses", L1I, READ, MISS),
	CACHE("LLC-loads", LL, READ, ACCESS),
	CACHE("LLC-load-misses", LL, READ, MISS),
	CACHE("LLC-stores", LL, WRITE, ACCESS),
	CACHE("LLC-store-misses", LL, WRITE, MISS),
	CACHE("dTLB-loads", DTLB, READ, ACCESS),
	CACHE("dTLB-load-misses", DTLB, READ, MISS),
	CACHE("iTLB-loads", ITLB, READ, ACCESS),
	CACHE("iTLB-load-misses", ITLB, READ, MISS),
#undef CACHE
};

#define N_KERNEL_NAMES	(sizeof(kernel_names) / sizeof(kernel_names[0]))

/* One alternative of the current column. */
static int add(struct resolver *r, uint32_t type, const uint64_t config[3])
{
	struct synergy_events *out = r->out;
	struct synergy_event *event;

	if (synergy_array_grow(&out->events, out->n, sizeof(*out->events)))
		return synergy_error_set(r->error, ENOMEM, "event %s: no memory", r->item);
	event = &out->events[out->n++];
	memset(event, 0, sizeof(*event));
	event->size = sizeof(*event);
	event->type = type;
	event->column = out->n_columns;
	event->config = config[0];
	event->config1 = config[1];
	event->config2 = config[2];
	event->flags = r->flags;
	strcpy(event->name, r->name);
	return 0;
}

/* The column is complete: its name must be new. */
static int finish_column(struct resolver *r)
{
	struct synergy_events *out = r->out;
	uint32_t i;

	for (i = 0; i < out->n; i++)
		if (out->events[i].column != out->n_columns &&
		    !strcmp(out->events[i].name, r->name))
			return synergy_error_set(r->error, EINVAL,
				"event %s: a column of the name %s is there already; give another with name=",
				r->item, r->name);
	out->n_columns++;
	return 0;
}

/* Cuts ":u", ":k", ":uk" off the end; what else follows a colon stays. */
static void take_modifiers(struct resolver *r, char *text)
{
	char *colon = strrchr(text, ':');

	r->flags = 0;
	if (!colon || colon == text || colon[-1] == ':')
		return;
	if (!strcmp(colon, ":u"))
		r->flags = SYNERGY_EVENT_F_EXCLUDE_KERNEL;
	else if (!strcmp(colon, ":k"))
		r->flags = SYNERGY_EVENT_F_EXCLUDE_USER;
	else if (strcmp(colon, ":uk") && strcmp(colon, ":ku"))
		return;
	*colon = '\0';
}

static bool numbered(const char *name, const char *base)
{
	size_t length = strlen(base);

	if (strncmp(name, base, length) || name[length] != '_' || !name[length + 1])
		return false;
	return strspn(name + length + 1, "0123456789") == strlen(name + length + 1);
}

static int no_pmu(struct resolver *r, const char *name)
{
	char list[256] = "";
	size_t used = 0;
	uint32_t i;

	for (i = 0; i < r->pmus.n && used < sizeof(list); i++)
		used += snprintf(list + used, sizeof(list) - used, "%s%s", i ? ", " : "",
				 r->pmus.pmus[i].name);
	return synergy_error_set(r->error, ENOENT, "event %s: no PMU %s; there are: %s", r->item,
				 name, r->pmus.n ? list : "none");
}

/* PMU/terms/ with the modifiers cut off; text may be changed. */
static int resolve_explicit(struct resolver *r, char *text)
{
	char *slash = strchr(text, '/'), *terms = slash + 1, *end = strrchr(terms, '/');
	struct synergy_pmu_code code;
	struct synergy_error inner;
	bool exact = false, found = false;
	uint32_t i;

	if (!end || end[1] || slash == text)
		return synergy_error_set(r->error, EINVAL, "event %s: not of the form PMU/terms/",
					 r->item);
	*slash = '\0';
	*end = '\0';
	for (i = 0; i < r->pmus.n; i++)
		exact |= !strcmp(r->pmus.pmus[i].name, text);
	for (i = 0; i < r->pmus.n; i++) {
		const struct synergy_pmu *pmu = &r->pmus.pmus[i];

		if (exact ? strcmp(pmu->name, text) != 0 : !numbered(pmu->name, text))
			continue;
		memset(&code, 0, sizeof(code));
		if (synergy_pmu_terms(pmu, terms, &code, &inner))
			return synergy_error_set(r->error, errno, "event %s: %s", r->item,
						 inner.message);
		if (*code.name)
			strcpy(r->name, code.name);
		if (add(r, pmu->type, code.config))
			return -1;
		found = true;
	}
	return found ? 0 : no_pmu(r, text);
}

/* 1 found, 0 not this kind of name, -1 error; so for the next ones, too */
static int resolve_raw(struct resolver *r, const char *text)
{
	uint64_t config[3] = { 0 };
	char *end;

	if (text[0] != 'r' || !isxdigit((unsigned char)text[1]) || strlen(text) > 17)
		return 0;
	config[0] = strtoull(text + 1, &end, 16);
	if (*end)
		return 0;
	return add(r, PERF_TYPE_RAW, config) ? -1 : 1;
}

/*
 * x86 with unlike cores: the generic types mean the big cores unless the upper
 * half of the code names the PMU.
 */
static int add_hybrid(struct resolver *r, const struct kernel_name *kernel)
{
	uint64_t config[3] = { 0 };
	int added = 0;
	uint32_t i;

	if (kernel->type == PERF_TYPE_SOFTWARE)
		return 0;
	for (i = 0; i < r->pmus.n; i++) {
		const struct synergy_pmu *pmu = &r->pmus.pmus[i];

		if (strcmp(pmu->name, "cpu_core") && strcmp(pmu->name, "cpu_atom"))
			continue;
		config[0] = kernel->config | (uint64_t)pmu->type << 32;
		if (add(r, kernel->type, config))
			return -1;
		added = 1;
	}
	return added;
}

static int resolve_kernel(struct resolver *r, const char *text)
{
	uint64_t config[3] = { 0 };
	size_t i;
	int hybrid;

	for (i = 0; i < N_KERNEL_NAMES; i++) {
		if (strcasecmp(kernel_names[i].name, text))
			continue;
		hybrid = add_hybrid(r, &kernel_names[i]);
		if (hybrid)
			return hybrid;
		config[0] = kernel_names[i].config;
		return add(r, kernel_names[i].type, config) ? -1 : 1;
	}
	return 0;
}

/* The first of two PMUs of the same cores will count it: tell which was passed over. */
static void note_choice(struct resolver *r, const char *text, const struct synergy_pmu *first,
			const struct synergy_pmu *other)
{
	if (*r->out->note || !first->cpus || !other->cpus || strcmp(first->cpus, other->cpus))
		return;
	snprintf(r->out->note, sizeof(r->out->note),
		 "event %s is counted by %s; %s knows it, too (%s/%s/ would choose it)", text,
		 first->name, other->name, other->name, text);
}

static int resolve_sysfs(struct resolver *r, const char *text)
{
	const struct synergy_pmu *first = NULL;
	struct synergy_pmu_code code;
	struct synergy_error inner;
	const char *event;
	uint32_t i;

	for (i = 0; i < r->pmus.n; i++) {
		const struct synergy_pmu *pmu = &r->pmus.pmus[i];

		event = synergy_pmu_event(pmu, text);
		if (!event || (first && pmu->place == SYNERGY_PMU_UNCORE))
			continue;
		memset(&code, 0, sizeof(code));
		if (synergy_pmu_terms(pmu, event, &code, &inner))
			return synergy_error_set(r->error, errno, "event %s: %s", r->item,
						 inner.message);
		if (add(r, pmu->type, code.config))
			return -1;
		if (first)
			note_choice(r, text, first, pmu);
		else
			first = pmu;
	}
	return first != NULL;
}

static int resolve_pfm(struct resolver *r, const char *text)
{
	struct perf_event_attr attr = { .size = sizeof(attr) };
	pfm_perf_encode_arg_t arg = { .attr = &attr, .size = sizeof(arg) };
	uint64_t config[3];
	int result;

	if (pfm_initialize() != PFM_SUCCESS)
		return 0;
	result = pfm_get_os_event_encoding(text, PFM_PLM0 | PFM_PLM3, PFM_OS_PERF_EVENT, &arg);
	if (result == PFM_ERR_NOTFOUND || result == PFM_ERR_NOTSUPP)
		return 0;
	if (result != PFM_SUCCESS)
		return synergy_error_set(r->error, EINVAL, "event %s: %s", r->item,
					 pfm_strerror(result));
	if (attr.exclude_user)
		r->flags |= SYNERGY_EVENT_F_EXCLUDE_USER;
	if (attr.exclude_kernel)
		r->flags |= SYNERGY_EVENT_F_EXCLUDE_KERNEL;
	config[0] = attr.config;
	config[1] = attr.config1;
	config[2] = attr.config2;
	return add(r, attr.type, config) ? -1 : 1;
}

static void offer_pfm(struct synergy_closest *near)
{
	pfm_pmu_info_t pmu = { .size = sizeof(pmu) };
	pfm_event_info_t event = { .size = sizeof(event) };
	int i, e;

	pfm_for_all_pmus(i) {
		if (pfm_get_pmu_info(i, &pmu) != PFM_SUCCESS || !pmu.is_present)
			continue;
		for (e = pmu.first_event; e != -1; e = pfm_get_event_next(e))
			if (pfm_get_event_info(e, PFM_OS_PERF_EVENT, &event) == PFM_SUCCESS)
				synergy_closest_offer(near, event.name);
	}
}

static int unknown(struct resolver *r, const char *text)
{
	struct synergy_closest near;
	char list[256];
	uint32_t p, e;
	size_t i;

	synergy_closest_begin(&near, text);
	for (p = 0; p < r->pmus.n; p++)
		for (e = 0; e < r->pmus.pmus[p].n_events; e++)
			synergy_closest_offer(&near, r->pmus.pmus[p].events[e]);
	for (i = 0; i < N_KERNEL_NAMES; i++)
		synergy_closest_offer(&near, kernel_names[i].name);
	offer_pfm(&near);
	if (synergy_closest_list(&near, list, sizeof(list)))
		return synergy_error_set(r->error, ENOENT,
			"event %s: no PMU here and no table knows it; near it: %s", r->item, list);
	return synergy_error_set(r->error, ENOENT,
		"event %s: no PMU here and no table knows it; PMU/config=0x74,name=%s/ gives a code",
		r->item, text);
}

static int resolve_named(struct resolver *r, const char *text)
{
	int (*const steps[])(struct resolver *r, const char *text) = {
		resolve_raw, resolve_kernel, resolve_sysfs, resolve_pfm,
	};
	size_t i;
	int result;

	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		result = steps[i](r, text);
		if (result)
			return result < 0 ? -1 : 0;
	}
	return unknown(r, text);
}

static int resolve_item(struct resolver *r, const char *item)
{
	char *text = strdup(item);
	int result;

	if (!text)
		return synergy_error_set(r->error, ENOMEM, "event %s: no memory", item);
	r->item = item;
	if (r->out->n_columns >= SYNERGY_MAX_EVENTS)
		result = synergy_error_set(r->error, E2BIG, "event %s: more than %d events", item,
					   SYNERGY_MAX_EVENTS);
	else if (!*item)
		result = synergy_error_set(r->error, EINVAL, "event list: an empty name");
	else if (strlen(item) >= sizeof(r->name) && !strchr(item, '/'))
		result = synergy_error_set(r->error, EINVAL, "event %s: name is too long", item);
	else {
		snprintf(r->name, sizeof(r->name), "%s", item);
		take_modifiers(r, text);
		result = strchr(text, '/') ? resolve_explicit(r, text) : resolve_named(r, text);
		if (!result)
			result = finish_column(r);
	}
	free(text);
	return result;
}

/* The next item of the list, allocated; commas between slashes belong to it. */
static char *next_item(const char **list)
{
	const char *c = *list;
	bool inside = false;
	char *item;

	for (; *c && (inside || *c != ','); c++)
		if (*c == '/')
			inside = !inside;
	item = strndup(*list, c - *list);
	*list = *c ? c + 1 : NULL;
	return item;
}

static int by_use(const void *a, const void *b)
{
	const struct synergy_pmu *x = a, *y = b;
	bool x_last = x->place == SYNERGY_PMU_UNCORE, y_last = y->place == SYNERGY_PMU_UNCORE;

	if (x_last != y_last)
		return x_last - y_last;
	if (x->wanted != y->wanted)
		return x->wanted > y->wanted ? -1 : 1;
	if (x->place != y->place)
		return x->place < y->place ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* The PMU that knows most of the list comes first. */
static int rank_pmus(struct resolver *r, const char *list)
{
	uint32_t i;
	char *item;

	while (list) {
		item = next_item(&list);
		if (!item)
			return synergy_error_set(r->error, ENOMEM, "event list: no memory");
		take_modifiers(r, item);
		for (i = 0; i < r->pmus.n; i++)
			r->pmus.pmus[i].wanted += synergy_pmu_event(&r->pmus.pmus[i], item) != NULL;
		free(item);
	}
	if (r->pmus.n)
		qsort(r->pmus.pmus, r->pmus.n, sizeof(*r->pmus.pmus), by_use);
	return 0;
}

int synergy_events_resolve(const char *list, const char *sysfs, struct synergy_events *out,
			   struct synergy_error *error)
{
	struct resolver r = { .out = out, .error = error };
	int result = 0;
	char *item;

	memset(out, 0, sizeof(*out));
	if (!*list)
		return 0;
	if (synergy_pmus_load(sysfs ? sysfs : "/sys", &r.pmus, error))
		return -1;
	result = rank_pmus(&r, list);
	while (!result && list) {
		item = next_item(&list);
		if (!item)
			result = synergy_error_set(error, ENOMEM, "event list: no memory");
		else
			result = resolve_item(&r, item);
		free(item);
	}
	synergy_pmus_free(&r.pmus);
	if (result)
		synergy_events_free(out);
	return result;
}

void synergy_events_free(struct synergy_events *events)
{
	int saved = errno;

	free(events->events);
	memset(events, 0, sizeof(*events));
	errno = saved;
}
