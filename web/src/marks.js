// SPDX-License-Identifier: MIT
// Where the words that were looked for stand in a line. Words are cut and folded as the server does it (src/call/words.h). Pure functions.
const SINGLE = '\\p{Script=Han}|\\p{Script=Hiragana}|\\p{Script=Katakana}|\\p{Script=Thai}|\\p{Script=Lao}|\\p{Script=Khmer}|\\p{Script=Myanmar}';
const WORD = new RegExp(`(?:${SINGLE})|(?:(?!${SINGLE})[\\p{L}\\p{N}\\p{M}])+`, 'gu');

function fold(word) {
	return word.normalize('NFKD').replace(/\p{M}/gu, '').toUpperCase().toLowerCase();
}

/* [{ word, from, to }] of @line; the word is folded. */
function cut(line) {
	return [...line.matchAll(WORD)].map((match) => ({ word: fold(match[0]), from: match.index, to: match.index + match[0].length })).filter(({ word }) => word !== '');
}

/* `invalid "press one" confir*` → phrases: { words, open }. */
export function readPhrases(text) {
	return [...text.matchAll(/"([^"]*)"?|[^\s"]+/g)].map(([piece, quoted]) => {
		const part = quoted ?? piece;
		return { words: cut(part).map(({ word }) => word), open: part.trimEnd().endsWith('*') };
	}).filter(({ words }) => words.length > 0);
}

function standsAt(words, at, phrase) {
	return phrase.words.every((wanted, index) => {
		const word = words[at + index]?.word;
		return phrase.open && index === phrase.words.length - 1 ? word?.startsWith(wanted) : word === wanted;
	});
}

/* The stretches of @line that are any of @phrases: [[from, to], …], in order, none within another. */
export function findMarks(line, phrases) {
	const words = phrases.length > 0 ? cut(line) : [];
	const found = [];
	for (let at = 0; at < words.length;) {
		const phrase = phrases.filter((one) => standsAt(words, at, one)).reduce((longest, one) => (one.words.length > (longest?.words.length ?? 0) ? one : longest), null);
		if (phrase) {
			found.push([words[at].from, words[at + phrase.words.length - 1].to]);
		}
		at += phrase?.words.length ?? 1;
	}
	return found;
}

/* @line in pieces, in order: { text, marked }. */
export function markedPieces(line, phrases) {
	const pieces = [];
	let at = 0;
	for (const [from, to] of findMarks(line, phrases)) {
		pieces.push({ text: line.slice(at, from), marked: false }, { text: line.slice(from, to), marked: true });
		at = to;
	}
	pieces.push({ text: line.slice(at), marked: false });
	return pieces.filter(({ text }) => text !== '');
}
