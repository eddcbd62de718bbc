// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { formatAddress, parseAddress } from '../src/address.js';
import { describe, fields, formatQuery, optionsOf, parameters, pinFilter, readFilter } from '../src/filter.js';

const NOW = 1795459200;
const read = (text) => readFilter(new URLSearchParams(text));

test('the page knows every parameter of the API and no other', () => {
	const source = readFileSync(new URL('../../src/call/filter.h', import.meta.url), 'utf8');
	const named = (text) => [...text.matchAll(/^\tPARAMETER\(([a-z_]+),/gm)].map(([, name]) => name);
	const refused = named(source.match(/define FILTER_CHOICES[^]*?(?=define FILTER_PARAMETERS)/)[0]).map((name) => `-${name}`);
	assert.equal(refused.length, 10);
	assert.deepEqual([...parameters].sort(), [...named(source), ...refused].sort());
});

test('a filter is read from an address and written into one', () => {
	const filter = { text: 'invalid "press one"', start: '-2h', dest: '*3001', class: 'error,event', min_duration: '5' };
	assert.deepEqual(readFilter(parseAddress(formatAddress(['calls'], filter)).query), filter);
});

test('what is not a filter and what is empty is left out', () => {
	assert.deepEqual(read('step=4&group=dest&text=&dest=1'), { dest: '1' });
});

test('a repeated parameter that takes several means any of them; of any other the last one counts', () => {
	assert.equal(read('class=error&class=event').class, 'error,event');
	assert.equal(read('module=menu&module=digits').module, 'menu,digits');
	assert.equal(read('dest=1&dest=*2').dest, '1,*2');
	assert.equal(read('-module=menu&-module=digits')['-module'], 'menu,digits');
	assert.equal(read('state=live&state=ended').state, 'ended');
	assert.equal(read('text=a&text=b').text, 'b');
});

test('data of steps are asked for together, in either form', () => {
	assert.deepEqual(read('step_data=digits=1&step_data=language=en'), { step_data: 'digits=1,language=en' });
	assert.deepEqual(read('data.digits=1,2&data.language=en'), { step_data: 'digits="1,2",language="en"' });
	assert.deepEqual(read('step_data='), {});
});

test('relative times become seconds at the moment of asking, and an end that is open stays open', () => {
	assert.deepEqual(pinFilter({ start: '-1h', text: 'x' }, NOW), { start: String(NOW - 3600), text: 'x' });
	assert.deepEqual(pinFilter({ start: '-1h', end: 'now' }, NOW), { start: String(NOW - 3600), end: String(NOW) });
	assert.deepEqual(pinFilter({}, NOW), {});
});

test('a time before 1970 is its beginning; what is not a time is left for the server to name', () => {
	assert.equal(pinFilter({ start: '-9999999999s' }, NOW).start, '0');
	assert.equal(pinFilter({ start: 'soon' }, NOW).start, 'soon');
});

test('a question has what the filter has', () => {
	assert.equal(formatQuery({ dest: '+1 617', text: '' }, { limit: 200, offset: 0, detail: undefined }), 'dest=%2B1+617&limit=200&offset=0');
});

test('a choice that the form does not offer is offered as it stands, so that it is not lost', () => {
	const type = fields.find((field) => field.name === 'type');
	assert.deepEqual(optionsOf(type, ''), type.options);
	assert.deepEqual(optionsOf(type, 'inbound'), type.options);
	assert.deepEqual(optionsOf(type, 'inbound,transfer'), ['inbound,transfer', ...type.options]);
});

test('what is in force has a name', () => {
	assert.equal(describe('dest', '*3001'), 'To *3001');
	assert.equal(describe('-module', 'menu'), 'Module: not menu');
});
