// SPDX-License-Identifier: MIT
// Numbers and words for people.
const numbers = new Intl.NumberFormat('en-US');

/* 12431 → "12,431" */
export function formatNumber(number) {
	return numbers.format(number);
}

/* 1, "call" → "1 call"; 2 → "2 calls" */
export function countOf(number, word) {
	return `${formatNumber(number)} ${word}${number === 1 ? '' : 's'}`;
}

/* "5,041 calls, 1,692 of them with steps (3,000 are over their days, 349 never had any)": where steps are counted, what they were looked for in. */
export function callsLookedAt(data) {
	const all = countOf(data.total_calls, 'call');
	const none = (data.calls_over_days ?? 0) + (data.calls_without_steps ?? 0);
	return none === 0 ? all : `${all}, ${formatNumber(data.calls_with_steps)} of them with steps (${formatNumber(data.calls_over_days)} are over their days, ${formatNumber(data.calls_without_steps)} never had any)`;
}

/* "12.3 MB" */
export function formatBytes(bytes) {
	const units = ['bytes', 'KB', 'MB', 'GB'];
	let power = 0;
	while (power < units.length - 1 && bytes / 1000 ** power >= (power ? 999.95 : 1000)) {
		power++;
	}
	return `${(bytes / 1000 ** power).toFixed(power ? 1 : 0)} ${units[power]}`;
}

/* 0.1234 → "12.3%" */
export function formatShare(part, whole) {
	return whole ? `${(100 * part / whole).toFixed(1)}%` : '–';
}

/* For text that goes into a separate document, not through preact. */
export function escapeHtml(text) {
	return String(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/* Rejects where the browser does not allow it: not asked for by a click, or a page that came without TLS from another machine. */
export async function copyText(text) {
	await navigator.clipboard.writeText(text);
}

/* Offers @parts as a file. */
export function download(name, type, parts) {
	const link = document.createElement('a');
	link.href = URL.createObjectURL(new Blob(parts, { type }));
	link.download = name;
	link.click();
	setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

/* A file's name out of anything. */
export function fileName(text) {
	return text.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[-.]+|-+$/g, '') || 'file';
}
