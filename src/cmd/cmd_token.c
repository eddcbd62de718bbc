/* SPDX-License-Identifier: MIT
 * callstep token: what stands in stored calls for a value that was hidden. */
#include <errno.h>
#include <stdio.h>

#include "cmd/cmd.h"
#include "cmd/filter_options.h"
#include "redact/mark.h"

#define OUT_MAX ((size_t)1 << 20)

static void free_line(char **line)
{
	free(*line);
}

/* A token alone, without the bullet before it: it is one word to search for. */
static int write_token(const struct redact_key *key, struct text value, struct error *err)
{
	AUTO(buffer_deinit) struct buffer mark;
	struct text token;

	buffer_init(&mark, OUT_MAX);
	redact_mark_write(&mark, key, value);
	if (mark.failed) {
		return error_no_memory(err);
	}
	token = text_tail(buffer_text(&mark), mark.size - REDACT_TOKEN_SIZE);
	printf("%.*s\n", TEXT_ARG(token));
	return 0;
}

static int write_tokens(const struct redact_key *key, struct error *err)
{
	AUTO(free_line) char *line = NULL;
	size_t room = 0;
	ssize_t size;

	while ((size = getline(&line, &room, stdin)) >= 0) {
		struct text value = {.data = line, .size = (size_t)size};

		if (value.size > 0 && value.data[value.size - 1] == '\n') {
			value.size--;
		}
		if (write_token(key, value, err) < 0) {
			return -1;
		}
	}
	return ferror(stdin) ? error_set_errno(err, errno, "cannot read standard input") : 0;
}

static int token_check(struct cmd_run *run, struct error *err)
{
	(void)err;
	if (!run->settings->redact_key_file) {
		return cmd_wrong_usage(run->cmd, "give --redact-key-file");
	}
	return CMD_DONE;
}

static int token_run(struct cmd_run *run, struct error *err)
{
	AUTO(redact_key_forget) struct redact_key key = {0};

	if (redact_key_read(&key, run->settings->redact_key_file, err) < 0) {
		return error_prefix(err, "redact-key-file");
	}
	if (filter_options_prefixes(run->settings, &key.prefixes, err) < 0) {
		return -1;
	}
	return write_tokens(&key, err);
}

static const char *const settings[] = {"redact-key-file", "dial-prefix", NULL};

/* clang-format off */
const struct cmd cmd_token = {
	.name = "token",
	.summary = "find out what stands for a hidden value",
	.arguments = "[OPTION]…",
	.settings = settings,
	.description =
	"Reads values from standard input, a line each. For each it writes the token that stands "
	"in its place where --redact-key-file is set: a word that calls can be found by. However "
	"a number is written, its digits count.",
	.examples =
	"callstep token --redact-key-file redact.key < number\n"
	"callstep search $(callstep token --redact-key-file redact.key < number)",
	.operands_wrong =
	"values come by standard input, so that no list of processes shows them",
	.check = token_check,
	.run = token_run,
};
/* clang-format on */
