/** A readout at an address of its own: fetched, verified in the worker, and only then shown. */
import type { E2ee } from '../e2ee/client';
import type { PublishedReadout } from '../e2ee/life-messages';
import type { ExportKind } from '../e2ee/talk-messages';
import type { RequestError } from '../signalling/http';
import { LANGUAGES, language, text } from '../text';
import { Cell } from './cell';

export type PublishedState =
  | { name: 'loading' }
  /** There is nothing at this address, or not yet. */
  | { name: 'missing' }
  /** The server or the verification couldn't be reached; `problem` is for people. */
  | { name: 'unchecked'; problem: string }
  /** What the server gave isn't what was signed and published: nothing of it is shown. */
  | { name: 'false' }
  | { name: 'shown'; readout: PublishedReadout };

export interface PublishedParts {
  id: string;
  e2ee: E2ee;
  readPublished(id: string): Promise<string>;
}

export class PublishedPage {
  readonly state = new Cell<PublishedState>({ name: 'loading' });
  /** What was verified. */
  #content = '';

  constructor(private readonly parts: PublishedParts) {}

  async load(): Promise<void> {
    const { id, e2ee, readPublished } = this.parts;
    this.state.set({ name: 'loading' });
    let content: string;
    try {
      content = await readPublished(id);
    } catch (error) {
      const { reason = 'unreachable' } = error as Partial<RequestError>;
      return this.state.set(reason === 'access' ? { name: 'missing' } : { name: 'unchecked', problem: text.server[reason] });
    }
    try {
      const readout = await e2ee.call({ name: 'verifyPublished', content, id });
      if (readout === null) return this.state.set({ name: 'false' });
      this.#content = content;
      this.state.set({ name: 'shown', readout });
    } catch {
      this.state.set({ name: 'unchecked', problem: text.published.cantVerify });
    }
  }

  /** As a file. Rejects before anything was verified. */
  save(as: ExportKind): Promise<string> {
    if (this.state.get().name !== 'shown') return Promise.reject(new Error('nothing was verified'));
    if (as === 'data') return Promise.resolve(this.#content);
    const words = { lang: language, rtl: LANGUAGES[language].dir === 'rtl', ...text.life.exports.page };
    return this.parts.e2ee.call({ name: 'exportReadout', readout: this.#content, as, words: JSON.stringify(words) });
  }
}
