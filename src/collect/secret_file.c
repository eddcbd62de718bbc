/* SPDX-License-Identifier: MIT
 * Reads secrets. */
#include "collect/secret_file.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/file.h"

#define SECRET_BYTES_MAX 4096

static struct text without_space(struct text text)
{
	while (text.size > 0 && memchr(" \t\r\n", text.data[0], 4)) {
		text = text_tail(text, 1);
	}
	while (text.size > 0 && memchr(" \t\r\n", text.data[text.size - 1], 4)) {
		text.size--;
	}
	return text;
}

int secret_file_read(
	const char *path, struct arena *arena, struct text *ret_secret, struct error *err)
{
	struct stat status;
	struct text secret;

	if (stat(path, &status) < 0) {
		return error_set_errno(err, errno, "cannot open '%s'", path);
	}
	if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
		return error_set(err, ERROR_DENIED,
			"others than its owner may use '%s': change that by chmod 600", path);
	}
	if (file_read(path, SECRET_BYTES_MAX, arena, &secret, err) < 0) {
		return -1;
	}
	secret = without_space(secret);
	if (secret.size == 0 || text_has_control(secret)) {
		return error_set(err, ERROR_INVALID,
			secret.size == 0 ? "'%s' is empty: write the secret into it"
					 : "'%s' holds more than one line",
			path);
	}
	*ret_secret = arena_copy(arena, secret);
	return ret_secret->data ? 0 : error_no_memory(err);
}
