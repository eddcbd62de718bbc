// SPDX-License-Identifier: MIT
// A million rows in a box that scrolls: which are in sight, and where the scroll bar stands. Browsers do not make elements higher than some
// tens of millions of pixels. So above MAX_HEIGHT the scroll bar stands for a share of all rows, not for pixels.
export const ROW_HEIGHT = 32; // as .table-row in style.css
export const MAX_HEIGHT = 6_000_000;
export const PAGE = 200;

export function scrollHeight(total) {
	return Math.min(total * ROW_HEIGHT, MAX_HEIGHT);
}

/* The furthest first row, with rows of a part in sight counted in parts. */
function lastTop(total, height) {
	return Math.max(0, total - height / ROW_HEIGHT);
}

/* The row at the upper edge, when the box of @height pixels is scrolled by @scroll. */
export function topOf(scroll, total, height) {
	const range = scrollHeight(total) - height;
	return range <= 0 ? 0 : Math.min(1, scroll / range) * lastTop(total, height);
}

/* The inverse. */
export function scrollOf(top, total, height) {
	const rows = lastTop(total, height);
	return rows === 0 ? 0 : top / rows * (scrollHeight(total) - height);
}

/* The rows to draw, some beyond both edges: [first, last). */
export function inSight(top, total, height, beyond = 4) {
	return [Math.max(0, Math.floor(top) - beyond), Math.min(total, Math.ceil(top + height / ROW_HEIGHT) + beyond)];
}

/* The first row that is wholly shown when @row is to be seen. */
export function topThatShows(row, top, height) {
	const fit = Math.floor(height / ROW_HEIGHT);
	if (row < top) {
		return row;
	}
	return row >= top + fit - 1 ? row - fit + 1.5 : top;
}

/* The pages that rows [first, last) lie on. */
export function pagesOf(first, last) {
	const pages = [];
	for (let page = Math.floor(first / PAGE); first < last && page * PAGE < last; page++) {
		pages.push(page);
	}
	return pages;
}
