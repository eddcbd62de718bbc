/* SPDX-License-Identifier: MIT
 * One HTTP client: asks and posts, one request at a time. A body is handed on piece by piece and is
 * never whole in memory. Redirects are not followed, so that a password goes nowhere else. */
#ifndef COLLECT_FETCH_H
#define COLLECT_FETCH_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"

struct fetch;

struct fetch_options {
	const char *user;      /* for Basic, with `secret`; NULL: none */
	const char *secret;    /* the password; without a user it is sent as a Bearer key */
	const char *unix_path; /* the socket through which all is asked; NULL: the URL says where */
	int64_t silence_s;     /* a server that sends nothing for so long has failed */
	/* Asked about once a second, from within fetch_run() too: whether to give up. */
	bool (*stopped)(void *context);
	void *context;
};

int fetch_create(struct fetch **ret_fetch, const struct fetch_options *options,
	struct error *err) CHECK_RESULT;
void fetch_destroy(struct fetch *fetch);
AUTO_POINTER(struct fetch *, fetch_destroy);

struct fetch_request {
	const char *url;
	const char *accept;    /* NULL: application/json */
	int64_t last_event_id; /* negative: the header is not sent */
	/* What is posted: all of @body from its beginning, of the type @body_type. NULL: GET. */
	const char *body_type;
	int body;
	int64_t body_size;
	/* Takes a piece of the body of an answer 200. A failure ends the request. NULL: such a
	 * body goes to fetch_answer.text, too. */
	int (*data)(void *context, struct text data, struct error *err);
	/* Called about once a second while nothing comes. May be NULL. A failure ends the request.
	 */
	int (*idle)(void *context, struct error *err);
	void *context;
};

#define FETCH_TEXT_MAX ((size_t)8 << 20)

struct fetch_answer {
	int status;	       /* of HTTP; 0: there was no answer */
	int64_t date;	       /* UNIX seconds that the server gave; negative: none */
	int64_t retry_after_s; /* what it asked to wait; negative: nothing */
	/* The body, its first FETCH_TEXT_MAX bytes, where it went to nobody else. Valid until the
	 * next request. */
	struct text text;
	bool text_cut; /* the body is longer */
};

/* Returns 1 when an answer came to its end, whatever its status; 0 when it was told to give up.
 * Negative on failure: with ret_answer->own_failure unset the network or the server failed, which
 * trying again may mend. */
int fetch_run(struct fetch *fetch, const struct fetch_request *request,
	struct fetch_answer *ret_answer, bool *ret_own_failure, struct error *err) CHECK_RESULT;

/* ---- what is worth knowing without a request ---- */

/* How long to wait by the header @name of an answer that came at @now_s: Retry-After in seconds or
 * as a date (RFC 9110 §10.2.3), or X-RateLimit-Reset in seconds from now or since 1970. Returns
 * false, and leaves @ret_s, when it is another header or says nothing usable. At most an hour. */
bool fetch_wait_of_header(struct text name, struct text value, int64_t now_s, int64_t *ret_s);

/* Reads a date of HTTP or of mail (RFC 9110 §5.6.7, RFC 5322 §3.3) into UNIX seconds; negative: it
 * is not one. */
int64_t fetch_read_date(struct text value);

/* Appends @part with all but letters, digits, `-`, `.`, `_` and `~` percent-encoded (RFC 3986
 * §2.3). */
void fetch_append_encoded(struct buffer *url, struct text part);

/* Copies the address @given into @arena without the slashes at its end; a NUL follows. Fails unless
 * it begins with http:// or https:// and a host, and has neither user nor query nor fragment. */
int fetch_url_take(const char *given, struct arena *arena, struct text *ret_url,
	struct error *err) CHECK_RESULT;

/* Whether what is sent to @url goes over a network in clear: http to another host. */
bool fetch_url_is_clear(const char *url);

#endif
