// SPDX-License-Identifier: MIT
// What a text in the search box may mean: numbers, words, an id, a time. Pure functions; see search_box.js for what is offered.
import { formatClock, formatDate, timeOf } from './time.js';

const BEGINNING_MIN = 4; // characters that may be the beginning of an id
const AROUND_S = 600; // "14:20" means ten minutes to either side
const DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const DIGITS = /^[+*(]?[\d\s()./+*-]*$/;

/* The date @days before @date, both as "2026-11-24". */
function dayBefore(date, days) {
	return new Date(Date.parse(`${date}T12:00:00Z`) - days * 86400000).toISOString().slice(0, 10);
}

/* "today", "tue", "2026-11-24" → a date, not after @today; null for anything else. */
function dateOf(word, today) {
	if (/^\d{4}-\d\d-\d\d$/.test(word)) {
		return word;
	}
	if (word === 'today' || word === 'yesterday') {
		return dayBefore(today, word === 'today' ? 0 : 1);
	}
	const day = word.length >= 3 ? DAYS.findIndex((name) => name === word || (word.length === 3 && name.startsWith(word))) : -1;
	return day < 0 ? null : dayBefore(today, (new Date(`${today}T12:00:00Z`).getUTCDay() - day + 7) % 7);
}

/* "14:20", "14h", "2pm" → [first, last) in seconds of a day; null for anything else. */
function clockOf(word) {
	const minute = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(word);
	if (minute) {
		const at = Number(minute[1]) * 3600 + Number(minute[2]) * 60;
		return [at - AROUND_S, at + AROUND_S];
	}
	const hour = /^(\d{1,2})(h|am|pm)$/.exec(word);
	const at = hour ? (hour[2] === 'h' ? Number(hour[1]) : (Number(hour[1]) % 12) + (hour[2] === 'pm' ? 12 : 0)) : 24;
	return at < 24 ? [at * 3600, at * 3600 + 3600] : null;
}

/* Takes the words that tell a time out of @words: { rest, window }. The window is { start, end } in seconds, or null without such words. */
function takeTime(words, now, zone) {
	const today = formatDate(now, zone);
	const rest = [];
	let [date, clock] = [null, null];
	for (const word of words) {
		const [day, hours] = [date ? null : dateOf(word.toLowerCase(), today), clock ? null : clockOf(word.toLowerCase())];
		date = day ?? date;
		clock = hours ?? clock;
		if (!day && !hours) {
			rest.push(word);
		}
	}
	if (!date && !clock) {
		return { rest, window: null };
	}
	const begin = (of) => timeOf(`${of}T00:00`, zone);
	if (!clock) {
		return { rest, window: { start: begin(date), end: timeOf(`${dayBefore(date, -1)}T00:00`, zone) } };
	}
	// Without a day, it is the last time that it was so late.
	const day = date ?? (begin(today) + clock[0] > now ? dayBefore(today, 1) : today);
	const at = (seconds) => begin(day) + seconds;
	return { rest, window: { start: at(clock[0]), end: at(clock[1]) } };
}

function windowText({ start, end }, zone) {
	const [from, until] = [formatDate(start, zone), formatDate(end - 1, zone)];
	const whole = formatClock(start, zone) === '00:00:00' && formatClock(end, zone) === '00:00:00';
	return whole && from === until ? from : `${from} ${formatClock(start, zone).slice(0, 5)} to ${formatClock(end, zone).slice(0, 5)}`;
}

/* The readings of @text, best first: { kind, label, changes, group }. `changes` are those of the filter; `group` names the statistics in which numbers
 * that match are counted. Of kind "id" `id` says which call may be opened, of kind "begins" `begins` is what its id begins
 * with. */
export function readingsOf(text, now, zone) {
	const whole = text.trim();
	if (whole === '') {
		return [];
	}
	const { rest, window } = /"/.test(whole) ? { rest: [whole], window: null } : takeTime(whole.split(/\s+/), now, zone);
	const left = rest.join(' ');
	const when = window ? `, ${windowText(window, zone)}` : '';
	const times = window ? { start: String(window.start), end: String(window.end) } : {};
	const readings = [];
	const one = left !== '' && left === whole && !/\s/.test(left);
	const begins = left.replace(/\*$/, '');
	if (one) {
		readings.push({ kind: 'id', label: `Call ${left}`, id: left });
	}
	if (/\d\d/.test(left) && DIGITS.test(left)) {
		readings.push(...numbers(left, when, times));
	}
	if (one && [...begins].length >= BEGINNING_MIN) {
		readings.push({ kind: 'begins', label: `Calls whose id begins with ${begins}`, begins });
	}
	if (left !== '') {
		readings.push({ kind: 'words', label: `Words: ${left}${when}`, changes: { ...times, text: left } });
	} else if (window) {
		readings.push({ kind: 'time', label: `Calls of ${windowText(window, zone)}`, changes: { ...times, text: '' } });
	}
	return readings;
}

function numbers(text, when, times) {
	const number = text.replace(/[\s()./-]/g, '');
	const reading = (group, party, how, value) => ({
		kind: 'number', group, label: `${party} ${how} ${number.replace(/^\*|\*$/g, '')}${when}`, changes: { ...times, [group]: value, text: '' },
	});
	if (number.includes('*')) {
		return [reading('src', 'From', 'is like', number), reading('dest', 'To', 'is like', number)];
	}
	const ends = [reading('src', 'From', 'ends in', `*${number}`), reading('dest', 'To', 'ends in', `*${number}`)];
	const begins = [reading('src', 'From', 'begins with', `${number}*`), reading('dest', 'To', 'begins with', `${number}*`)];
	return number.startsWith('+') ? [...begins, ...ends] : [...ends, ...begins];
}

/* What of @text is not understood as it may be meant, as a sentence; '' where nothing is. */
export function notUnderstood(text) {
	const outside = text.replace(/"[^"]*"?/g, ' ');
	const minus = /(?:^|\s)(-[^\s\d]\S*)/.exec(outside)?.[1];
	if (minus) {
		return `“${minus}” leaves no call out: a call has to have all words. Under Filters, “Calls that are not so” leaves calls out.`;
	}
	const word = /(?:^|\s)(OR|AND|NOT)(?=\s|$)/.exec(outside)?.[1];
	return word ? `“${word}” is looked for as a word: a call has to have all words. For either of two, search twice.` : '';
}
