/**
 * Hands the readouts that every side decided to publish to the server, each for one's own side, and tells how far
 * they are. Whoever has no keys of a delegation only looks whether they are public.
 */
import type { LifeView, Readout } from '../e2ee/life-messages';
import type { TalkView } from '../e2ee/talk-messages';
import { RequestError } from '../signalling/http';
import { text } from '../text';
import type { PublishReadout } from '../wire/PublishReadout';
import type { Published } from '../wire/Published';
import { Cell } from './cell';

export type PublicationState = Published['state'] | 'refused' | 'unreachable';

/** How far a readout is on its way to its page. */
export interface Publication {
  state: PublicationState;
  /** Of its page. */
  address: string;
  /** What is in the way, and what to do. */
  problem?: string;
}

/** What the server does for it. */
export interface PublishingCalls {
  publishReadout(talk: string, group: number, handed: PublishReadout): Promise<Published>;
  /** What is published at an address; rejects for the reason `access` if nothing is, or not yet. */
  readPublished(id: string): Promise<string>;
}

export interface PublishingParts extends PublishingCalls {
  talk: string;
  origin: string;
  /** The readout for programs, the same for every side. */
  content(readout: Readout): Promise<string>;
  idOf(content: string): Promise<string>;
  /** By the delegation's control key. */
  sign(content: string, notBefore: number): Promise<string>;
}

const FIRST_RETRY_MS = 2_000;
const LAST_RETRY_MS = 60_000;
/** What passes by itself. */
const PASSING: readonly string[] = ['unreachable', 'unavailable', 'too_many'];

export class Publishing {
  /** By the readouts' ids. */
  readonly state = new Cell<ReadonlyMap<string, Publication>>(new Map());
  readonly #known = new Set<string>();
  #stopped = false;

  constructor(private readonly parts: PublishingParts) {}

  stop(): void {
    this.#stopped = true;
  }

  /** Begins with what is decided and wasn't begun with. */
  look({ readouts }: LifeView, { own }: TalkView): void {
    for (const readout of readouts) {
      if (!readout.published || this.#known.has(readout.id)) continue;
      this.#known.add(readout.id);
      void this.#publish(readout, own.root ? (own.delegation ?? undefined) : undefined);
    }
  }

  /** `group`: in whose name, if one has its keys. */
  async #publish(readout: Readout, group: number | undefined): Promise<void> {
    const { parts } = this;
    let address = '';
    for (let wait = FIRST_RETRY_MS; !this.#stopped; wait = Math.min(2 * wait, LAST_RETRY_MS)) {
      try {
        const content = await parts.content(readout);
        const id = await parts.idOf(content);
        address = `${parts.origin}/r/${id}`;
        const notBefore = embargoOf(readout);
        const state = group === undefined ? await this.#seen(id, notBefore) : await this.#hand(content, notBefore, group);
        this.#tell(readout, { state, address });
        if (state === 'public') return;
      } catch (error) {
        const { reason } = error as Partial<RequestError>;
        const problem = reason === undefined ? text.life.publication.broken : problemWords(reason);
        const passing = reason !== undefined && PASSING.includes(reason);
        this.#tell(readout, { state: passing ? 'unreachable' : 'refused', address, problem });
        if (!passing) return;
      }
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }

  async #hand(content: string, notBefore: number, group: number): Promise<Published['state']> {
    const { talk, sign, publishReadout } = this.parts;
    const signature = await sign(content, notBefore);
    const { state } = await publishReadout(talk, group, { content, not_before: notBefore, signature });
    return state;
  }

  /** What one can tell without a key: before the embargo ends nobody can. */
  async #seen(id: string, notBefore: number): Promise<Published['state']> {
    try {
      await this.parts.readPublished(id);
      return 'public';
    } catch (error) {
      if ((error as Partial<RequestError>).reason !== 'access') throw error;
      return notBefore === 0 ? 'waiting' : 'embargoed';
    }
  }

  #tell({ id }: Readout, publication: Publication): void {
    if (this.#stopped) return;
    this.state.update((all) => new Map(all).set(id, publication));
  }
}

function embargoOf({ versions, agreed }: Readout): number {
  return versions.find(({ entry }) => entry === agreed)?.document.embargo ?? 0;
}

function problemWords(reason: RequestError['reason']): string {
  const t = text.life.publication.refused;
  return Object.hasOwn(t, reason) ? t[reason as keyof typeof t] : text.server[reason];
}
