// SPDX-License-Identifier: MIT
// The bodies of answers. The detail goes into JSON as PostgreSQL wrote it; for XML it is read.
'use strict';

const TYPES = ['inbound', 'outbound', 'transfer'];
const quote = JSON.stringify;

/** Of a row whose last column is the detail, or t or f. */
const hasDetail = (last) => last !== null && last !== 'f';

function jsonCall([dest, src, start, end, session, type, steps], detail) {
	const head = `{"dest":${quote(dest)},"src":${quote(src)},`;
	return detail
		? `${head}"start":"${start}","end":"${end}","session_id":${quote(session)},"detail":${steps ?? 'false'},"type":"${TYPES[type]}","log":${hasDetail(steps)}}`
		: `${head}"start":${start},"end":${end},"session_id":${quote(session)},"type":"${TYPES[type]}","log":${hasDetail(steps)}}`;
}

function jsonPage(rows, total, detail) {
	const calls = rows.map((row) => jsonCall(row, detail)).join(',');
	return total === null ? `{"calls":[${calls}]}` : `{"calls":[${calls}],"total_calls":${total}}`;
}

function jsonFound(rows, total) {
	const calls = rows.map(([dest, src, start, end, session_id, type, steps]) => ({
		dest, src, start: Number(start), end: Number(end), session_id, type: TYPES[type], duration: end - start, steps: Number(steps), state: 'ended',
	}));
	return JSON.stringify({ calls, total_calls: Number(total) });
}

const ESCAPES = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
const names = new Map();

function xmlName(name) {
	if (!names.has(name)) {
		names.set(name, name.replace(/[^\w.-]/g, '_').replace(/^(?=[^A-Za-z_])/, '_'));
	}
	return names.get(name);
}

function xmlValue(value) {
	if (typeof value === 'string') {
		return value.replace(/[&<>]/g, (one) => ESCAPES[one]);
	}
	if (value === null || typeof value !== 'object') {
		return value === null ? '' : String(value);
	}
	if (Array.isArray(value)) {
		return value.map((one) => `<item>${xmlValue(one)}</item>`).join('');
	}
	return Object.entries(value).map(([name, one]) => `<${xmlName(name)}>${xmlValue(one)}</${xmlName(name)}>`).join('');
}

function xmlPage(rows, total, detail) {
	const calls = rows.map(([dest, src, start, end, session_id, type, steps]) => {
		const call = { dest, src, start, end, session_id };
		if (detail) {
			call.detail = steps === null ? false : JSON.parse(steps);
		}
		call.type = TYPES[type];
		call.log = hasDetail(steps);
		return `<item>${xmlValue(call)}</item>`;
	});
	const sum = total === null ? '' : `<total_calls>${total}</total_calls>`;
	return `<?xml version="1.0"?><result><calls>${calls.join('')}</calls>${sum}</result>`;
}

module.exports = { jsonPage, jsonFound, xmlPage, xmlValue };
