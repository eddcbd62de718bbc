/* SPDX-License-Identifier: MIT
 * Tables and secrets of the systems that post. */
#include "cmd/inbound_options.h"

#include "base/file.h"

#define TOKEN_BYTES_MAX ((size_t)4096)

static int read_token(
	struct inbound_options *options, const struct settings *settings, struct error *err)
{
	struct text token;

	if (!settings->twilio_token_file) {
		return 0;
	}
	if (!settings->public_url) {
		return error_set(err, ERROR_INVALID,
			"--twilio-token-file needs --public-url: Twilio signs the address that it "
			"calls");
	}
	if (file_read(settings->twilio_token_file, TOKEN_BYTES_MAX, &options->arena, &token, err) <
		0) {
		return -1;
	}
	while (token.size > 0 && memchr(" \r\n", token.data[token.size - 1], 3)) {
		token.size--;
	}
	if (token.size == 0) {
		return error_set(err, ERROR_INVALID, "'%s' is empty: it holds Twilio's auth token",
			settings->twilio_token_file);
	}
	options->twilio_token = token;
	return 0;
}

static int check_url(const char *url, struct error *err)
{
	struct text text = text_of(url ? url : "https://-");
	bool good =
		text_starts_with(text, TEXT("https://")) || text_starts_with(text, TEXT("http://"));

	if (!good || text_has_control(text) || text.data[text.size - 1] == '/') {
		return error_set(err, ERROR_INVALID,
			"'%s' is not a value for --public-url: write http:// or https:// and the "
			"host, without a slash at the end",
			url);
	}
	return 0;
}

int inbound_options_read(
	struct inbound_options *options, const struct settings *settings, struct error *err)
{
	*options = (struct inbound_options){.twilio_token = TEXT("")};
	arena_init(&options->arena, 1 << 20);
	if (check_url(settings->public_url, err) < 0 || read_token(options, settings, err) < 0) {
		return -1;
	}
	return settings->webhook ? webhooks_open(&options->webhooks, settings->webhook, err) : 0;
}

void inbound_options_deinit(struct inbound_options *options)
{
	webhooks_close(options->webhooks);
	arena_deinit(&options->arena);
}
