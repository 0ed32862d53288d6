// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Linked into static programs alone (make static), which are for systems whose C library
 * is another than the one they were linked with: neither that system's libraries of
 * BLAS nor its sources of user names may be loaded into them.
 */
#include <dlfcn.h>
#include <nss.h>
#include <stddef.h>

/* Before main(): names of users and groups come from /etc/passwd and /etc/group. */
__attribute__((constructor)) static void names_from_files(void)
{
	__nss_configure_lookup("passwd", "files");
	__nss_configure_lookup("group", "files");
}

/* The C library's own would look for the shared libraries that it was linked beside. */
void *dlopen(const char *file, int mode)
{
	(void)file;
	(void)mode;
	return NULL;
}

void *dlsym(void *restrict handle, const char *restrict name)
{
	(void)handle;
	(void)name;
	return NULL;
}

int dlclose(void *handle)
{
	(void)handle;
	return -1;
}
