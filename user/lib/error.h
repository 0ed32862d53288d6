/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How SyNERGY's user-space code says what went wrong: a function that can fail
 * for a reason worth a sentence takes a struct synergy_error, fills it and
 * returns -1 (or NULL) with errno set. Nothing here prints: main() does.
 *
 * A message is one line without a newline that names the file or object, the
 * field and the value: `net.onnx: node "conv1": kernel_shape: -3 is not positive`.
 */
#ifndef SYNERGY_LIB_ERROR_H
#define SYNERGY_LIB_ERROR_H

#ifdef __cplusplus
extern "C" {
#endif

#ifndef SYNERGY_EXPORT
#define SYNERGY_EXPORT __attribute__((visibility("default")))
#endif

struct synergy_error {
	char message[512];
};

/**
 * synergy_error_set - fill in a message and errno
 * @e: where to; NULL only sets errno
 * @errno_value: the errno to leave behind
 * @fmt: as for printf, and may quote @e's own old message; control characters in what it makes become '?', so that a
 *	name taken from an untrusted file cannot command the terminal
 *
 * Returns -1, so that callers can `return synergy_error_set(...)`.
 */
SYNERGY_EXPORT int synergy_error_set(struct synergy_error *e, int errno_value, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#ifdef __cplusplus
}
#endif

#endif /* SYNERGY_LIB_ERROR_H */
