// SPDX-License-Identifier: MIT
// The rows of one question, fetched by pages as they come into sight, a bounded number kept. Also what "next call" means on a call's
// page: its neighbour in the list that it was opened from.
import { askJson } from './api.js';
import { formatQuery } from './filter.js';
import { PAGE, pagesOf } from './rows.js';

const PAGES_KEPT = 60;

export class Result {
	/* @filter is pinned (filter.js). @changed is called when rows or the total have come, or a problem. */
	constructor(filter, changed) {
		this.filter = filter;
		this.changed = changed;
		this.total = null;
		this.problem = null;
		this.pages = new Map(); // in the order of use: rows, or a promise of them
		this.abort = new AbortController();
	}

	close() {
		this.changed = () => {};
		this.abort.abort();
	}

	row(index) {
		const page = this.pages.get(Math.floor(index / PAGE));
		return Array.isArray(page) ? page[index % PAGE] : undefined;
	}

	/* Resolves when the pages of rows [first, last) are there. */
	want(first, last) {
		return Promise.all(pagesOf(first, last).map((page) => this.page(page)));
	}

	page(number) {
		const held = this.pages.get(number);
		this.pages.delete(number);
		this.pages.set(number, held ?? this.fetch(number));
		for (const old of this.pages.keys()) {
			if (this.pages.size <= PAGES_KEPT) {
				break;
			}
			this.pages.delete(old);
		}
		return this.pages.get(number);
	}

	async fetch(number) {
		try {
			const query = formatQuery(this.filter, { limit: PAGE, offset: number * PAGE });
			const answer = await askJson(`/v1/calls?${query}`, { signal: this.abort.signal });
			this.pages.set(number, answer.calls);
			this.total = answer.total_calls;
			this.problem = null;
		} catch (problem) {
			this.pages.delete(number); // so that it is asked for again
			if (problem.name === 'AbortError') {
				return;
			}
			this.problem = problem;
		}
		this.changed();
	}
}

/* The list that calls are opened from. */
let current = null; // { result, index, address }

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
	if (index < 0 || index >= current.result.total) {
		return null;
	}
	await current.result.want(index, index + 1);
	const row = current.result.row(index);
	if (row) {
		current.index = index;
	}
	return row?.session_id ?? null;
}
