/* SPDX-License-Identifier: MIT
 * GET /, /docs, /docs.md, /docs/NAME.md, /llms.txt, /openapi.json, /assets/…: the web page and the
 * documentation. They are the same for everyone and ask for no credentials; what the pages show
 * they fetch from the API with those of their user. */
#include "api/web_files.h"

#include "api/job.h"
#include "http/header.h"

/* The page's own scripts, styles and pictures and nothing else: no other host, no inline code. No
 * other page may show it in a frame (Content Security Policy Level 3). data: and blob: pictures are
 * what the page draws itself. */
#define SECURITY_POLICY                                                                            \
	"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "    \
	"font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "               \
	"frame-ancestors 'none'"

static const struct web_file *find_file(struct text path)
{
	for (size_t i = 0; i < web_files_count; i++) {
		if (text_equal_string(path, web_files[i].path)) {
			return &web_files[i];
		}
	}
	return NULL;
}

static void write_headers(struct http_response *response, const struct web_file *file)
{
	http_response_header(response, "Content-Type", text_of(file->type));
	http_response_header(response, "ETag", text_of(file->etag));
	http_response_header(response, "Vary", TEXT("Accept-Encoding"));
	http_response_header(response, "Cache-Control",
		file->immutable ? TEXT("public, max-age=31536000, immutable") : TEXT("no-cache"));
	http_response_header(response, "Content-Security-Policy", TEXT(SECURITY_POLICY));
	http_response_header(response, "X-Frame-Options", TEXT("DENY"));
	http_response_header(response, "Referrer-Policy", TEXT("no-referrer"));
	http_response_header(response, "Cross-Origin-Opener-Policy", TEXT("same-origin"));
	http_response_header(response, "Cross-Origin-Resource-Policy", TEXT("same-origin"));
}

enum http_step web_files_begin(struct job *job)
{
	struct http_request *request = job->request;
	struct http_response *response = job->response;
	const struct web_file *file = find_file(request->path);

	if (!file) {
		return answer_error(response, 404,
			web_files_count == 0 ? "this callstep was built without the web page"
					     : "there is no such page");
	}
	write_headers(response, file);
	if (header_names_etag(http_header(request, "If-None-Match"), text_of(file->etag))) {
		response->status = 304;
		return HTTP_DONE;
	}
	response->status = 200;
	if (answer_gzip(request)) {
		http_response_header(response, "Content-Encoding", TEXT("gzip"));
		response->text = (struct text){.data = file->gzip, .size = file->gzip_size};
	} else {
		response->text = (struct text){.data = file->bytes, .size = file->bytes_size};
	}
	return HTTP_DONE;
}
