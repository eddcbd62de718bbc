/* SPDX-License-Identifier: MIT
 * A call as XML, transcoded from its canonical JSON in one pass (API.md §1 "XML"). */
#ifndef CALL_CALL_XML_H
#define CALL_CALL_XML_H

#include "base/buffer.h"

/* Appends canonical @json as XML content: an object's members are elements, and an array's entries
 * are `item` elements. Strings, numbers and booleans are text; null and empty arrays and objects
 * are nothing. An element without content is written `<name/>`. Characters that XML 1.0 cannot hold
 * become U+FFFD. Names keep the characters of XML 1.0 §2.3 (fifth edition), and each other one
 * becomes `_`. A `_` goes before a character that may not begin a name. An empty name is `_`. `:`
 * is replaced too: namespace-aware parsers, which most are, refuse a prefix that is not declared.
 * @json comes from the store or from call_json: it was checked; where it is not JSON, the output
 * ends early. Around it the caller writes the element, e.g. `<item>` … `</item>`. */
void call_xml_write(struct buffer *buffer, struct text json);

/* The same in pieces, for one call after the other: what a long call becomes need never lie in
 * memory whole. */
struct call_xml;
struct call_xml *call_xml_create(void); /* NULL: out of memory */
void call_xml_destroy(struct call_xml *xml);

/* Begins with @json, which stays until its end. */
void call_xml_begin(struct call_xml *xml, struct text json);

/* Appends what comes next until @buffer holds @enough bytes or, by an element's name or some KiB of
 * its text, more. Returns false at the end. */
bool call_xml_go_on(struct call_xml *xml, struct buffer *buffer, size_t enough) CHECK_RESULT;

/* Appends @string, UTF-8, as XML text. */
void call_xml_write_text(struct buffer *buffer, struct text string);

#endif
