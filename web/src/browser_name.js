// SPDX-License-Identifier: MIT
// What a session is called in the list of those who stay signed in.

const browsers = [['Edg', 'Edge'], ['OPR', 'Opera'], ['Firefox', 'Firefox'], ['FxiOS', 'Firefox'], ['Chrome', 'Chrome'], ['CriOS', 'Chrome'], ['Safari', 'Safari']];
const systems = [['Android', 'Android'], ['iPhone', 'iPhone'], ['iPad', 'iPad'], ['Windows', 'Windows'], ['Mac OS X', 'macOS'], ['CrOS', 'ChromeOS'], ['Linux', 'Linux']];

const among = (names, text, otherwise) => names.find(([part]) => text.includes(part))?.[1] ?? otherwise;

/* "Firefox on Linux", of a browser's User-Agent. */
export function browserName(agent) {
	return `${among(browsers, agent, 'A browser')} on ${among(systems, agent, 'a computer')}`;
}
