// SPDX-License-Identifier: MIT
// Numbers, files' names, the call as a document, and events of the stream.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callDocument } from '../src/call_document.js';
import { columns, chosenColumns } from '../src/columns.js';
import { exportName } from '../src/export.js';
import { countOf, escapeHtml, fileName, formatBytes, formatNumber, formatShare } from '../src/format.js';
import { EventParser } from '../src/sse.js';
import { readSteps } from '../src/steps.js';

test('numbers are grouped and counted', () => {
	assert.equal(formatNumber(12431), '12,431');
	assert.equal(countOf(1, 'call'), '1 call');
	assert.equal(countOf(0, 'call'), '0 calls');
	assert.equal(countOf(1234, 'call'), '1,234 calls');
	assert.equal(formatShare(1, 3), '33.3%');
	assert.equal(formatShare(0, 0), '–');
});

test('bytes', () => {
	for (const [bytes, expected] of [[0, '0 bytes'], [999, '999 bytes'], [1000, '1.0 KB'], [1234567, '1.2 MB'], [999999, '1.0 MB'], [5e12, '5000.0 GB']]) {
		assert.equal(formatBytes(bytes), expected);
	}
});

test('a file\'s name can do nothing in a file system', () => {
	for (const [text, expected] of [['call-a/b', 'call-a-b'], ['../../etc', 'etc'], ['', 'file'], ['...', 'file'], ['ü', 'file'], ['2026-11-24 08:00', '2026-11-24-08-00']]) {
		assert.equal(fileName(text), expected);
	}
});

test('an export is named by its window, on the clock that is shown', () => {
	assert.equal(exportName({ start: '0', end: '3600' }, 'csv', 'Europe/Berlin', 7200), 'callstep-1970-01-01-01-00-00-to-1970-01-01-02-00-00.csv');
	assert.equal(exportName({}, 'ndjson', 'UTC', 7200), 'callstep-the-beginning-to-1970-01-01-02-00-00.ndjson');
});

const hostile = '</td></table><script>alert(1)</script><img src=x onerror="alert(2)">\'&';

test('markup in a call stays text in its document', () => {
	const call = {
		session_id: hostile, src: hostile, dest: hostile, type: hostile, start: 0, end: 5, duration: 5, steps: 1, log: true,
		detail: [{ event: { line: hostile, data: { module_type: hostile, result_variable: hostile, [hostile]: { [hostile]: hostile } } }, class: hostile, timestamp: 1 }],
	};
	const text = callDocument(call, readSteps(call), 'UTC');
	assert.ok(!text.includes('<script') && !text.includes('<img'));
	assert.equal(text.match(/<td/g).length, 6);
	assert.ok(text.includes(escapeHtml(hostile)));
	assert.match(text, /Content-Security-Policy" content="default-src 'none'/);
	assert.ok(!/<[^>]*\b(src|href|on\w+)=/.test(text));
});

test('a call whose steps are gone says so in its document', () => {
	const call = { session_id: 's', src: '1', dest: '2', type: 'inbound', start: 0, end: 5, duration: 5, steps: 0, log: false, detail: false };
	assert.match(callDocument(call, [], 'UTC'), /no longer kept/);
});

test('columns come in the order of the table and are never none', () => {
	assert.deepEqual(chosenColumns(['src', 'start']).map((column) => column.name), ['start', 'src']);
	assert.deepEqual(chosenColumns(['nothing']).map((column) => column.name), ['start']);
	const call = { start: 10 ** 17, end: 10 ** 17, duration: 0, type: 'inbound', src: '', dest: '', steps: 0, log: false, state: 'ended', session_id: 's' };
	for (const column of columns) {
		assert.equal(typeof column.text(call, 'UTC'), 'string', column.name);
	}
});

test('events are read in whatever portions they come', () => {
	const stream = ': hello\n\nevent: call\nid: 7\ndata: {"a":\ndata: 1}\n\r\nevent: gap\r\ndata:{"after":3}\r\n\r\nid: 9\ndata: x\n\n';
	const expected = [{ type: 'call', data: '{"a":\n1}', id: '7' }, { type: 'gap', data: '{"after":3}', id: '7' }, { type: 'message', data: 'x', id: '9' }];
	for (let size = 1; size <= stream.length; size++) {
		const events = [];
		const parser = new EventParser((event) => events.push(event));
		for (let at = 0; at < stream.length; at += size) {
			parser.push(stream.slice(at, at + size));
		}
		assert.deepEqual(events, expected, `portions of ${size}`);
	}
});

test('an event that is not whole is not told', () => {
	const events = [];
	new EventParser((event) => events.push(event)).push('event: call\ndata: 1\n');
	assert.deepEqual(events, []);
});
