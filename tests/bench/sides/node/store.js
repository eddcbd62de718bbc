// SPDX-License-Identifier: MIT
// The calls in PostgreSQL: connections are pooled, statements are named, so that each connection prepares them once.
'use strict';
const crypto = require('node:crypto');
const { Pool } = require('pg');

const POOL_SIZE = 8;
const WINDOW = 'account_id = $1 and start >= $2 and start < $3';
const ORDER = 'order by start desc, session_id desc';
const HEADER = 'c.dest, c.src, c.start, c."end", c.session_id, c.type';
// Everything comes as text: nothing is parsed that only goes out again.
const AS_TEXT = { getTypeParser: () => (value) => value };

class Store {
	#pool = new Pool({ max: POOL_SIZE });
	#names = new Map();

	async #rows(text, values) {
		if (!this.#names.has(text)) {
			this.#names.set(text, `s${this.#names.size}`);
		}
		return (await this.#pool.query({ name: this.#names.get(text), text, values, rowMode: 'array', types: AS_TEXT })).rows;
	}

	async account(email, key) {
		const hash = crypto.createHash('sha256').update(key).digest('hex');
		const rows = await this.#rows(
			'select a.id from key k join account a on a.id = k.account_id where k.hash = $1 and a.email = $2 and not a.disabled', [hash, email]);
		return rows.length > 0 ? rows[0][0] : null;
	}

	/** Exactly how many calls the window holds; an index alone answers it. */
	async count(account, start, end, number) {
		const where = WINDOW + (number === '' ? '' : ' and dest_key = $4');
		const values = [account, start, end];
		return (await this.#rows(`select count(*) from call where ${where}`, number === '' ? values : [...values, number]))[0][0];
	}

	/** A page of rows: dest, src, start, end, session_id, type, and the detail as text where it is wanted, otherwise whether
	 * there is one (t or f). Deep pages find their keys in the index first and fetch the rows of these alone. */
	page(account, start, end, number, offset, limit, detail) {
		const where = WINDOW + (number === '' ? '' : ' and dest_key = $6');
		const columns = HEADER + (detail ? ', c.detail::text' : ', c.detail is not null');
		const text = offset === 0
			? `select ${columns} from call c where ${where} ${ORDER} limit $4 offset $5`
			: `select ${columns} from (select start, session_id from call where ${where} ${ORDER} limit $4 offset $5) k
				join call c on c.account_id = $1 and c.session_id = k.session_id order by k.start desc, k.session_id desc`;
		const values = [account, start, end, limit, offset];
		return this.#rows(text, number === '' ? values : [...values, number]);
	}

	async detail(account, session) {
		const rows = await this.#rows('select detail::text from call where account_id = $1 and session_id = $2', [account, session]);
		return rows.length > 0 ? rows[0][0] : null;
	}

	async countWithWords(account, words) {
		return (await this.#rows(
			`select count(*) from call where account_id = $1 and call_words(detail) @@ plainto_tsquery('simple', $2)`, [account, words]))[0][0];
	}

	pageWithWords(account, words, limit) {
		// Materialised: otherwise the planner goes through the calls in their order and makes the words of each anew, seconds a page.
		return this.#rows(
			`with found as materialized (
				select ${HEADER}, c.steps from call c where account_id = $1 and call_words(detail) @@ plainto_tsquery('simple', $2))
			select * from found ${ORDER} limit $3`,
			[account, words, limit]);
	}
}

module.exports = { Store };
