/** Who can hear you, in one sentence; computed from the verified roster and nothing else. */
import type { View } from '../e2ee/messages';
import { text } from '../text';

export type Tone = 'pending' | 'uncompared' | 'stop';

export interface Sentence {
  tone: Tone;
  /** One short statement each. */
  parts: string[];
}

export function sentence(view: View | undefined): Sentence {
  const t = text.sentence;
  if (!view || view.state.is === 'joining') return { tone: 'pending', parts: [t.joining] };
  if (view.state.is === 'left') return { tone: 'pending', parts: [t.left] };
  if (view.state.is === 'stopped') {
    return { tone: 'stop', parts: [t.stopped, t.stoppedBecause[view.state.code]] };
  }
  const { length } = view.people;
  return {
    tone: 'uncompared',
    parts: [t.sealed, length <= 1 ? t.alone : t.people(length), t.uncompared, t.noRecording],
  };
}
