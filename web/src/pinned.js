// SPDX-License-Identifier: MIT
// A filter with its times made definite once, not anew at each drawing, which would ask the server again and again.
import { useMemo } from 'preact/hooks';
import { formatQuery, pinFilter } from './filter.js';

export function usePinned(filter) {
	return useMemo(() => pinFilter(filter, Math.floor(Date.now() / 1000)), [formatQuery(filter)]);
}
