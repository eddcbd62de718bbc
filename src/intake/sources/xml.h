/* SPDX-License-Identifier: MIT
 * Expat under the names of its newest version. */
#ifndef CALLSTEP_INTAKE_SOURCES_XML_H
#define CALLSTEP_INTAKE_SOURCES_XML_H

#include <expat.h>

/* Expat 2.9 has names for positions above 4 GiB; the ones before it are as wide where a long has 64
 * bits. */
#if XML_MAJOR_VERSION * 1000 + XML_MINOR_VERSION < 2009
#define XML_GetCurrentLineNumber64   XML_GetCurrentLineNumber
#define XML_GetCurrentColumnNumber64 XML_GetCurrentColumnNumber
#define XML_GetCurrentByteIndex64    XML_GetCurrentByteIndex
#endif

#endif
