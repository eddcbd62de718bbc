// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatClock, formatDate, formatDuration, formatInput, formatOffset, formatTime, offsetAt, resolveTime, timeOf, zoneName } from '../src/time.js';

const utc = (text) => Date.parse(text) / 1000;

test('a time is shown on the clock of its zone', () => {
	const time = utc('2026-03-29T00:59:59Z');
	for (const [zone, expected, offset] of [
		['UTC', '2026-03-29 00:59:59', '+00:00'],
		['Europe/Berlin', '2026-03-29 01:59:59', '+01:00'],
		['America/New_York', '2026-03-28 20:59:59', '−04:00'],
		['Asia/Kathmandu', '2026-03-29 06:44:59', '+05:45'],
		['America/St_Johns', '2026-03-28 22:29:59', '−02:30'],
	]) {
		assert.equal(formatTime(time, zone), expected, zone);
		assert.equal(formatOffset(time, zone), offset, zone);
	}
});

test('clocks go forward and back at the right second', () => {
	assert.equal(formatClock(utc('2026-03-29T01:00:00Z'), 'Europe/Berlin'), '03:00:00');
	assert.equal(formatClock(utc('2026-10-25T00:59:59Z'), 'Europe/Berlin'), '02:59:59');
	assert.equal(formatClock(utc('2026-10-25T01:00:00Z'), 'Europe/Berlin'), '02:00:00');
	assert.equal(offsetAt(utc('2026-03-29T00:59:59Z'), 'Europe/Berlin'), 3600);
	assert.equal(offsetAt(utc('2026-03-29T01:00:00Z'), 'Europe/Berlin'), 7200);
});

test('midnight is 00, not 24, and belongs to the day that begins', () => {
	assert.equal(formatTime(utc('2026-01-01T00:00:00Z'), 'UTC'), '2026-01-01 00:00:00');
});

test('what is typed is read on the clock of the zone', () => {
	for (const [text, zone, expected] of [
		['2026-07-01T12:00', 'UTC', '2026-07-01T12:00:00Z'],
		['2026-07-01T12:00:30', 'Europe/Berlin', '2026-07-01T10:00:30Z'],
		['2026-01-01T00:00', 'America/New_York', '2026-01-01T05:00:00Z'],
		['2026-03-29T02:30', 'Europe/Berlin', '2026-03-29T01:30:00Z'], // skipped: an hour later
		['2026-10-25T02:30', 'Europe/Berlin', '2026-10-25T00:30:00Z'], // twice: the first
		['2026-11-01T01:30', 'America/New_York', '2026-11-01T05:30:00Z'], // twice: the first
		['2026-03-08T02:30', 'America/New_York', '2026-03-08T07:30:00Z'], // skipped
		['2026-10-04T02:15', 'Australia/Lord_Howe', '2026-10-03T15:45:00Z'], // skipped by half an hour only
	]) {
		assert.equal(timeOf(text, zone), utc(expected), `${text} ${zone}`);
	}
});

test('what is shown in the form and read again is the same second, in every zone and on the days when clocks change', () => {
	const ambiguous = (time, zone) => offsetAt(time - 3600, zone) !== offsetAt(time, zone) || offsetAt(time - 7200, zone) !== offsetAt(time, zone);
	for (const zone of ['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'Pacific/Apia']) {
		for (let time = utc('2026-01-01T00:10:00Z'); time < utc('2027-01-01T00:00:00Z'); time += 7 * 3600 + 1234) {
			if (!ambiguous(time, zone)) {
				assert.equal(timeOf(formatInput(time, zone), zone), time, `${zone} ${time}`);
			}
		}
	}
});

test('what is not a time of the form is NaN', () => {
	for (const text of ['', 'now', '2026-01-01', '2026-1-1T00:00', '12:00']) {
		assert.ok(Number.isNaN(timeOf(text, 'UTC')), text);
	}
});

test('a time that no calendar reaches is shown as its number', () => {
	for (const time of [10 ** 17, 999999999999999]) {
		assert.equal(formatTime(time, 'UTC'), `${time}`);
		assert.equal(formatDate(time, 'UTC'), `${time}`);
		assert.equal(typeof formatOffset(time, 'UTC'), 'string');
	}
	assert.equal(formatTime(NaN, 'UTC'), 'NaN');
});

test('years after 9999 are shown', () => {
	assert.match(formatTime(utc('2026-01-01T00:00:00Z') + 10000 * 365 * 86400, 'UTC'), /^120\d\d-/);
});

test('times of the address: seconds, relative, ISO 8601 with a zone; the rest is left to the server', () => {
	const now = 1795459200;
	for (const [text, expected] of [
		['0', 0], ['1795459200', 1795459200], ['now', now], ['-2h', now - 7200], ['-5d', now - 432000], ['+10m', now + 600], ['-1w', now - 604800], ['-90s', now - 90],
		['2026-01-31T12:00:00Z', utc('2026-01-31T12:00:00Z')], ['2026-01-31 12:00+01:00', utc('2026-01-31T11:00:00Z')],
		['2026-01-31T12:00:00-0330', utc('2026-01-31T15:30:00Z')], ['2026-01-31T12:00:00.500Z', utc('2026-01-31T12:00:00Z')],
		['yesterday', null], ['', null], ['-2x', null], ['Jan 5 2026', null], ['2026-01-31T12:00:00', null], ['2026-01-31', null], ['1.5', null],
		['2026-02-31T99:00:00Z', null], ['1234567890123456789', null],
	]) {
		assert.equal(resolveTime(text, now), expected, text);
	}
});

test('the zones: the own one, UTC, any by name, and the own one for what the browser does not know', () => {
	const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
	assert.equal(zoneName('local'), own);
	assert.equal(zoneName('UTC'), 'UTC');
	assert.equal(zoneName('Asia/Tokyo'), 'Asia/Tokyo');
	assert.equal(zoneName('Mars/Olympus'), own);
	assert.equal(zoneName(undefined), own);
});

test('durations', () => {
	for (const [seconds, expected] of [[0, '0:00'], [8, '0:08'], [61, '1:01'], [3599, '59:59'], [3600, '1:00:00'], [3723, '1:02:03'], [360000, '100:00:00']]) {
		assert.equal(formatDuration(seconds), expected);
	}
});
