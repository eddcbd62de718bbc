// SPDX-License-Identifier: MIT
// What a call waited for: each stretch of some seconds between two steps, by its kind. Also what went wrong with what the caller entered. Pure functions.
export const WAIT_MIN_S = 3;

/* The words of each kind, in the order of a legend. A talk is not a wait; it stands here because it fills time as well. */
export const waitWords = {
	prompt: 'prompt playing', caller: 'caller thinking', backend: 'another system', queue: 'queue', ringing: 'ringing', silence: 'silence', talk: 'talk',
};

const BEGINS_TALK = /^(Connected to |Joined conference |Transfer answered|Agent .* took the call)/;
const ENDS_TALK = /^(Disconnected from |Left conference |Transfer ended |Agent .* done after )/;
const BEGINS_QUEUE = /^(Waiting in queue |Joined queue |Entering queue |Queued )/;
const LEAVES_QUEUE = /^(Left queue |Leaving queue )/;
const RINGS = /^(Calling |Dialing |Transferring |Transferred to |Ringing)/;
const ASKS_SYSTEM = /^(Executing (?!application )|Running (AGI|Curl|Func)|Looking up )/i;
const SYSTEM_ANSWERED = /^HTTP \d+/;
const ENTERED = /^(User|Invalid|Wrong) input|^Recording saved/i;
const WRONG_INPUT = /^(invalid|wrong) input/i;
const NO_INPUT = /^(no input|timeout)/i;
const SPOKEN_PER_S = 10; // characters, of a slow voice

/* As GET /v1/places counts them: prompts are not looked at. */
export const isWrongInput = (step) => step.class !== 'prompt' && WRONG_INPUT.test(step.line);
export const isNoInput = (step) => step.class !== 'prompt' && NO_INPUT.test(step.line);
export const isHangUp = (step) => step.module === 'hangup';

/* The stretches between the steps of @call, as readSteps() gives these: { from, to, begin, seconds, kind, cause }. `to` is null where the call's end
 * ended it, and `cause` says what did. */
export function readWaits(call, steps) {
	const talks = steps.some((step) => BEGINS_TALK.test(step.line));
	const state = { talk: false, queue: false };
	const waits = [];
	steps.forEach((step, index) => {
		follow(state, step);
		const next = steps[index + 1] ?? null;
		const until = next ? next.time : call.state === 'live' ? step.time : call.end;
		if (until - step.time >= WAIT_MIN_S && !isHangUp(step)) {
			const talk = talks ? state.talk : Boolean(call.answered) && step.time >= call.answered;
			waits.push({
				from: step.number, to: next?.number ?? null, begin: step.offset, seconds: until - step.time,
				kind: talk ? 'talk' : kindOf(step, next, state, call), cause: next ? next.line : 'the end of the call',
			});
		}
	});
	return waits;
}

/* The longest stretch that the caller waited; null without one. */
export function longestWait(waits) {
	return waits.filter(({ kind }) => kind !== 'talk').reduce((most, wait) => (!most || wait.seconds > most.seconds ? wait : most), null);
}

/* Seconds of each kind: [[kind, seconds], …], in the order of the legend. */
export function sumWaits(waits) {
	return Object.keys(waitWords).map((kind) => [kind, waits.reduce((sum, wait) => sum + (wait.kind === kind ? wait.seconds : 0), 0)]).filter(([, seconds]) => seconds > 0);
}

function follow(state, step) {
	const { line } = step;
	const prompt = step.class === 'prompt';
	if (!prompt && BEGINS_TALK.test(line)) {
		state.talk = true;
	} else if (!prompt && (ENDS_TALK.test(line) || isHangUp(step))) {
		state.talk = false;
	}
	if (prompt) {
		state.queue = /queue/i.test(step.module);
	} else if (BEGINS_QUEUE.test(line)) {
		state.queue = true;
	} else if (LEAVES_QUEUE.test(line)) {
		state.queue = false;
	}
}

function kindOf(step, next, state, call) {
	if (state.queue) {
		return 'queue';
	}
	if (next && next.class !== 'prompt' && ENTERED.test(next.line)) {
		return 'caller';
	}
	if (step.class === 'prompt') {
		return afterPrompt(step, next, call);
	}
	if (RINGS.test(step.line)) {
		return 'ringing';
	}
	return ASKS_SYSTEM.test(step.line) || (next && SYSTEM_ANSWERED.test(next.line)) ? 'backend' : 'silence';
}

/* Where nothing came, nobody knows when the prompt was over: what it may have taken is the prompt's. */
function afterPrompt(step, next, call) {
	if (next && !isNoInput(next) && !isEnd(next)) {
		return 'prompt';
	}
	const spoken = step.line.length / SPOKEN_PER_S + WAIT_MIN_S;
	return !(next && isNoInput(next)) && (call.outcome === 'completed' || (next?.time ?? call.end) - step.time <= spoken) ? 'prompt' : 'silence';
}

function isEnd(step) {
	return isHangUp(step) || /^(Disconnecting call|Hung up|Flow ended|Call completed)/.test(step.line);
}
