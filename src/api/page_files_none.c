/* SPDX-License-Identifier: MIT
 * The program without the web page (-Dweb=false). */
#include "api/page_files.h"

const struct page_file page_files[] = {{0}};
const size_t page_files_count = 0;
