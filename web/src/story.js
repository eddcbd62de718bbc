// SPDX-License-Identifier: MIT
// A call in one sentence: "Gave up in main_menu after 2 wrong inputs; waited 54 s; the caller hung up." Pure functions.
import { countOf } from './format.js';
import { readVisits } from './steps.js';
import { formatLength } from './time.js';
import { isHangUp, isNoInput, isWrongInput, longestWait, readWaits, waitWords } from './waits.js';

const enders = { caller: 'the caller hung up', called: 'the called side hung up', system: 'the system ended it' };

const placeOf = ({ module, variable }) => variable || module;

/* How it went: the beginning of the sentence. @where is " in main_menu", or nothing. */
const beginnings = {
	answered: (where, call) => (call.answered > call.start ? `A person answered after ${formatLength(call.answered - call.start)}` : 'A person answered'),
	transferred: (where) => `Handed on to another number${where}`,
	voicemail: () => 'Reached voicemail',
	abandoned: (where) => `Gave up${where}`,
	missed: (where) => `Nobody took the call${where}`,
	busy: () => 'The called side was busy',
	failed: (where) => `Failed${where}`,
	completed: (where) => `Went through to its end${where}`,
};

function beginningOf(call, where) {
	if (call.state === 'live') {
		return `Goes on${where}`;
	}
	return call.outcome ? beginnings[call.outcome](where, call) : `Ended${where || ', nobody knows where'}`;
}

/* ["2 wrong inputs", "1 time without input"] */
function inputsOf(steps) {
	const wrong = steps.filter(isWrongInput).length;
	const none = steps.filter(isNoInput).length;
	return [wrong && countOf(wrong, 'wrong input'), none && `${countOf(none, 'time')} without input`].filter(Boolean);
}

function waitedOf(call, steps, waits, last) {
	const longest = longestWait(waits);
	if (!longest || longest.kind === 'prompt') {
		return null;
	}
	const place = placeOf(steps[longest.from - 1]);
	const there = last && place === placeOf(last) && longest.begin >= last.begin;
	return there ? `waited ${formatLength(longest.seconds)}` : `the longest wait was ${formatLength(longest.seconds)}${place ? ` in ${place}` : ''} (${waitWords[longest.kind]})`;
}

/* @steps as readSteps() gives them. Without steps it says what the header knows. */
export function storyOf(call, steps, waits = readWaits(call, steps)) {
	const visits = readVisits(steps.filter((step) => !isHangUp(step)));
	const last = visits.at(-1) ?? null;
	const where = last && placeOf(last) ? ` in ${placeOf(last)}` : '';
	const here = last ? inputsOf(last.steps) : [];
	const inputs = here.length > 0 ? here : inputsOf(steps);
	const after = inputs.length > 0 ? ` after ${inputs.join(' and ')}` : '';
	const told = call.outcome === 'abandoned' || !call.outcome || here.length > 0;
	const parts = [
		`${beginningOf(call, where)}${told ? after : ''}`,
		!told && inputs.length > 0 && `${inputs.join(' and ')} on the way`,
		typeof call.talk === 'number' && call.talk > 0 && `talked ${formatLength(call.talk)}`,
		waitedOf(call, steps, waits, last),
		call.state !== 'live' && enders[call.ended_by],
	];
	return `${parts.filter(Boolean).join('; ')}.`;
}
