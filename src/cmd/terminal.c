/* SPDX-License-Identifier: MIT
 * Writing for people. */
#include "cmd/terminal.h"

#include <locale.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#define WIDTH_DEFAULT 80
#define WIDTH_MIN     40

void terminal_init(void)
{
	/* For wcwidth() alone: output does not otherwise depend on the locale. */
	setlocale(LC_CTYPE, "C.UTF-8");
}

bool terminal_is(FILE *stream)
{
	return isatty(fileno(stream)) == 1;
}

bool terminal_says_yes(void)
{
	char answer[16] = "";

	return fgets(answer, sizeof(answer), stdin) && strcmp(answer, "yes\n") == 0;
}

size_t terminal_width(FILE *stream)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size = {0};
	int64_t width = 0;

	if (!terminal_is(stream)) {
		return WIDTH_DEFAULT;
	}
	if (!columns || !text_to_int64(text_of(columns), &width)) {
		if (ioctl(fileno(stream), TIOCGWINSZ, &size) == 0) {
			width = size.ws_col;
		}
	}
	if (width <= 0) {
		return WIDTH_DEFAULT;
	}
	return width < WIDTH_MIN ? WIDTH_MIN : (size_t)width;
}

bool terminal_color(FILE *stream, const struct settings *settings)
{
	const char *no_color = getenv("NO_COLOR");

	if (settings->color && strcmp(settings->color, "auto") != 0) {
		return strcmp(settings->color, "always") == 0;
	}
	return terminal_is(stream) && !(no_color && no_color[0] != '\0');
}

struct view terminal_view(FILE *stream, const struct settings *settings)
{
	return (struct view){
		.stream = stream,
		.pretty = terminal_is(stream),
		.color = terminal_color(stream, settings),
		.utc = settings->utc,
		.width = terminal_width(stream),
	};
}

const char *terminal_style(bool color, enum style style)
{
	static const char *const sequences[] = {
		[STYLE_PLAIN] = "\033[0m",
		[STYLE_BOLD] = "\033[1m",
		[STYLE_DIM] = "\033[2m",
		[STYLE_RED] = "\033[31m",
		[STYLE_GREEN] = "\033[32m",
		[STYLE_YELLOW] = "\033[33m",
		[STYLE_BLUE] = "\033[34m",
		[STYLE_CYAN] = "\033[36m",
	};

	return color ? sequences[style] : "";
}

/* The character at the start of @text: its bytes, at least 1, and its columns. */
static size_t next_character(struct text text, size_t *ret_columns)
{
	size_t length = text_utf8_length(text);
	wchar_t character = 0;
	mbstate_t state = {0};
	int columns = 1;

	if (length == 0) {
		*ret_columns = 1;
		return 1;
	}
	if (text_is_control(text_head(text, length))) {
		*ret_columns = 1; /* a space is written for it */
		return length;
	}
	if (length > 1 && mbrtowc(&character, text.data, length, &state) == length) {
		columns = wcwidth(character);
	}
	*ret_columns = columns < 0 ? 1 : (size_t)columns;
	return length;
}

size_t text_columns(struct text text)
{
	size_t all = 0;

	while (text.size > 0) {
		size_t columns;
		size_t length = next_character(text, &columns);

		all += columns;
		text = text_tail(text, length);
	}
	return all;
}

size_t text_fit(struct text text, size_t columns)
{
	size_t used = 0;

	for (struct text rest = text; rest.size > 0;) {
		size_t width;
		size_t length = next_character(rest, &width);

		if (width > columns) {
			break;
		}
		columns -= width;
		used += length;
		rest = text_tail(rest, length);
	}
	return used;
}

void text_write_clean(FILE *stream, struct text text)
{
	while (text.size > 0) {
		size_t length = text_utf8_length(text);
		struct text character = text_head(text, length > 0 ? length : 1);

		if (length == 0) {
			fputs("\xef\xbf\xbd", stream);
		} else if (text_is_control(character)) {
			fputc(' ', stream);
		} else {
			fwrite(character.data, 1, character.size, stream);
		}
		text = text_tail(text, character.size);
	}
}

static struct text skip_spaces(struct text text)
{
	while (text.size > 0 && text.data[0] == ' ') {
		text = text_tail(text, 1);
	}
	return text;
}

bool text_wrap(struct text *rest, size_t columns, struct text *ret_line)
{
	size_t fit = text_fit(*rest, columns);
	size_t end = fit;

	if (rest->size == 0) {
		return false;
	}
	if (fit == 0) {
		size_t length = text_utf8_length(*rest);

		end = length > 0 ? length : 1;
	} else if (fit < rest->size) {
		while (end > 0 && rest->data[end] != ' ') {
			end--;
		}
		end = end > 0 ? end : fit;
	}
	*ret_line = text_head(*rest, end);
	*rest = skip_spaces(text_tail(*rest, end));
	return true;
}

void text_write_wrapped(FILE *stream, struct text text, size_t indent, size_t width)
{
	size_t columns = width > indent + 20 ? width - indent : 20;
	struct text line;
	bool first = true;

	while (text_wrap(&text, columns, &line)) {
		fprintf(stream, "%*s", first ? 0 : (int)indent, "");
		text_write_clean(stream, line);
		fputc('\n', stream);
		first = false;
	}
	if (first) {
		fputc('\n', stream);
	}
}

const char *number_format(int64_t number, char buffer[NUMBER_SIZE])
{
	char digits[NUMBER_SIZE];
	int size = snprintf(
		digits, sizeof(digits), "%lld", (long long)(number < 0 ? -number : number));
	size_t used = 0;

	if (number < 0) {
		buffer[used++] = '-';
	}
	for (int i = 0; i < size; i++) {
		if (i > 0 && (size - i) % 3 == 0) {
			buffer[used++] = ',';
		}
		buffer[used++] = digits[i];
	}
	buffer[used] = '\0';
	return buffer;
}

const char *duration_format(int64_t seconds, char buffer[NUMBER_SIZE])
{
	long long s = (long long)seconds;

	if (s >= 3600) {
		snprintf(buffer, NUMBER_SIZE, "%lld:%02lld:%02lld", s / 3600, s / 60 % 60, s % 60);
	} else {
		snprintf(buffer, NUMBER_SIZE, "%lld:%02lld", s / 60, s % 60);
	}
	return buffer;
}
