/* SPDX-License-Identifier: MIT */
#include "call/call_xml.h"
