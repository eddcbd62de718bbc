// SPDX-License-Identifier: MIT
// The player of a call's page. The address says that the replay is open, how fast it is, whether waits are short, and at which step it stands: `replay=10&waits=short&step=7`.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { Player, readPace, SPEEDS } from './replay.js';

const WRITE_MS = 250; // between two writings of the address: browsers take some hundreds a minute
const FRAME_MAX_MS = 200; // what passed at most between two frames; a tab in the background has none, and stands still

const isCalm = () => matchMedia('(prefers-reduced-motion: reduce)').matches;

/* What @query says of a replay: { replay, waits }, each null where it says nothing that is understood. */
export function readReplay(query) {
	const replay = SPEEDS.find((speed) => String(speed) === query.get('replay')) ?? null;
	return { replay, waits: replay && query.get('waits') === 'short' ? 'short' : null };
}

/* The player of @call, or null while the replay is closed. @show puts { step, replay, waits } into the address. Returns { player, open, close, goTo }. */
export function useReplay(call, steps, { step, replay, waits }, show) {
	const able = call.log && steps.length > 0 && call.state !== 'live';
	const opened = able && replay !== null;
	const pace = useMemo(() => (opened ? readPace(call, steps, waits === 'short') : null), [call, steps, opened, waits]);
	const player = useMemo(() => (opened ? new Player(pace, { speed: replay, number: step ?? 0, calm: isCalm() }) : null), [opened]);
	const plays = useRef(false); // as soon as it is open
	const known = useRef(null); // what the address says, and the player knows
	const key = `${replay} ${step}`;
	useEffect(() => {
		if (player && plays.current) {
			player.play();
		}
		plays.current = false;
		known.current = key;
	}, [player]);
	useEffect(() => {
		if (player && player.pace !== pace) {
			player.take(pace);
		}
	}, [pace]);
	useEffect(() => {
		if (player && key !== known.current) {
			known.current = key;
			player.change({ speed: replay });
			player.goTo(step ?? 0);
		}
	}, [key]);
	useEffect(() => player && writeAddress(player, (to) => {
		known.current = `${to.replay} ${to.step}`;
		show({ ...to, waits });
	}), [player, waits]);
	useFrames(player);
	return {
		player, able,
		open: () => {
			plays.current = true;
			show({ step, replay: SPEEDS[0] });
		},
		close: () => show({ step: player.number || null }),
		goTo: (number) => player?.goTo(number),
	};
}

/* Has @write put what has changed into the address: once it stands still, and each new speed. */
function writeAddress(player, write) {
	let written = { step: player.number, replay: player.speed };
	let [last, timer] = [0, null];
	const look = () => {
		timer = null;
		const now = { step: player.playing ? written.step : player.number, replay: player.speed };
		if (now.step !== written.step || now.replay !== written.replay) {
			[written, last] = [now, performance.now()];
			write({ ...now, step: now.step || null });
		}
	};
	const end = player.watch(() => {
		const pause = last + WRITE_MS - performance.now();
		if (pause <= 0) {
			look();
		} else {
			timer ??= setTimeout(look, pause);
		}
	});
	return () => {
		end();
		clearTimeout(timer);
	};
}

/* Time passes while it plays. */
function useFrames(player) {
	const playing = usePicked(player, (one) => one?.playing);
	useEffect(() => {
		if (!playing) {
			return undefined;
		}
		let last = performance.now();
		let frame = requestAnimationFrame(function turn(now) {
			player.tick(Math.max(0, Math.min(FRAME_MAX_MS, now - last)));
			last = now;
			frame = requestAnimationFrame(turn);
		});
		return () => cancelAnimationFrame(frame);
	}, [player, playing]);
}

/* What @pick takes of @player, which may be null; drawn again when that has changed. */
export function usePicked(player, pick) {
	const [, draw] = useState(null);
	useEffect(() => {
		draw(pick(player));
		return player?.watch(() => draw(pick(player)));
	}, [player]);
	return pick(player);
}
