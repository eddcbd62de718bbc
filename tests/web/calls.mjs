// SPDX-License-Identifier: MIT
// Calls made by hand, where a test has to know every word.

export const now = () => Math.floor(Date.now() / 1000);

export function step(timestamp, kind, line, module, variable = '', more = {}) {
	return { event: { line, data: { ...more, module_type: module, result_variable: variable } }, class: kind, timestamp };
}

export function call(session, start, steps, more = {}) {
	const last = steps.length > 0 ? steps[steps.length - 1].timestamp : start;
	return { dest: '+16175550100', src: '+16175550199', start, end: last, session_id: session, detail: steps, type: 'inbound', ...more };
}

/* A caller who enters the wrong PIN twice, waits, and hangs up: 0, 2, 6, 7, 13, 40 seconds after the start. */
export function wrongPin(session, start, more) {
	return call(session, start, [
		step(start, 'info', 'Call from +16175550199', 'start'),
		step(start + 2, 'prompt', 'Please enter your PIN', 'number', 'pin', { prompt_id: '17' }),
		step(start + 6, 'event', 'User input: 1234 (dtmf)', 'number', 'pin'),
		step(start + 7, 'error', 'Invalid input: no such PIN', 'number', 'pin'),
		step(start + 13, 'event', 'User input: 4321 (dtmf)', 'number', 'pin'),
		step(start + 40, 'event', 'Caller hung up', 'hangup'),
	], more);
}

/* The same way with the right PIN. */
export function rightPin(session, start, more) {
	return call(session, start, [
		step(start, 'info', 'Call from +16175550199', 'start'),
		step(start + 2, 'prompt', 'Please enter your PIN', 'number', 'pin', { prompt_id: '17' }),
		step(start + 8, 'event', 'User input: 9999 (dtmf)', 'number', 'pin'),
		step(start + 9, 'prompt', 'Thank you', 'prompt', 'thanks'),
		step(start + 12, 'event', 'Caller hung up', 'hangup'),
	], more);
}

const markup = '"><script>window.ran=1</script><img src=x onerror="window.ran=2"><svg onload="window.ran=3"></svg>\'-alert(1)-\'</style></title>';

/* Script and markup in every field that takes text. */
export function hostile(session, start) {
	const data = { [`<b onclick=window.ran=4>${markup}`]: markup, list: [markup, { deep: markup }], link: 'javascript:window.ran=5' };
	return call(`${session}<img src=x onerror=window.ran=6>`, start, [
		step(start, 'info', markup, markup.slice(0, 60), `${markup} v`, data),
		step(start + 1, 'event', `User input: ${markup} (dtmf)`, 'javascript:window.ran=7', '<script>window.ran=8</script>', data),
		step(start + 2, 'script_onload', `${markup} last`, '__proto__', 'constructor', { __proto__: 1, constructor: markup }),
	], { dest: '<script>window.ran=9</script>', src: '"onmouseover="window.ran=10' });
}
