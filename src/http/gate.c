/* SPDX-License-Identifier: MIT
 * The gate: a reader for each place in a message. A reader takes bytes for as long as they may
 * stand there, and says where the next one stands. */
#include "http/gate.h"

#include <stdio.h>

#include "base/text.h"

/* The library makes a record for each header and each cookie: what it has no room for is refused
 * here, in our words. */
#define LINES_MAX	  256
#define PAIRS_MAX	  256
#define CHUNK_LINE_MAX	  256 /* bytes of a chunk's size with its extensions */
#define DIGITS_MAX	  15  /* of a chunk's size */
#define LENGTH_DIGITS_MAX 18
#define VERSION		  "HTTP/1.1"
#define VERSION_SIZE	  8
#define ONE_HOST	  "a request has one header Host"
#define END_MAX		  64 /* bytes */

enum kind {
	KIND_OTHER,
	KIND_HOST,
	KIND_LENGTH,
	KIND_CODING,
	KIND_COOKIE,
};

/* RFC 9110 §5.6.2 */
static const bool token_bytes[256] = {['!'] = true,
	['#' ... '\''] = true,
	['*'] = true,
	['+'] = true,
	['-'] = true,
	['.'] = true,
	['0' ... '9'] = true,
	['A' ... 'Z'] = true,
	['^' ... 'z'] = true,
	['|'] = true,
	['~'] = true};

/* Bytes above ASCII too, which RFC 3986 wants encoded: nobody takes them for the target's end. */
static const bool target_bytes[256] = {['!' ... '~'] = true, [0x80 ... 0xff] = true};

/* RFC 9110 §5.5; chunk extensions too. */
static const bool value_bytes[256] = {['\t'] = true, [' ' ... '~'] = true, [0x80 ... 0xff] = true};

/* RFC 3986 §3.2.2 and §3.2.3 */
static const bool host_bytes[256] = {['!'] = true,
	['$' ... '.'] = true,
	['0' ... ';'] = true,
	['='] = true,
	['A' ... '['] = true,
	[']'] = true,
	['_'] = true,
	['a' ... 'z'] = true,
	['~'] = true};

static size_t run_of(const bool bytes[256], const char *data, size_t size)
{
	size_t run = 0;

	while (run < size && bytes[(unsigned char)data[run]]) {
		run++;
	}
	return run;
}

/* Returns 0, so that a reader may end with it: the byte before which it is called is not taken. */
static size_t refuse(struct gate *gate, int status, const char *sentence)
{
	gate->status = status;
	gate->sentence = sentence;
	return 0;
}

static size_t refuse_line(struct gate *gate)
{
	return refuse(gate, 400, "the request line is malformed");
}

static size_t refuse_header(struct gate *gate)
{
	return refuse(gate, 400, "the header is malformed");
}

static size_t refuse_chunk(struct gate *gate)
{
	return refuse(gate, 400, "a chunk of the body is malformed");
}

/* A CR was read, behind which only a LF may stand. */
static size_t line_ends(struct gate *gate, enum gate_at after)
{
	gate->at = GATE_LF;
	gate->after = after;
	return 1;
}

/* ---- the head ---- */

static void begin_message(struct gate *gate)
{
	*gate = (struct gate){
		.head_size_max = gate->head_size_max,
		.begun = gate->begun + 1,
		.at = GATE_METHOD,
	};
}

static void end_message(struct gate *gate)
{
	gate->at = GATE_BEFORE;
	gate->line_size = 0;
	gate->blank = false;
}

static size_t read_before(struct gate *gate, const char *data, size_t size)
{
	(void)size;
	if (data[0] == '\r' && !gate->blank) {
		gate->blank = true;
		return line_ends(gate, GATE_BEFORE);
	}
	begin_message(gate);
	if (!token_bytes[(unsigned char)data[0]]) {
		gate->at = GATE_BEFORE;
		return refuse_line(gate);
	}
	return 0;
}

static size_t read_method(struct gate *gate, const char *data, size_t size)
{
	size_t run = run_of(token_bytes, data, size);

	if (run == size) {
		return run;
	}
	if (data[run] != ' ') {
		refuse_line(gate);
		return run;
	}
	gate->at = GATE_TARGET;
	return run + 1;
}

static size_t read_target(struct gate *gate, const char *data, size_t size)
{
	size_t run = run_of(target_bytes, data, size);

	gate->part += run > 0;
	if (run == size) {
		return run;
	}
	if (data[run] != ' ' || gate->part == 0) {
		refuse_line(gate);
		return run;
	}
	gate->at = GATE_VERSION;
	gate->part = 0;
	return run + 1;
}

static size_t read_version(struct gate *gate, const char *data, size_t size)
{
	bool is_digit = text_is_digit(data[0]);

	(void)size;
	if (gate->part == VERSION_SIZE - 1 && data[0] == '0') {
		gate->version_1_0 = true;
	} else if (data[0] != VERSION[gate->part]) {
		return is_digit && (gate->part == 5 || gate->part == VERSION_SIZE - 1)
			       ? refuse(gate, 505, "only HTTP/1.1 and HTTP/1.0 are spoken here")
			       : refuse_line(gate);
	}
	gate->part++;
	if (gate->part == VERSION_SIZE) {
		gate->at = GATE_LINE_END;
	}
	return 1;
}

static size_t read_line_end(struct gate *gate, const char *data, size_t size)
{
	(void)size;
	return data[0] == '\r' ? line_ends(gate, GATE_HEADER) : refuse_line(gate);
}

static size_t read_header(struct gate *gate, const char *data, size_t size)
{
	(void)size;
	if (data[0] == '\r' && gate->trailers) {
		return line_ends(gate, GATE_TRAILERS_END);
	}
	if (data[0] == '\r') {
		return gate->hosts > 0 || gate->version_1_0 ? line_ends(gate, GATE_HEAD_END)
							    : refuse(gate, 400, ONE_HOST);
	}
	if (!token_bytes[(unsigned char)data[0]]) {
		/* a line that goes on with the one before it, too (§5.2) */
		return refuse_header(gate);
	}
	if (gate->lines == LINES_MAX) {
		return refuse(gate, 431, "the request has too many headers");
	}
	gate->lines++;
	gate->word_size = 0;
	gate->at = GATE_NAME;
	return 0;
}

/* Of what is longer than the word only the length is kept: it is none of those that count. */
static void keep_word(struct gate *gate, const char *data, size_t size)
{
	if (size <= GATE_WORD_MAX && gate->word_size <= GATE_WORD_MAX - size) {
		memcpy(gate->word + gate->word_size, data, size);
	}
	gate->word_size += size;
}

static struct text word(const struct gate *gate)
{
	return (struct text){gate->word, gate->word_size <= GATE_WORD_MAX ? gate->word_size : 0};
}

static enum kind kind_of(struct text name)
{
	static const struct text names[] = {
		[KIND_HOST] = {"Host", 4},
		[KIND_LENGTH] = {"Content-Length", 14},
		[KIND_CODING] = {"Transfer-Encoding", 17},
		[KIND_COOKIE] = {"Cookie", 6},
	};

	for (size_t i = KIND_HOST; i < COUNT_OF(names); i++) {
		if (name.size == names[i].size && text_equal_ascii_case(name, names[i])) {
			return (enum kind)i;
		}
	}
	return KIND_OTHER;
}

static size_t read_name(struct gate *gate, const char *data, size_t size)
{
	size_t run = run_of(token_bytes, data, size);

	keep_word(gate, data, run);
	if (run == size) {
		return run;
	}
	if (data[run] != ':') {
		refuse_header(gate);
		return run;
	}
	gate->kind = gate->trailers ? (int)KIND_OTHER : (int)kind_of(word(gate));
	gate->word_size = 0;
	gate->part = 0;
	if (gate->kind == KIND_LENGTH) {
		gate->left = 0;
	}
	gate->at = GATE_VALUE;
	return run + 1;
}

/* How much of @data may stand in the value of Host (RFC 9112 §3.2): a name and a port, and blanks
 * around them only. */
static size_t run_of_host(struct gate *gate, const char *data, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		bool blank = data[i] == ' ' || data[i] == '\t';

		if (!blank && (!host_bytes[(unsigned char)data[i]] || gate->part > 1)) {
			refuse(gate, 400, "the header Host is malformed");
			return i;
		}
		/* 0: in front of it, 1: in it, 2: behind it */
		gate->part = !blank ? 1 : gate->part == 0 ? 0 : 2;
	}
	return size;
}

static size_t run_of_cookies(struct gate *gate, const char *data, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		gate->pairs += data[i] == ';' || data[i] == ',';
		if (gate->pairs > PAIRS_MAX) {
			refuse(gate, 431, "the request has too many cookies");
			return i;
		}
	}
	return size;
}

/* Of Content-Length: digits, and blanks in front of them. Those behind them the library (0.9.75)
 * takes for a part of the value. */
static size_t run_of_length(struct gate *gate, const char *data, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		bool blank = data[i] == ' ' || data[i] == '\t';

		if (blank && gate->part == 0) {
			continue;
		}
		if (!text_is_digit(data[i])) {
			refuse_header(gate);
			return i;
		}
		if (gate->part == LENGTH_DIGITS_MAX) {
			refuse(gate, 413, "the request's body is too large");
			return i;
		}
		gate->left = gate->left * 10 + (uint64_t)(data[i] - '0');
		gate->part++;
	}
	return size;
}

/* Returns how much of @data, which may stand in any value, may stand in this one. */
static size_t look_at_value(struct gate *gate, const char *data, size_t size)
{
	switch ((enum kind)gate->kind) {
	case KIND_HOST:
		return run_of_host(gate, data, size);
	case KIND_COOKIE:
		return run_of_cookies(gate, data, size);
	case KIND_LENGTH:
		return run_of_length(gate, data, size);
	case KIND_CODING:
		keep_word(gate, data, size);
		break;
	case KIND_OTHER:
		break;
	}
	return size;
}

/* Without the blanks in front; what stands behind it counts as a part of it, as for the library. */
static struct text coding_of(const struct gate *gate)
{
	struct text value = word(gate);

	while (value.size > 0 && (value.data[0] == ' ' || value.data[0] == '\t')) {
		value = text_tail(value, 1);
	}
	return value;
}

static void end_value(struct gate *gate)
{
	switch ((enum kind)gate->kind) {
	case KIND_HOST:
		gate->hosts++;
		break;
	case KIND_LENGTH:
		gate->lengths++;
		if (gate->part == 0) {
			refuse_header(gate);
		}
		break;
	case KIND_CODING:
		gate->codings++;
		gate->chunked = text_equal_ascii_case(coding_of(gate), TEXT("chunked"));
		break;
	case KIND_OTHER:
	case KIND_COOKIE:
		break;
	}
}

static size_t read_value(struct gate *gate, const char *data, size_t size)
{
	size_t run = look_at_value(gate, data, run_of(value_bytes, data, size));

	if (run == size || gate->status != 0) {
		return run;
	}
	if (data[run] != '\r') {
		refuse_header(gate);
		return run;
	}
	end_value(gate);
	return gate->status != 0 ? run : run + line_ends(gate, GATE_HEADER);
}

/* The head is whole: what it says of the body (§6.3), and that it does not name two hosts (§3.2).
 */
static void end_head(struct gate *gate)
{
	if (gate->hosts > 1) {
		refuse(gate, 400, ONE_HOST);
	} else if (gate->lengths + gate->codings > 1 || (gate->codings > 0 && gate->version_1_0)) {
		refuse(gate, 400, "the body's length is given in more than one way");
	} else if (gate->codings > 0 && !gate->chunked) {
		refuse(gate, 501, "the only transfer coding known is chunked");
	}
	if (gate->status != 0) {
		return;
	}
	gate->part = 0;
	gate->line_size = 0;
	if (gate->chunked) {
		gate->at = GATE_CHUNK_SIZE;
		gate->left = 0;
	} else if (gate->left > 0) {
		gate->at = GATE_BODY;
	} else {
		end_message(gate);
	}
}

/* ---- the body (§7.1) ---- */

static size_t take_left(struct gate *gate, size_t size)
{
	size_t taken = gate->left < size ? (size_t)gate->left : size;

	gate->left -= taken;
	return taken;
}

static size_t read_body(struct gate *gate, const char *data, size_t size)
{
	size_t taken = take_left(gate, size);

	(void)data;
	if (gate->left == 0) {
		end_message(gate);
	}
	return taken;
}

static size_t end_chunk_line(struct gate *gate)
{
	gate->part = 0;
	gate->line_size = 0;
	gate->trailers = gate->left == 0;
	return line_ends(gate, gate->trailers ? GATE_HEADER : GATE_CHUNK_DATA);
}

static size_t read_chunk_size(struct gate *gate, const char *data, size_t size)
{
	int digit = text_hex_digit(data[0]);

	(void)size;
	if (digit >= 0 && gate->part < DIGITS_MAX) {
		gate->left = gate->left * 16 + (uint64_t)digit;
		gate->part++;
		return 1;
	}
	if (gate->part > 0 && data[0] == ';') {
		gate->at = GATE_CHUNK_EXTENSION;
		return 0;
	}
	return gate->part > 0 && data[0] == '\r' ? end_chunk_line(gate) : refuse_chunk(gate);
}

static size_t read_chunk_extension(struct gate *gate, const char *data, size_t size)
{
	size_t run = run_of(value_bytes, data, size);

	if (run == 0 && data[0] == '\r') {
		gate->at = GATE_CHUNK_SIZE;
		return 0;
	}
	return run > 0 ? run : refuse_chunk(gate);
}

static size_t read_chunk_data(struct gate *gate, const char *data, size_t size)
{
	(void)data;
	size = take_left(gate, size);
	if (gate->left == 0) {
		gate->at = GATE_CHUNK_END;
		gate->line_size = 0;
	}
	return size;
}

static size_t read_chunk_end(struct gate *gate, const char *data, size_t size)
{
	(void)size;
	return data[0] == '\r' ? line_ends(gate, GATE_CHUNK_SIZE) : refuse_chunk(gate);
}

static size_t read_lf(struct gate *gate, const char *data, size_t size)
{
	(void)size;
	if (data[0] != '\n') {
		if (gate->after == GATE_BEFORE) {
			begin_message(gate);
			line_ends(gate, GATE_BEFORE);
		}
		return refuse(gate, 400, "a line ends in a bare CR");
	}
	gate->at = gate->after;
	if (gate->at == GATE_HEAD_END) {
		end_head(gate);
	} else if (gate->at == GATE_TRAILERS_END) {
		end_message(gate);
	}
	return 1;
}

/* ---- all of it ---- */

static size_t (*const readers[])(struct gate *gate, const char *data, size_t size) = {
	[GATE_BEFORE] = read_before,
	[GATE_METHOD] = read_method,
	[GATE_TARGET] = read_target,
	[GATE_VERSION] = read_version,
	[GATE_LINE_END] = read_line_end,
	[GATE_HEADER] = read_header,
	[GATE_NAME] = read_name,
	[GATE_VALUE] = read_value,
	[GATE_BODY] = read_body,
	[GATE_CHUNK_SIZE] = read_chunk_size,
	[GATE_CHUNK_EXTENSION] = read_chunk_extension,
	[GATE_CHUNK_DATA] = read_chunk_data,
	[GATE_CHUNK_END] = read_chunk_end,
	[GATE_LF] = read_lf,
};

static bool is_data(const struct gate *gate)
{
	return gate->at == GATE_BODY || gate->at == GATE_CHUNK_DATA;
}

/* How many of @size bytes may be read for the line or the head to stay below its ceiling. */
static size_t bounded(struct gate *gate, size_t size)
{
	bool chunk = gate->at == GATE_CHUNK_SIZE || gate->at == GATE_CHUNK_EXTENSION;
	size_t max = chunk ? CHUNK_LINE_MAX : gate->head_size_max;

	if (is_data(gate)) {
		return size;
	}
	if (gate->line_size < max) {
		size = size < max - gate->line_size ? size : max - gate->line_size;
		return size;
	}
	return chunk ? refuse_chunk(gate) : refuse(gate, 431, "the request's header is too large");
}

/* What the library is given for the rest of a line of which the gate has let the beginning through.
 */
static const char *const line_rests[] = {
	[GATE_BEFORE] = "X / " VERSION "\r\n",
	[GATE_METHOD] = " / " VERSION "\r\n",
	[GATE_TARGET] = " " VERSION "\r\n",
	[GATE_VERSION] = VERSION "\r\n",
	[GATE_LINE_END] = "\r\n",
	[GATE_HEADER] = "",
	[GATE_NAME] = "x:\r\n", /* none of those that mean something */
	[GATE_VALUE] = "\r\n",
	[GATE_HEAD_END] = "",
	[GATE_BODY] = "",
	[GATE_CHUNK_SIZE] = "\r\n",
	[GATE_CHUNK_EXTENSION] = "\r\n",
	[GATE_CHUNK_DATA] = "",
	[GATE_CHUNK_END] = "\r\n1\r\n",
	[GATE_TRAILERS_END] = "",
};

/* What has to follow that rest, or the dispatcher is not called: the end of the head or of the
 * trailers, or a byte of a chunk. */
static const char *message_rest(const struct gate *gate, enum gate_at at)
{
	if (at <= GATE_VALUE) {
		return gate->hosts > 0 || gate->kind == KIND_HOST || gate->trailers
			       ? "\r\n"
			       : "Host: x\r\n\r\n";
	}
	if (at < GATE_CHUNK_SIZE || at == GATE_TRAILERS_END) {
		return "";
	}
	return gate->left == 0 && gate->part > 0 ? "\r\n" : "x";
}

/* What has to stand in front of that rest for the line not to be an empty one. */
static const char *line_begin(const struct gate *gate, enum gate_at at)
{
	if (gate->part > 0) {
		return "";
	}
	return at == GATE_TARGET			       ? "/"
	       : at == GATE_CHUNK_SIZE			       ? "1"
	       : at == GATE_VALUE && gate->kind == KIND_LENGTH ? "0"
							       : "";
}

static size_t write_end(const struct gate *gate, char to[END_MAX])
{
	enum gate_at at = gate->at == GATE_LF ? gate->after : gate->at;
	int size = snprintf(to, END_MAX, "%s%s%s%s", gate->at == GATE_LF ? "\n" : "",
		line_begin(gate, at), line_rests[at] + (at == GATE_VERSION ? gate->part : 0),
		message_rest(gate, at));

	return (size_t)size;
}

static ptrdiff_t end_refused(const struct gate *gate, char *data, size_t size, size_t room)
{
	char end[END_MAX];
	size_t end_size = write_end(gate, end);

	if (end_size > room - size) {
		return -1;
	}
	memcpy(data + size, end, end_size);
	return (ptrdiff_t)(size + end_size);
}

void gate_init(struct gate *gate, size_t head_size_max)
{
	*gate = (struct gate){.head_size_max = head_size_max};
}

/* Reads on from @data; returns how many bytes were read, of which all are for the library or none.
 */
static size_t read_some(struct gate *gate, const char *data, size_t size, bool *ret_dropped)
{
	bool counts = !is_data(gate);
	size_t max = bounded(gate, size);
	size_t taken;

	*ret_dropped = gate->at == GATE_CHUNK_EXTENSION;
	taken = max > 0 ? readers[gate->at](gate, data, max) : 0;
	gate->line_size += counts ? taken : 0;
	return taken;
}

ptrdiff_t gate_read(struct gate *gate, char *data, size_t size, size_t room)
{
	size_t from = 0;
	size_t to = 0;

	if (gate->status != 0) {
		return 0;
	}
	while (from < size && gate->status == 0) {
		bool dropped;
		size_t taken = read_some(gate, data + from, size - from, &dropped);

		if (!dropped) {
			if (from != to) {
				memmove(data + to, data + from, taken);
			}
			to += taken;
		}
		from += taken;
	}
	return gate->status != 0 ? end_refused(gate, data, to, room) : (ptrdiff_t)to;
}
