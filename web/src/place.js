// SPDX-License-Identifier: MIT
// A place is a module with its variable: how it is named, and which calls were there.
export const nameOf = (place) => [place.module || '(no module)', place.variable].filter(Boolean).join(' → ');

/* One text for each place, to find it by. */
export const keyOf = (place) => JSON.stringify([place.module, place.variable]);

/* It as the parameter `path` has places (docs/paths.md); null where a name has what no path may say. */
export function pathOf({ module, variable }) {
	return /["]/.test(module + variable) ? null : `"${module}"/"${variable}"`;
}

/* What finds the calls that were there. A path leaves what else the filter asks of a step as it is. */
export function wasThere(place, filter) {
	const path = pathOf(place);
	return path && !filter.path ? { ...filter, path } : { ...filter, module: place.module, variable: place.variable };
}
