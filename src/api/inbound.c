/* SPDX-License-Identifier: MIT
 * The sources that post to this server. */
#include "api/inbound.h"

#include <stdlib.h>

#include "api/signature.h"
#include "intake/sources/document/tree.h"
#include "intake/sources/freeswitch/freeswitch_cdr.h"
#include "intake/sources/twilio/twilio.h"
#include "intake/sources/webhook/webhook.h"

#define PIECES_MAX 8

bool inbound_knows(const struct api *api, struct text name)
{
	return text_equal(name, TEXT("freeswitch")) || text_equal(name, TEXT("twilio")) ||
	       webhooks_find(api->options.webhooks, name);
}

bool inbound_claim(struct api *api, size_t size)
{
	if (atomic_fetch_add(&api->inbound_bytes, size) + size > INBOUND_BYTES_MAX) {
		atomic_fetch_sub(&api->inbound_bytes, size);
		return false;
	}
	return true;
}

void inbound_release(struct api *api, size_t size)
{
	atomic_fetch_sub(&api->inbound_bytes, size);
}

/* ---- webhooks ---- */

/* Takes @value apart by @format: what stands where {digest} and {timestamp} do. */
static bool read_signature(
	struct text format, struct text value, struct text *ret_digest, struct text *ret_timestamp)
{
	while (format.size > 0) {
		const char *end =
			format.data[0] == '{' ? memchr(format.data, '}', format.size) : NULL;
		struct text name, part = value;

		if (!end) {
			if (!text_take_byte(&value, format.data[0])) {
				return false;
			}
			format = text_tail(format, 1);
			continue;
		}
		name = text_head(format, (size_t)(end - format.data) + 1);
		format = text_tail(format, name.size);
		if (format.size > 0) {
			const char *stop = value.size > 0
						   ? memchr(value.data, format.data[0], value.size)
						   : NULL;

			if (!stop) {
				return false;
			}
			part.size = (size_t)(stop - value.data);
		}
		value = text_tail(value, part.size);
		if (text_equal(name, TEXT("{digest}"))) {
			*ret_digest = part;
		} else if (text_equal(name, TEXT("{timestamp}"))) {
			*ret_timestamp = part;
		}
	}
	return value.size == 0;
}

/* The pieces that are signed; 0: there are too many. */
static size_t find_pieces(struct text content, struct text body, struct text timestamp,
	struct text pieces[PIECES_MAX])
{
	size_t count = 0;

	while (content.size > 0 && count < PIECES_MAX) {
		const char *open = memchr(content.data, '{', content.size);
		size_t plain = open ? (size_t)(open - content.data) : content.size;

		if (text_starts_with(content, TEXT("{body}"))) {
			pieces[count++] = body;
			plain = sizeof("{body}") - 1;
		} else if (text_starts_with(content, TEXT("{timestamp}"))) {
			pieces[count++] = timestamp;
			plain = sizeof("{timestamp}") - 1;
		} else {
			plain = plain > 0 ? plain : 1;
			pieces[count++] = text_head(content, plain);
		}
		content = text_tail(content, plain);
	}
	return content.size == 0 ? count : 0;
}

static bool is_recent(const struct inbound *inbound, int64_t age_max_s, struct text timestamp)
{
	int64_t at, now = inbound->api->options.now();

	if (age_max_s == 0) {
		return true;
	}
	if (!text_to_int64(timestamp, &at)) {
		return false;
	}
	at = at >= CALL_TIME_END ? at / 1000 : at;
	return at >= now - age_max_s && at <= now + age_max_s;
}

static bool is_signed(const struct inbound *inbound, const struct webhook_signature *signature)
{
	struct text header = arena_copy(inbound->arena, signature->header);
	struct text given = header.data ? http_header(inbound->request, header.data) : header;
	struct text digest = TEXT(""), timestamp = TEXT("");
	struct text pieces[PIECES_MAX];
	size_t count;

	if (given.size == 0) {
		return false;
	}
	if (text_equal(signature->hash, TEXT("none"))) {
		return signature_is_secret(signature->secret, given);
	}
	if (!read_signature(signature->format, given, &digest, &timestamp) ||
		!is_recent(inbound, signature->age_max_s, timestamp)) {
		return false;
	}
	count = find_pieces(signature->content, inbound->body, timestamp, pieces);
	return count > 0 &&
	       signature_matches(text_equal(signature->hash, TEXT("sha1")) ? SIGNATURE_SHA1
									   : SIGNATURE_SHA256,
		       signature->secret, pieces, count, digest);
}

static int take_webhook(
	const struct inbound *inbound, const struct webhook *webhook, struct error *err)
{
	if (webhook->signature.header.size > 0 && !is_signed(inbound, &webhook->signature)) {
		return error_set(err, ERROR_DENIED,
			"the signature in the header %.*s is missing or not that of this body",
			TEXT_ARG(webhook->signature.header));
	}
	return webhook_take(webhook, inbound->body, inbound->api->options.now(), inbound->arena,
		inbound->sink, err);
}

/* ---- Twilio ---- */

static int by_name(const void *a, const void *b)
{
	const struct tree *const *left = a, *const *right = b;
	int order = text_compare((*left)->name, (*right)->name);

	return order ? order : text_compare((*left)->value, (*right)->value);
}

/* What is signed of a form: the address, then names and values in the order of the names. */
static bool is_form_signed(const struct inbound *inbound, struct text url, struct text given)
{
	const struct tree **fields;
	struct text *pieces;
	struct tree *form;
	size_t count = 0;

	if (tree_read_form(&form, inbound->body, inbound->arena, NULL) < 0) {
		return false;
	}
	for (const struct tree *field = form->first; field; field = field->next) {
		count++;
	}
	fields = arena_calloc(inbound->arena, count + 1, sizeof(*fields));
	pieces = arena_calloc(inbound->arena, 2 * count + 1, sizeof(*pieces));
	if (!fields || !pieces) {
		return false;
	}
	count = 0;
	for (const struct tree *field = form->first; field; field = field->next) {
		fields[count++] = field;
	}
	qsort(fields, count, sizeof(*fields), by_name);
	pieces[0] = url;
	for (size_t i = 0; i < count; i++) {
		pieces[2 * i + 1] = fields[i]->name;
		pieces[2 * i + 2] = fields[i]->value;
	}
	return signature_matches(
		SIGNATURE_SHA1, inbound->api->options.twilio_token, pieces, 2 * count + 1, given);
}

/* Twilio signs the address that it called, its query with it, and of JSON the body's hash in that.
 */
static bool is_twilio_signed(const struct inbound *inbound)
{
	struct text given = http_header(inbound->request, "X-Twilio-Signature");
	struct text query = http_query_text(inbound->request);
	struct text hash = http_query(inbound->request, "bodySHA256");
	struct text url = arena_printf(inbound->arena, "%s/v1/in/twilio%s%.*s",
		inbound->api->options.public_url, query.size > 0 ? "?" : "", TEXT_ARG(query));

	if (!url.data || given.size == 0) {
		return false;
	}
	if (hash.size > 0) {
		return signature_matches_body(inbound->body, hash) &&
		       signature_matches(
			       SIGNATURE_SHA1, inbound->api->options.twilio_token, &url, 1, given);
	}
	return is_form_signed(inbound, url, given);
}

static int take_twilio(
	const struct inbound *inbound, struct inbound_answer *ret_answer, struct error *err)
{
	uint64_t unknown = 0;

	if (inbound->api->options.twilio_token.size > 0 && !is_twilio_signed(inbound)) {
		return error_set(err, ERROR_DENIED,
			"X-Twilio-Signature is missing or not that of this request: is "
			"--public-url "
			"the address that Twilio calls?");
	}
	if (twilio_take(inbound->body, inbound->account_id, inbound->api->options.now(),
		    inbound->api->executions, inbound->arena, inbound->sink, &unknown, err) < 0) {
		return -1;
	}
	if (unknown > 0) {
		ret_answer->again = "the execution of a step is not known yet: send it again";
	}
	return 0;
}

int inbound_take(
	const struct inbound *inbound, struct inbound_answer *ret_answer, struct error *err)
{
	const struct webhook *webhook =
		webhooks_find(inbound->api->options.webhooks, inbound->name);
	const struct freeswitch_options options = {.header_only = inbound->header_only};

	if (webhook) {
		return take_webhook(inbound, webhook, err);
	}
	if (text_equal(inbound->name, TEXT("twilio"))) {
		return take_twilio(inbound, ret_answer, err);
	}
	return freeswitch_take(inbound->body, &options, inbound->arena, inbound->sink, err);
}
