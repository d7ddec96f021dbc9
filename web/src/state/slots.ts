/**
 * Whose picture each slot shows. The worker says from which frame on a slot is somebody else's;
 * the screen says which frame it shows. Between the two nothing is shown, so that a name never
 * stands on another's face.
 */
import type { Kind, OwnerChange } from '../e2ee/messages';
import { isBefore } from '../e2ee/pipes';

export interface Owner {
  leaf: number;
  kind: Kind;
}

interface Entry {
  media: 'audio' | 'video';
  owner: (Owner & { rtpTimestamp: number; reached: boolean }) | undefined;
  /** Milliseconds at which a frame was last shown. */
  presentedAt: number;
}

/** A picture that still moves counts as sent, whatever the last beat said. */
const RECENT_MS = 1_000;

export class SlotBook {
  readonly #slots = new Map<number, Entry>();

  reset(slots: readonly { slot: number; media: 'audio' | 'video' }[]): void {
    this.#slots.clear();
    for (const { slot, media } of slots) {
      this.#slots.set(slot, { media, owner: undefined, presentedAt: -Infinity });
    }
  }

  /** From now on the slot shows nobody, until `presented` reaches the change. */
  ownerChanged({ slot, leaf, kind, rtpTimestamp }: OwnerChange): void {
    const entry = this.#slots.get(slot);
    if (!entry) return;
    entry.owner = { leaf, kind, rtpTimestamp, reached: entry.media === 'audio' };
    entry.presentedAt = -Infinity;
  }

  /**
   * `rtpTimestamp` is that of the frame on the screen; says whether the slot's picture came to
   * light. A browser that doesn't tell it shows no pictures: they could stand under a wrong name.
   */
  presented(slot: number, rtpTimestamp: number | undefined, now: number): boolean {
    const entry = this.#slots.get(slot);
    if (rtpTimestamp === undefined) return false;
    if (!entry?.owner || isBefore(rtpTimestamp, entry.owner.rtpTimestamp)) return false;
    const first = !entry.owner.reached || entry.presentedAt === -Infinity;
    entry.owner.reached = true;
    entry.presentedAt = now;
    return first;
  }

  /** Who the slot's frames come from. */
  leafOf(slot: number): number | undefined {
    return this.#slots.get(slot)?.owner?.leaf;
  }

  /** Whose what the slot carries. */
  ownerOf(slot: number): Owner | undefined {
    return this.#slots.get(slot)?.owner;
  }

  /** MLS gave the leaf to somebody else, or to nobody. */
  forgetLeaf(leaf: number): void {
    for (const entry of this.#slots.values()) {
      if (entry.owner?.leaf === leaf) entry.owner = undefined;
    }
  }

  /** The slot that shows `owner` now. `announced`: their beats say that they send. */
  shown(owner: Owner, announced: boolean, now: number): number | undefined {
    for (const [slot, entry] of this.#slots) {
      if (!sameOwner(entry.owner, owner) || !entry.owner?.reached) continue;
      if (entry.media === 'audio') return slot;
      if (announced ? entry.presentedAt > -Infinity : now - entry.presentedAt < RECENT_MS) {
        return slot;
      }
      // What was last shown is no longer sent: when they send again, wait for a new frame.
      if (!announced) entry.presentedAt = -Infinity;
    }
    return undefined;
  }
}

function sameOwner(a: Owner | undefined, b: Owner): boolean {
  return a?.leaf === b.leaf && a.kind === b.kind;
}
