// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { markedPieces, readPhrases } from '../src/marks.js';

const marked = (text, line) => markedPieces(line, readPhrases(text)).filter((piece) => piece.marked).map((piece) => piece.text);

test('words, phrases and beginnings are marked where they stand', () => {
	assert.deepEqual(marked('invalid', 'Invalid input: 8, invalidated'), ['Invalid']);
	assert.deepEqual(marked('"press one"', 'Press one, or one press'), ['Press one']);
	assert.deepEqual(marked('confir*', 'Confirmed; reconfirm'), ['Confirmed']);
	assert.deepEqual(marked('"to conf*" press', 'Press 1 to confirm'), ['Press', 'to confirm']);
	assert.deepEqual(marked('user-input', 'User input: 1'), ['User input'], 'what is written together is a phrase');
});

test('case and accents do not matter, and scripts without spaces are cut by letters', () => {
	assert.deepEqual(marked('depannage strasse', 'Dépannage in der Straße'), ['Dépannage', 'Straße']);
	assert.deepEqual(marked('配達', '再配達の'), ['配達']);
});

test('nothing is lost of a line', () => {
	for (const line of ['', 'one', 'say one, one. ', '1 one 1']) {
		assert.equal(markedPieces(line, readPhrases('one')).map(({ text }) => text).join(''), line);
	}
	assert.deepEqual(marked('', 'one'), []);
	assert.deepEqual(marked('" -', 'one'), []);
});
