/* SPDX-License-Identifier: MIT
 * The state of a pull as a file. */
#include "collect/pull_state.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"

#define TITLE	 "callstep pull 1"
#define FILE_MAX ((size_t)64 << 10)
#define WHOSE	 "for "

/* The lines of numbers, in their order. */
static const struct row {
	const char *name;
	size_t offset;
} rows[] = {
	{"from", offsetof(struct pull_state, from)},
	{"at", offsetof(struct pull_state, at)},
	{"to", offsetof(struct pull_state, to)},
	{"covered", offsetof(struct pull_state, covered)},
	{"whole", offsetof(struct pull_state, whole)},
	{"event", offsetof(struct pull_state, event)},
};

static int64_t *value_of(struct pull_state *state, const struct row *row)
{
	return (int64_t *)(void *)((char *)state + row->offset);
}

struct pull_state pull_state_new(void)
{
	return (struct pull_state){.covered = PULL_NEVER, .whole = PULL_NEVER, .event = PULL_NEVER};
}

/* ---- as text ---- */

static bool read_value(struct text text, int64_t *ret)
{
	if (text_equal(text, TEXT("-"))) {
		*ret = PULL_NEVER;
		return true;
	}
	return text_to_int64(text, ret);
}

static int broken(struct error *err, const char *what)
{
	return error_set(err, ERROR_CORRUPT, "this is not the state of a pull: %s", what);
}

static int read_rows(struct pull_state *state, struct text rest, struct error *err)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct text line = {0}, name;

		text_split(&rest, '\n', &line);
		if (!text_split(&line, ' ', &name) || !text_equal_string(name, rows[i].name) ||
			!read_value(line, value_of(state, &rows[i]))) {
			return error_set(err, ERROR_CORRUPT,
				"this is not the state of a pull: a number for '%s' is expected",
				rows[i].name);
		}
	}
	return rest.size == 0 ? 0 : broken(err, "something stands behind its end");
}

int pull_state_parse(
	struct pull_state *ret_state, struct text content, struct text whose, struct error *err)
{
	struct pull_state state = pull_state_new();
	struct text line = {0};

	if (!text_split(&content, '\n', &line) || !text_equal_string(line, TITLE)) {
		return broken(err, "it does not begin with '" TITLE "'");
	}
	if (!text_split(&content, '\n', &line) || !text_starts_with(line, TEXT(WHOSE))) {
		return broken(err, "it does not say what it is for");
	}
	if (!text_equal(text_tail(line, sizeof(WHOSE) - 1), whose)) {
		return error_set(err, ERROR_CORRUPT, "this is the state of another pull");
	}
	if (read_rows(&state, content, err) < 0) {
		return -1;
	}
	if (state.from < 0 || state.at < state.from || state.to < state.at) {
		return broken(err, "its times contradict each other");
	}
	*ret_state = state;
	return 0;
}

void pull_state_write(struct buffer *out, const struct pull_state *state, struct text whose)
{
	struct pull_state copy = *state;

	buffer_append(out, TEXT(TITLE "\n" WHOSE));
	buffer_append(out, whose);
	buffer_append_byte(out, '\n');
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		int64_t value = *value_of(&copy, &rows[i]);

		if (value == PULL_NEVER) {
			buffer_printf(out, "%s -\n", rows[i].name);
		} else {
			buffer_printf(out, "%s %lld\n", rows[i].name, (long long)value);
		}
	}
}

/* ---- as a file ---- */

int pull_state_path(
	char *path, size_t size, const char *folder, struct text whose, struct error *err)
{
	static const struct hash_key key = {{0}};
	int length = snprintf(path, size, "%s/pull-%016llx.state", folder,
		(unsigned long long)hash_text(&key, whose));

	if (length < 0 || (size_t)length >= size) {
		return error_set(err, ERROR_INVALID, "the folder '%s' has too long a name", folder);
	}
	return 0;
}

int pull_state_load(
	struct pull_state *ret_state, const char *path, struct text whose, struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	struct text content;

	arena_init(&arena, 2 * FILE_MAX);
	if (access(path, F_OK) < 0 && errno == ENOENT) {
		*ret_state = pull_state_new();
		return 0;
	}
	if (file_read(path, FILE_MAX, &arena, &content, err) < 0) {
		return -1;
	}
	if (pull_state_parse(ret_state, content, whose, err) < 0) {
		return error_prefix(err, "'%s'", path);
	}
	return 0;
}

static int sync_folder_of(const char *path, struct error *err)
{
	AUTO(file_close) int fd = -1;
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');

	snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - path) : 1,
		slash ? path : ".");
	fd = open(folder[0] ? folder : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0) {
		return error_set_errno(err, errno, "cannot sync '%s'", folder);
	}
	return 0;
}

static int write_file(const char *path, struct text content, struct error *err)
{
	AUTO(file_close) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0) {
		return error_set_errno(err, errno, "cannot write '%s'", path);
	}
	while (content.size > 0) {
		ssize_t written = write(fd, content.data, content.size);

		if (written < 0 && errno == EINTR) {
			continue;
		}
		if (written < 0) {
			return error_set_errno(err, errno, "cannot write '%s'", path);
		}
		content = text_tail(content, (size_t)written);
	}
	return fsync(fd) < 0 ? error_set_errno(err, errno, "cannot sync '%s'", path) : 0;
}

int pull_state_save(
	const struct pull_state *state, const char *path, struct text whose, struct error *err)
{
	AUTO(buffer_deinit) struct buffer out;
	char next[PATH_MAX];

	buffer_init(&out, FILE_MAX);
	pull_state_write(&out, state, whose);
	snprintf(next, sizeof(next), "%s.new", path);
	if (out.failed) {
		return error_no_memory(err);
	}
	if (write_file(next, buffer_text(&out), err) < 0) {
		return -1;
	}
	if (rename(next, path) < 0) {
		return error_set_errno(err, errno, "cannot rename '%s'", next);
	}
	return sync_folder_of(path, err);
}

int pull_state_lock(int *ret_fd, const char *path, struct error *err)
{
	AUTO(file_close) int fd = -1;
	char lock[PATH_MAX];

	snprintf(lock, sizeof(lock), "%s.lock", path);
	fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0) {
		return error_set_errno(err, errno, "cannot open '%s'", lock);
	}
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		return errno == EWOULDBLOCK
			       ? error_set(err, ERROR_BUSY,
					 "another process pulls the same at this time ('%s')", lock)
			       : error_set_errno(err, errno, "cannot lock '%s'", lock);
	}
	*ret_fd = fd;
	fd = -1;
	return 0;
}
