// SPDX-License-Identifier: MIT
// One call, and while it goes on what becomes of it.
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { askJson, useAnswer } from './api.js';
import { follow } from './follow.js';
import { takeCall, takeSteps } from './steps.js';

/* Returns { call, problem, reload, following }. `following` is null where the call was over when it was opened; otherwise { connected, problem,
 * final, ended }. */
export function useCall(session) {
	const path = `/v1/calls/${encodeURIComponent(session)}`;
	const { data, problem, reload } = useAnswer(path);
	const [followed, setFollowed] = useState(null);
	const opened = data?.session_id === session ? data : null;
	const live = opened?.state === 'live';
	useEffect(() => {
		setFollowed(null);
		if (!live) {
			return undefined;
		}
		const abort = new AbortController();
		followCall(path, session, abort, (changes) => setFollowed((before) => ({ ...before, session, ...changes })));
		return () => abort.abort();
	}, [session, live]);
	const mine = followed?.session === session ? followed : null;
	return { call: mine?.call ?? opened, problem: problem ?? mine?.gone, reload, following: live ? mine?.following ?? {} : null };
}

/* Once it has ended, the call is asked for as it was stored, and followed no longer. */
function followCall(path, session, abort, show) {
	const { signal } = abort;
	let call = null;
	const look = async () => {
		call = await askJson(path, { signal });
		show({ call });
		if (call.state !== 'live') {
			show({ following: { ended: true } });
			abort.abort();
		}
	};
	const lookAgain = () => look().catch((problem) => signal.aborted || show({ following: { problem } }));
	const tell = ({ type, data }) => {
		const changed = type === 'step' ? takeSteps(call, data) : type === 'call' ? takeCall(call, data) : null;
		if (changed) {
			call = changed;
			show({ call });
		} else {
			lookAgain();
		}
	};
	follow(`session_id=${encodeURIComponent(session)}`, {
		signal,
		look,
		tell: (told) => {
			if (signal.aborted) {
				return; // it has ended
			}
			if (told === 'open') {
				show({ following: { connected: true } });
			} else if (told.problem) {
				show(told.problem.status === 404 ? { gone: told.problem } : { following: told });
			} else {
				tell(told);
			}
		},
	});
}

/* A reader that stands at the end of the page stays there when @length grows. Elsewhere nothing moves. */
export function useStayAtEnd(length) {
	const height = useRef(0); // before it grows
	useEffect(() => {
		const look = () => {
			height.current = document.scrollingElement.scrollHeight;
		};
		addEventListener('scroll', look, { passive: true });
		return () => removeEventListener('scroll', look);
	}, []);
	useLayoutEffect(() => {
		const { scrollTop, scrollHeight, clientHeight } = document.scrollingElement;
		const stood = height.current > 0 && scrollTop > 0 && scrollTop + clientHeight >= height.current - 4;
		height.current = scrollHeight;
		if (stood && getSelection().isCollapsed) {
			document.scrollingElement.scrollTop = scrollHeight;
		}
	}, [length]);
}
