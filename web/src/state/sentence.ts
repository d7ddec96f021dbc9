/** Who can hear you, in one sentence; computed from the verified roster and nothing else. */
import type { View } from '../e2ee/messages';
import { text } from './text';

export type Tone = 'pending' | 'uncompared' | 'stop';

export interface Sentence {
  tone: Tone;
  /** One short statement each. */
  parts: string[];
}

export function sentence(view: View | undefined): Sentence {
  const t = text.sentence;
  if (!view || view.state === 'joining') return { tone: 'pending', parts: [t.joining] };
  if (view.state === 'left') return { tone: 'pending', parts: [t.left] };
  if (view.state === 'stopped') {
    const why = view.code === undefined ? undefined : t.stoppedBecause[view.code];
    return { tone: 'stop', parts: [t.stopped, why ?? t.stoppedOther] };
  }
  const { length } = view.people;
  return {
    tone: 'uncompared',
    parts: [t.sealed, length <= 1 ? t.alone : t.people(length), t.uncompared, t.noRecording],
  };
}
