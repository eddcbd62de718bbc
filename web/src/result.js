// SPDX-License-Identifier: MIT
// The rows of one question, fetched by pages as they come into sight, a bounded number kept. Also what "next call" means on a call's
// page: its neighbour in the list that it was opened from.
import { askJson } from './api.js';
import { formatQuery } from './filter.js';
import { PAGE, pagesOf } from './rows.js';
import { onSession } from './session.js';

const PAGES_KEPT = 60;
const REACH_MAX = 10000; // rows that the server lists in another order than that of time

/* A page that follows one already held is asked for by that one's cursor: no row twice and none left out, whatever has arrived in the
 * meantime. A jump is asked for by its offset; when the total shows that calls have come, what was held before lies elsewhere now, and goes. */
export class Result {
	/* @filter is pinned (filter.js). @changed is called when rows or the total have come, or a problem. @order: null has the newest call first, 'oldest' the oldest,
	 * others are the server's. @ask is for tests. */
	constructor(filter, changed, { order = null, ask = askJson } = {}) {
		this.filter = filter;
		this.order = order;
		this.changed = changed;
		this.ask = ask;
		this.total = null;
		this.problem = null; // the last one, until rows come again
		this.pages = new Map(); // number → rows, or a promise of them, or null: failed; in the order of use
		this.cursors = new Map(); // number → where that page begins
		this.abort = new AbortController();
	}

	close() {
		this.changed = () => {};
		this.abort.abort();
	}

	/* How many rows can be shown. */
	get reach() {
		return this.order && this.order !== 'oldest' && this.total !== null ? Math.min(this.total, REACH_MAX) : this.total;
	}

	row(index) {
		return this.pages.get(Math.floor(index / PAGE))?.[index % PAGE];
	}

	/* Resolves when the pages of rows [first, last) are there, or have failed. */
	want(first, last) {
		return Promise.all(pagesOf(first, last).map((page) => this.page(page)));
	}

	/* What has failed is asked for again when it is wanted. */
	retry() {
		for (const [number, page] of [...this.pages]) {
			if (page === null) {
				this.pages.delete(number);
			}
		}
		this.problem = null;
		this.changed();
	}

	page(number) {
		const held = this.pages.get(number);
		this.pages.delete(number);
		this.pages.set(number, held === undefined ? this.fetch(number) : held);
		for (const old of this.pages.keys()) {
			if (this.pages.size <= PAGES_KEPT) {
				break;
			}
			this.pages.delete(old);
			this.cursors.delete(old + 1);
		}
		return this.pages.get(number);
	}

	async fetch(number) {
		const { pages } = this;
		const cursor = this.cursors.get(number);
		const place = cursor === undefined ? { offset: number * PAGE } : { cursor };
		try {
			const answer = await (this.order === 'oldest' ? this.askFromEnd(number) : this.askCalls({ limit: PAGE, order: this.order ?? undefined, ...place }));
			if (pages !== this.pages) {
				return; // what it continues is gone
			}
			if (cursor === undefined) {
				this.count(answer.total_calls);
			}
			this.pages.set(number, answer.calls);
			if (answer.next) {
				this.cursors.set(number + 1, answer.next);
			}
			this.problem = null;
		} catch (problem) {
			if (problem.name === 'AbortError' || pages !== this.pages) {
				return;
			}
			this.pages.set(number, null);
			this.problem = problem;
		}
		this.changed();
	}

	askCalls(place) {
		return this.ask(`/v1/calls?${formatQuery(this.filter, place)}`, { signal: this.abort.signal });
	}

	/* The server has the newest first. The oldest first are the same calls from the end, which the exact total says; asked again where calls have come since. */
	async askFromEnd(number) {
		let total = this.total ?? (await this.askCalls({ limit: 1 })).total_calls;
		for (;;) {
			const end = total - number * PAGE;
			if (end <= 0) {
				return { calls: [], total_calls: total, next: null };
			}
			const offset = Math.max(0, end - PAGE);
			const answer = await this.askCalls({ limit: end - offset, offset });
			if (answer.total_calls === total) {
				return { calls: answer.calls.reverse(), total_calls: total, next: null };
			}
			total = answer.total_calls;
		}
	}

	/* Where rows [first, last) lie among the newest first; null: that is not known. */
	span(first, last) {
		if (this.order && this.order !== 'oldest') {
			return null;
		}
		return { offset: this.order ? this.total - last : first, limit: last - first };
	}

	count(total) {
		if (this.total !== null && this.total !== total) {
			this.pages = new Map();
			this.cursors = new Map();
		}
		this.total = total;
	}
}

/* The list that calls are opened from. */
let current = null; // { result, index, address }
onSession(() => { current = null; });

export function remember(result, index, address) {
	current = { result, index, address };
}

export function rememberedList() {
	return current;
}

/* The session @step calls further in the list, or null at its end or without a list. */
export async function neighbour(session, step) {
	if (!current || current.result.row(current.index)?.session_id !== session) {
		return null;
	}
	const index = current.index + step;
	if (index < 0 || index >= current.result.reach) {
		return null;
	}
	await current.result.want(index, index + 1);
	const row = current.result.row(index);
	if (row) {
		current.index = index;
	}
	return row?.session_id ?? null;
}
