// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatAddress, parseAddress } from '../src/address.js';

test('an address names a view, its parts and its parameters', () => {
	const { path, query } = parseAddress('#/call/a%2Fb?step=3&x=1%202');
	assert.deepEqual(path, ['call', 'a/b']);
	assert.equal(query.get('step'), '3');
	assert.equal(query.get('x'), '1 2');
});

test('no address is the empty one', () => {
	for (const hash of ['', '#', '#/']) {
		assert.deepEqual(parseAddress(hash).path, []);
	}
});

test('whatever a session is called, its address leads back to it', () => {
	for (const session of ['s;1', 'a/b', 'a?b=c&d', '100%', '%41', 'ü ñ', '"><script>', '#', '..', '.', '+', 'a\\b', '😀']) {
		const { path, query } = parseAddress(formatAddress(['call', session], { step: 7 }));
		assert.deepEqual(path, ['call', session]);
		assert.equal(query.get('step'), '7');
	}
});

test('what a user types wrong into the address is not a failure', () => {
	assert.deepEqual(parseAddress('#/call/%E0%A4').path, ['call', '%E0%A4']);
	assert.equal(parseAddress('#/calls?text=a?b').query.get('text'), 'a?b');
});

test('parameters without value are left out', () => {
	assert.equal(formatAddress(['calls'], { text: '', dest: null, src: undefined, min_duration: 0 }), '#/calls?min_duration=0');
	assert.equal(formatAddress(['calls'], { text: '' }), '#/calls');
});
