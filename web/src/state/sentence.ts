/** Who can hear you, in one sentence; computed from the verified roster and nothing else. */
import type { View } from '../e2ee/messages';
import type { TalkView } from '../e2ee/talk-messages';
import { text } from '../text';
import { isCompared } from './talk-step';

export type Tone = 'pending' | 'uncompared' | 'verified' | 'stop';

export interface Sentence {
  tone: Tone;
  /** One short statement each. */
  parts: string[];
}

/** `talk`: the talk between delegations that the room belongs to. */
export function sentence(view: View | undefined, talk?: TalkView): Sentence {
  const t = text.sentence;
  if (talk?.mismatch) return { tone: 'stop', parts: [t.stopped, t.differs] };
  if (!view || view.state.is === 'joining') return { tone: 'pending', parts: [t.joining] };
  if (view.state.is === 'left') return { tone: 'pending', parts: [t.left] };
  if (view.state.is === 'stopped') {
    return { tone: 'stop', parts: [t.stopped, t.stoppedBecause[view.state.code]] };
  }
  const people = talk ? peopleOf(view) : peopleIn(view);
  const place = talk?.rooms.some(({ id }) => id === view.room) ? [t.team] : [];
  if (talk && isCompared(talk)) return { tone: 'verified', parts: [t.sealed, ...place, people, t.noRecording, t.verified] };
  return { tone: 'uncompared', parts: [t.sealed, ...place, people, t.uncompared, t.noRecording] };
}

function peopleIn({ people }: View): string {
  return people.length <= 1 ? text.sentence.alone : text.sentence.people(people.length);
}

function peopleOf(view: View): string {
  const delegations = new Set(view.people.map(({ delegation }) => delegation).filter((index) => index !== null));
  return view.people.length <= 1 ? text.sentence.alone : text.sentence.peopleOf(view.people.length, delegations.size);
}
