/* SPDX-License-Identifier: MIT
 * Any bytes as an INI file, and as the value of every setting: what is taken is within the limits
 * that the table tells. */
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "cmd/ini_file.h"
#include "cmd/settings.h"
#include "fuzz_target.h"
#include "store/store.h"

#define NOW INT64_C(1769817600)

static void check_setting(const struct setting *setting, const char *value)
{
	struct settings settings = {0};
	const char *member = (const char *)&settings + setting->offset;
	struct error err = {0};
	int64_t number;

	if (setting->type == SETTING_FILTER) {
		return; /* kept as it is given: filter_fuzz reads it */
	}
	if (setting_parse(setting, value, NOW, &settings, &err) < 0) {
		fuzz_require(err.message[0] != '\0');
		return;
	}
	switch (setting->type) {
	case SETTING_INTEGER:
	case SETTING_SIZE:
	case SETTING_DURATION:
	case SETTING_MILLISECONDS:
		memcpy(&number, member, sizeof(number));
		fuzz_require(number >= setting->min && number <= setting->max);
		break;
	case SETTING_DAYS:
		memcpy(&number, member, sizeof(number));
		fuzz_require(number >= 0 && number <= STORE_DAYS_MAX);
		break;
	default:
		break;
	}
}

static int take(
	void *context, const char *name, const char *value, unsigned int line, struct error *err)
{
	unsigned int *last_line = context;
	const struct setting *setting = setting_find(text_of(name), "serve");

	fuzz_require(line >= *last_line);
	*last_line = line;
	if (!setting) {
		return error_set(err, ERROR_INVALID, "unknown");
	}
	check_setting(setting, value);
	return 0;
}

static void read_as_file(const uint8_t *data, size_t size)
{
	AUTO(file_close) int fd = memfd_create("ini", MFD_CLOEXEC);
	struct error err = {0};
	unsigned int line = 0;
	char path[64];

	fuzz_require(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (ini_file_read(path, take, &line, &err) < 0) {
		fuzz_require(err.message[0] != '\0');
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *value = calloc(1, size + 1);
	const struct setting *row = NULL;

	fuzz_require(value != NULL);
	if (size > 0) {
		memcpy(value, data, size);
	}
	read_as_file(data, size);
	while ((row = setting_next(row))) {
		check_setting(row, value);
	}
	free(value);
	return 0;
}
