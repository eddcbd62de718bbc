/* SPDX-License-Identifier: MIT
 * The bodies of a page with detail: glued (JSON gzip), or pulled call by call (JSON, XML, XML
 * gzip). */
#ifndef API_PAGE_BODY_H
#define API_PAGE_BODY_H

#include "api/answer.h"
#include "api/page.h"

/* Makes the body of all_logs for @page in the representation given. Whatever it needs lives in the
 * page. Fills in @response, or fails as a page_composer. */
int page_body_answer(struct page *page, struct http_response *response, enum answer_format format,
	bool gzip, struct error *err) CHECK_RESULT;

/* Frees a pulled body's working memory. NULL is accepted. */
struct page_body;
void page_body_destroy(struct page_body *body);

#endif
