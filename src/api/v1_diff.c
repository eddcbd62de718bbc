/* SPDX-License-Identifier: MIT
 * GET /v1/calls/{session_id}: one call with its steps. GET /v1/diff/{a}/{b}: what differs between
 * the steps of two calls (API.md §2). */
#include "api/answer.h"
#include "api/audit.h"
#include "api/question.h"
#include "call/call_document.h"
#include "call/call_json.h"
#include "call/pack.h"
#include "find/diff.h"

#define CALL_BYTES ((size_t)128 << 10) /* what is claimed at first */
#define DIFF_BYTES ((size_t)1 << 20)

struct compared {
	struct question question; /* first */
	char missing[512];	  /* what is not there, as a sentence; empty: all is */
};

/* What is asked begins afresh: it may have been asked before, with less memory than it needed. */
static struct compared *begin_afresh(struct question *question)
{
	struct compared *asked = (struct compared *)(void *)question;

	asked->missing[0] = '\0';
	return asked;
}

/* ---- asking ---- */

static int no_room(struct error *err)
{
	return error_set(err, ERROR_TOO_LARGE, "the calls do not fit into memory");
}

static int unpack(struct question *question, const struct packed *packed, struct text *ret_detail,
	struct error *err)
{
	AUTO(unpacker_destroyp) struct unpacker *unpacker = unpacker_create();
	char *json = arena_alloc(&question->arena, packed->size);

	if (!unpacker) {
		return error_no_memory(err);
	}
	if (!json) {
		return no_room(err);
	}
	if (unpacker_unpack(unpacker, packed, json, err) < 0) {
		return -1;
	}
	*ret_detail = call_json_detail((struct text){json, packed->size});
	return 0;
}

/* The call @session_id as it is served, with its steps where they are. 1 found, 0 absent. */
static int find(struct question *question, struct text session_id, struct call *ret_call,
	struct text *ret_detail, struct error *err)
{
	struct store_call call;
	int found = store_find(question->api->options.store, question->search.account_id,
		session_id, &question->arena, &call, err);

	if (found <= 0) {
		return found;
	}
	*ret_detail = (struct text){0};
	if (!retention_show(&question->retention, &call)) {
		return 0;
	}
	if (call.packed.deflate.data && unpack(question, &call.packed, ret_detail, err) < 0) {
		return -1;
	}
	*ret_call = call.call;
	return 1;
}

static int ask_call(struct question *question, struct error *err)
{
	struct compared *asked = begin_afresh(question);
	struct text session_id = question->request->parameters[0];
	struct call call;
	struct text detail;
	int found = find(question, session_id, &call, &detail, err);

	if (found < 0) {
		return -1;
	}
	if (found == 0) {
		snprintf(asked->missing, sizeof(asked->missing), "there is no call '%.*s'",
			TEXT_ARG(session_id));
		return 0;
	}
	call_document_write_detail(&question->body, &call, detail);
	return 0;
}

/* As find(), of a call to be compared: 0, with the sentence, where it has no steps. */
static int find_steps(struct compared *asked, size_t parameter, struct call *ret_call,
	struct text *ret_detail, struct error *err)
{
	struct text session_id = asked->question.request->parameters[parameter];
	int found = find(&asked->question, session_id, ret_call, ret_detail, err);

	if (found < 0) {
		return -1;
	}
	if (found > 0 && ret_call->steps > 0) {
		return 1;
	}
	snprintf(asked->missing, sizeof(asked->missing),
		found > 0 ? "the call '%.*s' has no steps that could be compared"
			  : "there is no call '%.*s'",
		TEXT_ARG(session_id));
	return 0;
}

static int ask_diff(struct question *question, struct error *err)
{
	struct compared *asked = begin_afresh(question);
	struct text detail_a, detail_b;
	struct call a, b;
	struct diff diff;
	int found = find_steps(asked, 0, &a, &detail_a, err);

	if (found > 0) {
		found = find_steps(asked, 1, &b, &detail_b, err);
	}
	if (found <= 0) {
		return found;
	}
	if (diff_make(&a, detail_a, &b, detail_b, &question->arena, &diff, err) < 0) {
		return err->code == ERROR_NO_MEMORY ? no_room(err) : -1;
	}
	diff_write(&question->body, &diff);
	return 0;
}

/* ---- the endpoints ---- */

static enum http_step go_on(struct question *question, struct http_response *response)
{
	const struct compared *asked = (const struct compared *)(const void *)question;
	int done = question ? question_run(question, response) : -1;

	if (done <= 0) {
		return done < 0 ? HTTP_DONE : HTTP_WAIT;
	}
	audit_calls(question->request, asked->missing[0] ? 0 : question->ask == ask_diff ? 2 : 1);
	return asked->missing[0] ? answer_error(response, 404, asked->missing)
				 : question_answer(question, response);
}

static struct question *create(struct api *api, struct http_request *request,
	struct http_response *response, size_t wanted_bytes,
	int (*ask)(struct question *question, struct error *err))
{
	struct question *question = request->user;

	if (!question) {
		question = question_create(
			api, request, response, sizeof(struct compared), wanted_bytes, false);
	}
	if (question) {
		question->ask = ask;
		question->quick = ask == ask_call;
	}
	return question;
}

enum http_step v1_call_begin(
	void *context, struct http_request *request, struct http_response *response)
{
	return go_on(create(context, request, response, CALL_BYTES, ask_call), response);
}

enum http_step v1_diff_begin(
	void *context, struct http_request *request, struct http_response *response)
{
	return go_on(create(context, request, response, DIFF_BYTES, ask_diff), response);
}
