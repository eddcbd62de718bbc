// SPDX-License-Identifier: MIT
// The calls that go on, and those that ended lately, as a stream of changes tells them. No more than is shown is held, and of each call only its
// last step. Pure; see live.js for what is shown.
export const KEPT = 300; // calls that go on
export const ENDED_KEPT = 100;
const LINE_MAX = 500; // characters: a row has one line of the screen
export const LINGER_MS = 10000; // for so long a call that ended stays among those that go on

export class LiveCalls {
	constructor() {
		this.rows = new Map(); // by session
		this.ended = []; // { call } or { gap }, the newest first
		this.endedMore = false; // older ones have gone
		this.looked = 0; // how many calls went on when they were counted last
		this.known = false; // what goes on was looked at, with steps
		this.version = 0; // another one where something is to be drawn
		this.count = 0; // of the events that were told
	}

	/* Takes an answer of GET /v1/calls?state=live, newest first, with or without steps. */
	look({ calls, total_calls: total }) {
		const listed = new Set(calls.map((call) => call.session_id));
		for (const [session, row] of this.rows) {
			if (row.endedAt === null && !listed.has(session)) {
				this.rows.delete(session);
			}
		}
		this.looked = total;
		this.known = true;
		this.version++;
		calls.forEach((call) => this.put(call));
	}

	/* Takes an event of GET /v1/tail; @now is in milliseconds. */
	told({ type, data }, now) {
		this.version++;
		this.count++;
		if (type === 'step') {
			this.steps(data);
		} else if (type === 'gap') {
			this.push({ gap: data.after });
		} else if (data.state === 'live') {
			this.ended = this.ended.filter(({ call }) => call?.session_id !== data.session_id);
			this.put(data);
		} else if (this.rows.has(data.session_id)) {
			const before = this.rows.get(data.session_id);
			this.rows.set(data.session_id, { ...rowOf(data, before), endedAt: before.endedAt ?? now });
		} else {
			this.push({ call: rowOf(data) });
		}
	}

	/* Moves calls that ended a while ago to the others that have, but for @stays, the session that has the focus. */
	expire(now, stays) {
		for (const [session, row] of this.rows) {
			if (row.endedAt !== null && now - row.endedAt >= LINGER_MS && session !== stays) {
				this.rows.delete(session);
				this.push({ call: row });
				this.version++;
			}
		}
	}

	/* What is to be shown: `total` is what goes on, `calls` the newest of it with those that just ended. */
	snapshot() {
		const calls = [...this.rows.values()].sort(newestFirst);
		const going = calls.filter((call) => call.endedAt === null).length;
		return { calls, total: this.looked > KEPT ? Math.max(this.looked, going) : going, ended: this.ended, endedMore: this.endedMore };
	}

	put(call) {
		this.rows.set(call.session_id, rowOf(call, this.rows.get(call.session_id)));
		if (this.rows.size > KEPT) {
			this.rows.delete([...this.rows.values()].reduce(older).session_id);
			this.looked = Math.max(this.looked, KEPT + 1);
		}
	}

	/* A step event: its steps stand from `first` on, instead of all that stood there and behind. */
	steps({ session_id: session, first, steps, end }) {
		const row = this.rows.get(session);
		if (row) {
			const last = steps.length > 0 ? stepOf(steps.at(-1)) : first === row.steps ? row.last : null;
			this.rows.set(session, { ...row, steps: first + steps.length, last, end });
		}
	}

	push(entry) {
		const others = this.ended.filter(({ call }) => !call || call.session_id !== entry.call?.session_id);
		this.endedMore ||= others.length >= ENDED_KEPT;
		this.ended = [entry, ...others].slice(0, ENDED_KEPT);
	}
}

/* Where a call comes without its steps, the last one is what it was before. */
function rowOf({ session_id, src, dest, type, start, end, steps, state, detail }, before) {
	const last = Array.isArray(detail) ? (detail.length > 0 ? stepOf(detail.at(-1)) : null) : before?.last ?? null;
	return { session_id, src, dest, type, start, end, steps, state, last, endedAt: null };
}

function stepOf({ class: kind, event }) {
	return { class: kind, line: event.line.slice(0, LINE_MAX) };
}

function newestFirst(a, b) {
	return b.start - a.start || (a.session_id < b.session_id ? 1 : -1);
}

/* What goes first where there are too many: a call that has ended, then the oldest. */
function older(a, b) {
	if ((a.endedAt === null) !== (b.endedAt === null)) {
		return a.endedAt === null ? b : a;
	}
	return newestFirst(a, b) > 0 ? a : b;
}
