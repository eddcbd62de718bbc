/* SPDX-License-Identifier: MIT
 * The files of the web page, as the build embeds them (web/build.js). */
#ifndef API_WEB_FILES_H
#define API_WEB_FILES_H

#include "base/text.h"

struct web_file {
	const char *path; /* of its address: "/", "/assets/main-0A1B2C3D.js" */
	const char *type; /* Content-Type */
	const char *etag; /* with its quotes; of the bytes as they are */
	bool immutable;	  /* its name changes with its bytes */
	const char *bytes;
	size_t bytes_size;
	const char *gzip; /* the same, compressed */
	size_t gzip_size;
};

/* None when the program was built without the page (-Dweb=false). */
extern const struct web_file web_files[];
extern const size_t web_files_count;

#endif
