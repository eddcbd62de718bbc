/* SPDX-License-Identifier: MIT
 * The source fuse: XML documents of this API. Each call is turned back into JSON as it is read, and
 * handed over when its element ends, so that memory is bounded by one call. Documents in JSON need
 * no source: a batch reads them. */
#include <stdarg.h>

#include "base/buffer.h"
#include "call/call.h"
#include "intake/sources/source.h"
#include "intake/sources/xml.h"
#include "json/json_writer.h"

#define DEPTH_MAX      72 /* 64 of a call's JSON, and what is around it */
#define PIECE_BYTES    ((size_t)64 << 10)
#define JSON_BYTES_MAX ((size_t)4 << 20)
/* Expat reads a token that is not complete again with every piece: one without end would take for
 * ever. */
#define TOKEN_BYTES_MAX ((size_t)8 << 20)

/* Where an element stands in the document decides what it becomes. */
enum place {
	PLACE_RESULT,
	PLACE_CALLS,
	PLACE_PASSED_OVER, /* total_calls */
	PLACE_ERROR,
	PLACE_CALL,
	PLACE_STRING,
	PLACE_BOOLEAN, /* log */
	PLACE_DETAIL,
	PLACE_STEP,
	PLACE_TIMESTAMP,
	PLACE_EVENT,
	PLACE_DATA,
	PLACE_FREE, /* data's members and members that are not known */
};

enum kind {
	KIND_LEAF, /* until a child comes */
	KIND_OBJECT,
	KIND_ARRAY,
};

struct frame {
	enum place place;
	enum kind kind;
	bool has_members;
};

struct source {
	XML_Parser parser;
	struct source_sink sink;
	struct frame frames[DEPTH_MAX];
	size_t depth;
	struct buffer text;	  /* since the last tag */
	struct buffer json;	  /* of the call that is being read */
	struct buffer session_id; /* of the same, for a reject */
	bool is_session_id;	  /* the element that is open is one */
	bool too_long;		  /* the call that is being read */
	uint64_t call_line;
	size_t fed_bytes;
	struct error failure; /* what a handler found wrong; ERROR_NONE: nothing */
};

static int fail(struct source *source, const char *format, ...) FORMAT_PRINTF(2, 3);

/* Keeps the failure with the place in the document, and makes expat stop. */
static int fail(struct source *source, const char *format, ...)
{
	char message[300];
	va_list args;

	if (source->failure.code != ERROR_NONE) {
		return -1;
	}
	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	XML_StopParser(source->parser, XML_FALSE);
	return error_set(&source->failure, ERROR_INVALID, "line %lu, column %lu: %s",
		(unsigned long)XML_GetCurrentLineNumber64(source->parser),
		(unsigned long)XML_GetCurrentColumnNumber64(source->parser) + 1, message);
}

static bool is_blank(struct text text)
{
	for (size_t i = 0; i < text.size; i++) {
		if (!memchr(" \t\r\n", text.data[i], 4)) {
			return false;
		}
	}
	return true;
}

/* Which place an element has by its parent's and its name; the row without a name is for all
 * others. The places of most elements stand first. */
static const struct {
	enum place parent;
	const char *name;
	enum place place;
} places[] = {
	{PLACE_FREE, NULL, PLACE_FREE},
	{PLACE_DATA, NULL, PLACE_FREE},
	{PLACE_EVENT, "data", PLACE_DATA},
	{PLACE_EVENT, "line", PLACE_STRING},
	{PLACE_EVENT, NULL, PLACE_FREE},
	{PLACE_STEP, "event", PLACE_EVENT},
	{PLACE_STEP, "timestamp", PLACE_TIMESTAMP},
	{PLACE_STEP, "class", PLACE_STRING},
	{PLACE_STEP, NULL, PLACE_FREE},
	{PLACE_DETAIL, NULL, PLACE_STEP},
	{PLACE_CALL, "detail", PLACE_DETAIL},
	{PLACE_CALL, "log", PLACE_BOOLEAN},
	{PLACE_CALL, NULL, PLACE_STRING},
	{PLACE_CALLS, NULL, PLACE_CALL},
	{PLACE_RESULT, "calls", PLACE_CALLS},
	{PLACE_RESULT, "error", PLACE_ERROR},
	{PLACE_RESULT, NULL, PLACE_PASSED_OVER},
};

static enum place place_of(struct source *source, const struct frame *parent, const char *name)
{
	if (parent->place == PLACE_RESULT && strcmp(name, "item") == 0) {
		fail(source, "this is the detail of one call without its header: "
			     "import a document of all_logs");
		return PLACE_PASSED_OVER;
	}
	for (size_t i = 0; i < COUNT_OF(places); i++) {
		if (places[i].parent == parent->place &&
			(!places[i].name || strcmp(name, places[i].name) == 0)) {
			return places[i].place;
		}
	}
	fail(source, "<%.40s> stands where no element may be", name);
	return PLACE_PASSED_OVER;
}

/* What is not here is what its children make it. */
static const enum kind kinds[PLACE_FREE + 1] = {
	[PLACE_RESULT] = KIND_OBJECT,
	[PLACE_CALLS] = KIND_ARRAY,
	[PLACE_CALL] = KIND_OBJECT,
	[PLACE_DETAIL] = KIND_ARRAY,
	[PLACE_STEP] = KIND_OBJECT,
	[PLACE_EVENT] = KIND_OBJECT,
	[PLACE_DATA] = KIND_OBJECT,
};

/* What @parent is, now that it has a child called @name. */
static void settle_kind(struct source *source, struct frame *parent, const char *name)
{
	bool is_item = strcmp(name, "item") == 0;
	enum kind kind = kinds[parent->place];

	if (parent->kind == KIND_LEAF) {
		parent->kind = kind != KIND_LEAF ? kind : is_item ? KIND_ARRAY : KIND_OBJECT;
		if (parent->place >= PLACE_CALL) {
			buffer_append_byte(&source->json, parent->kind == KIND_ARRAY ? '[' : '{');
		}
	}
	if (parent->kind == KIND_ARRAY && !is_item) {
		fail(source, "<%.40s> where <item> is expected", name);
	}
}

static void begin_call(struct source *source)
{
	buffer_clear(&source->json);
	buffer_clear(&source->session_id);
	source->too_long = false;
	source->call_line = XML_GetCurrentLineNumber64(source->parser);
}

/* The comma and the name before a value inside a call. */
static void begin_value(struct source *source, struct frame *parent, const char *name)
{
	if (parent->has_members) {
		buffer_append_byte(&source->json, ',');
	}
	parent->has_members = true;
	if (parent->kind == KIND_OBJECT) {
		json_write_string(&source->json, text_of(name));
		buffer_append_byte(&source->json, ':');
	}
}

static void XMLCALL on_start(void *context, const XML_Char *name, const XML_Char **attributes)
{
	struct source *source = context;
	struct frame *parent = source->depth ? &source->frames[source->depth - 1] : NULL;
	enum place place = PLACE_RESULT;

	(void)attributes;
	/* Expat may still call for what it has read already. */
	if (source->failure.code != ERROR_NONE) {
		return;
	}
	if (source->depth == DEPTH_MAX) {
		fail(source, "elements are nested deeper than %d", DEPTH_MAX);
		return;
	}
	if (!is_blank(buffer_text(&source->text))) {
		fail(source, "text stands beside <%.40s>", name);
		return;
	}
	buffer_clear(&source->text);
	if (parent) {
		place = place_of(source, parent, name);
		settle_kind(source, parent, name);
		if (parent->place >= PLACE_CALL) {
			begin_value(source, parent, name);
		}
	} else if (strcmp(name, "result") != 0) {
		fail(source,
			"<%.40s> where <result> is expected: this is not a document of this API",
			name);
		return;
	}
	if (place == PLACE_CALL) {
		begin_call(source);
	}
	source->is_session_id =
		parent && parent->place == PLACE_CALL && strcmp(name, "session_id") == 0;
	source->frames[source->depth++] = (struct frame){.place = place};
}

static void write_leaf(struct source *source, enum place place, struct text text)
{
	bool is_boolean = text_equal(text, TEXT("true")) || text_equal(text, TEXT("false"));
	int64_t number;

	if (kinds[place] != KIND_LEAF && is_blank(text)) {
		buffer_append(&source->json, kinds[place] == KIND_OBJECT ? TEXT("{}") : TEXT("[]"));
	} else if (place == PLACE_TIMESTAMP && text_to_int64(text, &number)) {
		buffer_append_int64(&source->json, number);
	} else if (is_boolean && place != PLACE_STRING && place != PLACE_TIMESTAMP) {
		buffer_append(&source->json, text);
	} else {
		json_write_string(&source->json, text);
	}
}

static void end_call(struct source *source)
{
	if (source->too_long || source->json.failed) {
		source->sink.reject(source->sink.context, source->call_line,
			buffer_text(&source->session_id), "the call is longer than 4 MiB", 1);
		return;
	}
	source->sink.call(source->sink.context, buffer_text(&source->json), source->call_line);
}

static void XMLCALL on_end(void *context, const XML_Char *name)
{
	struct source *source = context;
	struct text text = buffer_text(&source->text);
	struct frame *frame;

	if (source->failure.code != ERROR_NONE) {
		return;
	}
	frame = &source->frames[source->depth - 1];
	if (frame->kind != KIND_LEAF && !is_blank(text)) {
		fail(source, "text stands beside elements in <%.40s>", name);
		return;
	}
	if (source->text.failed) {
		source->too_long = true;
	}
	if (frame->place == PLACE_ERROR) {
		fail(source, "this is an error answer, not calls: '%.*s'",
			(int)(text.size < 200 ? text.size : 200), text.data);
		return;
	}
	if (frame->place >= PLACE_CALL && frame->kind != KIND_LEAF) {
		buffer_append_byte(&source->json, frame->kind == KIND_ARRAY ? ']' : '}');
	} else if (frame->place >= PLACE_CALL) {
		write_leaf(source, frame->place, text);
	}
	if (source->is_session_id) {
		buffer_append(&source->session_id, text);
		source->is_session_id = false;
	}
	if (frame->place == PLACE_CALL) {
		end_call(source);
	}
	buffer_clear(&source->text);
	source->depth--;
}

static void XMLCALL on_text(void *context, const XML_Char *data, int size)
{
	struct source *source = context;

	buffer_append(&source->text, (struct text){.data = data, .size = (size_t)size});
}

static void XMLCALL on_doctype(void *context, const XML_Char *name, const XML_Char *system_id,
	const XML_Char *public_id, int has_internal_subset)
{
	(void)name;
	(void)system_id;
	(void)public_id;
	(void)has_internal_subset;
	fail(context, "a document type declaration is refused: this API writes none");
}

static void fuse_close(struct source *source)
{
	if (source) {
		buffer_deinit(&source->text);
		buffer_deinit(&source->json);
		buffer_deinit(&source->session_id);
		if (source->parser) {
			XML_ParserFree(source->parser);
		}
		free(source);
	}
}
AUTO_POINTER(struct source *, fuse_close);

static int fuse_open(struct source **ret_source, const struct source_input *input,
	const struct source_sink *sink, struct error *err)
{
	AUTO(fuse_closep) struct source *source = calloc(1, sizeof(*source));

	(void)input;
	if (!source) {
		return error_no_memory(err);
	}
	buffer_init(&source->text, JSON_BYTES_MAX);
	buffer_init(&source->json, JSON_BYTES_MAX);
	buffer_init(&source->session_id, CALL_SESSION_ID_MAX);
	source->sink = *sink;
	source->parser = XML_ParserCreate(NULL);
	if (!source->parser) {
		return error_no_memory(err);
	}
	XML_SetUserData(source->parser, source);
	XML_SetElementHandler(source->parser, on_start, on_end);
	XML_SetCharacterDataHandler(source->parser, on_text);
	XML_SetStartDoctypeDeclHandler(source->parser, on_doctype);
	*ret_source = source;
	source = NULL;
	return 0;
}

static int parse(struct source *source, const char *data, size_t size, bool last, struct error *err)
{
	size_t read_bytes;

	if (source->failure.code == ERROR_NONE &&
		XML_Parse(source->parser, data, (int)size, last) != XML_STATUS_OK) {
		enum XML_Error code = XML_GetErrorCode(source->parser);

		fail(source, "%s%s", last ? "the document is cut off or not XML: " : "not XML: ",
			XML_ErrorString(code));
	}
	source->fed_bytes += size;
	read_bytes = (size_t)XML_GetCurrentByteIndex64(source->parser);
	if (source->failure.code == ERROR_NONE && !last && read_bytes < source->fed_bytes &&
		source->fed_bytes - read_bytes > TOKEN_BYTES_MAX) {
		fail(source, "a tag or comment is longer than 8 MiB");
	}
	if (source->failure.code != ERROR_NONE) {
		if (err) {
			*err = source->failure;
		}
		return -1;
	}
	return 0;
}

static int fuse_feed(struct source *source, const char *data, size_t size, struct error *err)
{
	while (size > 0) {
		size_t piece = size < PIECE_BYTES ? size : PIECE_BYTES;

		if (parse(source, data, piece, false, err) < 0) {
			return -1;
		}
		data += piece;
		size -= piece;
	}
	return 0;
}

static int fuse_end(struct source *source, struct error *err)
{
	return parse(source, "", 0, true, err);
}

static bool fuse_looks_like(struct text text)
{
	return text.data[0] == '<';
}

const struct source_format source_fuse = {
	.name = "fuse",
	.looks_like = fuse_looks_like,
	.shape = STREAM_NDJSON,
	.open = fuse_open,
	.feed = fuse_feed,
	.end = fuse_end,
	.close = fuse_close,
};
