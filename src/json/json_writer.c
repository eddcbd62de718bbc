/* SPDX-License-Identifier: MIT */
#include "json/json_writer.h"
