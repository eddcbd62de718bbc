// SPDX-License-Identifier: MIT
// A million rows in a box that scrolls: which are in sight, and where the scroll bar stands. Browsers do not make elements higher than some
// tens of millions of pixels. So above MAX_HEIGHT the scroll bar stands for a share of all rows, not for pixels.
export const ROW_HEIGHT = 32; // as .table-row in style.css; where it has a second line, it is higher
export const MAX_HEIGHT = 6_000_000;
export const PAGE = 200;
const BEYOND = 4; // rows that are drawn beyond either edge

export function scrollHeight(total, rowHeight = ROW_HEIGHT) {
	return Math.min(total * rowHeight, MAX_HEIGHT);
}

/* The furthest first row, with rows of a part in sight counted in parts. */
function lastTop(total, height, rowHeight) {
	return Math.max(0, total - height / rowHeight);
}

/* The row at the upper edge, when the box of @height pixels is scrolled by @scroll. */
export function topOf(scroll, total, height, rowHeight = ROW_HEIGHT) {
	const range = scrollHeight(total, rowHeight) - height;
	return range <= 0 ? 0 : Math.min(1, scroll / range) * lastTop(total, height, rowHeight);
}

/* The inverse. */
export function scrollOf(top, total, height, rowHeight = ROW_HEIGHT) {
	const rows = lastTop(total, height, rowHeight);
	return rows === 0 ? 0 : top / rows * (scrollHeight(total, rowHeight) - height);
}

/* The rows to draw, some beyond both edges: [first, last). */
export function inSight(top, total, height, rowHeight = ROW_HEIGHT) {
	return [Math.max(0, Math.floor(top) - BEYOND), Math.min(total, Math.ceil(top + height / rowHeight) + BEYOND)];
}

/* The first row that is wholly shown when @row is to be seen. */
export function topThatShows(row, top, height, rowHeight = ROW_HEIGHT) {
	const fit = Math.floor(height / rowHeight);
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
