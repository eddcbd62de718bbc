/* SPDX-License-Identifier: MIT
 * GET /v1/account: the account of a key. */
#include "api/job.h"
#include "api/key.h"
#include "json/json_writer.h"

#define ANSWER_MAX ((size_t)16384)

enum http_step v1_account_begin(struct job *job)
{
	AUTO(buffer_deinit) struct buffer body;
	const struct access *access = &job->access;
	const struct api_options *options = &job->api->options;

	buffer_init(&body, ANSWER_MAX);
	buffer_append(&body, TEXT("{\"email\":"));
	json_write_string(&body, access->email);
	buffer_append(&body, TEXT(",\"scopes\":"));
	key_write_scopes(&body, access->scopes);
	buffer_printf(&body,
		",\"detail_days\":%lld,\"header_days\":%lld,\"api_detail_days\":%lld,\"time\":"
		"%lld,\"session_age\":%lld",
		(long long)access->days.detail, (long long)access->days.header,
		(long long)options->api_detail_days, (long long)options->now(),
		(long long)options->session_age_s);
	key_write_time(&body, "session_expires", access->expires);
	buffer_printf(&body, ",\"version\":\"%s\",\"revision\":", options->version);
	if (options->revision) {
		json_write_string(&body, text_of(options->revision));
	} else {
		buffer_append(&body, TEXT("null"));
	}
	buffer_append_byte(&body, '}');
	return answer_json(job->response, 200, &body);
}
