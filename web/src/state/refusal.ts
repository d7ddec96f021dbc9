/** Why something that was decided wasn't written, in the reader's language. */
import { text } from '../text';
import { voidWords } from './timeline';

/** What the talk's desk says instead of a sentence: `talk:` and a code. */
const CODED = /^talk:(.+)$/;

/** The sentence for what a command was refused with. What has no code is for people as it is. */
export function refusal(error: string): string {
  const code = CODED.exec(error)?.[1];
  if (code === undefined) return error;
  const { sentences, rules } = text.talk.refusal;
  if (Object.hasOwn(sentences, code)) return sentences[code as keyof typeof sentences];
  return rules(voidWords(code) ?? text.life.timeline.reasons.other);
}
