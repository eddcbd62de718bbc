/* SPDX-License-Identifier: MIT
 * The program without the web page (-Dweb=false). */
#include "api/web_files.h"

const struct web_file web_files[] = {{0}};
const size_t web_files_count = 0;
