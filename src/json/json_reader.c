/* SPDX-License-Identifier: MIT */
#include "json/json_reader.h"
