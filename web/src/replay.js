// SPDX-License-Identifier: MIT
// A call played step by step: when each step comes, and a player that stands somewhere in between. No clock and no page in here; see replay_bar.js for both.
export const SPEEDS = [1, 2, 10, 60];
export const LONG_WAIT_S = 10; // a longer one may be shortened
export const SHORT_WAIT_S = 3; // to this

/* When each step of @call comes, in seconds since the call began, each later than the one before. A log knows whole seconds: the steps of one second share it
 * evenly, in their order. A log may also go back in time; here it stands still. */
function momentsOf(call, steps) {
	const offsets = [];
	for (const step of steps) {
		offsets.push(Math.max(0, step.offset, offsets.at(-1) ?? 0));
	}
	const moments = [];
	for (let first = 0, next; first < offsets.length; first = next) {
		for (next = first + 1; offsets[next] === offsets[first]; next++);
		const room = (offsets[next] ?? call.duration) - offsets[first];
		for (let index = first; index < next; index++) {
			moments.push(offsets[index] + (index - first) / (next - first) * Math.min(1, room > 0 ? room : 1));
		}
	}
	return moments;
}

/* How @call is played; with @short its waits over LONG_WAIT_S take SHORT_WAIT_S. Stop 0 is the begin, stop N the step N, the last stop the end:
 * `seconds` says for each stop how far the call is, `at` how long it was played until then at its own pace. `waits` are the stops behind which a wait
 * is shortened, `left` the seconds that this leaves out. */
export function readPace(call, steps, short) {
	const moments = momentsOf(call, steps);
	const seconds = [0, ...moments, Math.max(call.duration, moments.at(-1) ?? 0)];
	const at = [0];
	const waits = [];
	for (let stop = 1; stop < seconds.length; stop++) {
		const wait = seconds[stop] - seconds[stop - 1];
		const shortened = short && wait > LONG_WAIT_S;
		at.push(at.at(-1) + (shortened ? SHORT_WAIT_S : wait));
		if (shortened) {
			waits.push(stop - 1);
		}
	}
	return { seconds, at, waits, left: Math.round(seconds.at(-1) - at.at(-1)) };
}

/* How many steps have come when @pace was played for @at seconds. */
export function stepsAt(pace, at) {
	let [low, high] = [0, pace.at.length - 2];
	while (low < high) {
		const middle = Math.ceil((low + high) / 2);
		[low, high] = pace.at[middle] <= at ? [middle, high] : [low, middle - 1];
	}
	return low;
}

/* How far the call is then. */
export function secondsAt(pace, at) {
	const stop = stepsAt(pace, at);
	const [from, until] = [pace.at[stop], pace.at[stop + 1]];
	const share = until > from ? Math.min(1, (at - from) / (until - from)) : 0;
	return pace.seconds[stop] + share * (pace.seconds[stop + 1] - pace.seconds[stop]);
}

/* Plays @pace from its step @number on. Who watches it is told of each change; with `calm` only when another step is reached. */
export class Player {
	constructor(pace, { speed = 1, number = 0, calm = false } = {}) {
		this.pace = pace;
		this.speed = speed;
		this.calm = calm;
		this.playing = false;
		this.watchers = new Set();
		this.at = pace.at[Math.min(number, this.steps)];
	}

	get steps() {
		return this.pace.at.length - 2;
	}

	get length() {
		return this.pace.at.at(-1);
	}

	/* Of the step that came last; 0 before the first. */
	get number() {
		return stepsAt(this.pace, this.at);
	}

	/* Of the call. */
	get seconds() {
		return secondsAt(this.pace, this.at);
	}

	/* Whether what goes on now is a wait that is shortened. */
	get hurries() {
		return this.at < this.length && this.pace.waits.includes(this.number);
	}

	/* Returns what ends it. */
	watch(watcher) {
		this.watchers.add(watcher);
		return () => this.watchers.delete(watcher);
	}

	change(changes) {
		Object.assign(this, changes);
		this.watchers.forEach((watcher) => watcher(this));
	}

	/* From the begin again where it has come to the end. */
	play() {
		this.change({ playing: true, at: this.at >= this.length ? 0 : this.at });
	}

	pause() {
		this.change({ playing: false });
	}

	toggle() {
		this[this.playing ? 'pause' : 'play']();
	}

	/* @ms have passed. At the end it pauses. */
	tick(ms) {
		if (!this.playing) {
			return;
		}
		const before = this.number;
		const at = Math.min(this.length, this.at + this.speed * ms / 1000);
		if (at >= this.length) {
			this.change({ at, playing: false });
		} else if (this.calm && stepsAt(this.pace, at) === before) {
			this.at = at;
		} else {
			this.change({ at });
		}
	}

	seek(at) {
		this.change({ at: Math.max(0, Math.min(this.length, at)) });
	}

	/* To where the step @number comes; behind the last one is the end. */
	goTo(number) {
		this.seek(this.pace.at[Math.max(0, Math.min(this.steps + 1, number))]);
	}

	/* By @by steps; who looks step by step has paused. */
	step(by) {
		const back = by < 0 && this.at > this.pace.at[this.number] ? 1 : 0; // within a wait, back is where it began
		this.change({ playing: false });
		this.goTo(this.number + by + back);
	}

	/* To the next speed, or the one before. */
	faster(by) {
		const index = SPEEDS.indexOf(this.speed) + by;
		this.change({ speed: SPEEDS[Math.max(0, Math.min(SPEEDS.length - 1, index))] });
	}

	/* Goes on at the same point of the call. */
	take(pace) {
		const [number, seconds] = [this.number, this.seconds];
		const [from, until] = [pace.seconds[number], pace.seconds[number + 1]];
		const share = until > from ? (seconds - from) / (until - from) : 0;
		this.change({ pace, at: pace.at[number] + share * (pace.at[number + 1] - pace.at[number]) });
	}
}
