/**
 * Who speaks, from audio levels. A short noise lights a frame, but takes nobody's place; who is
 * shown large changes calmly: whoever speaks keeps the place until they fall quiet.
 */

/** Below it, a level (0..1, linear) is a quiet room. */
const AUDIBLE = 0.02;
/** A pause between words. */
const PAUSE_MS = 800;
/** How long somebody has to speak before the place is theirs. */
const TAKE_MS = 900;
/** Into somebody else's words, it takes longer, and a louder voice. */
const INTERRUPT_MS = 2_500;
const LOUDER = 2;
/** How long a place is kept at least. */
const STAY_MS = 1_500;
/** Time over which loudness is averaged. */
const SMOOTH_MS = 1_000;
const MAX_RECENT = 8;

interface Voice {
  /** When this stretch of speech began. */
  since: number;
  last: number;
  loudness: number;
}

export class Speakers {
  readonly #voices = new Map<number, Voice>();
  #featured: number | undefined;
  #changedAt = -Infinity;
  #recent: number[] = [];

  /** A level that was measured; at most every few hundred milliseconds. */
  hear(leaf: number, level: number, now: number): void {
    const voice = this.#voices.get(leaf);
    if (level <= AUDIBLE) {
      if (voice) voice.loudness *= decay(now - voice.last);
      return;
    }
    if (!voice || now - voice.last > PAUSE_MS) {
      this.#voices.set(leaf, { since: now, last: now, loudness: level });
      return;
    }
    const kept = decay(now - voice.last);
    voice.loudness = voice.loudness * kept + level * (1 - kept);
    voice.last = now;
  }

  /** The leaf has another owner, or none. */
  forget(leaf: number): void {
    this.#voices.delete(leaf);
    this.#recent = this.#recent.filter((one) => one !== leaf);
    if (this.#featured === leaf) this.#featured = undefined;
  }

  /** Says who is heard right now; call it as time goes on. */
  speaking(now: number): ReadonlySet<number> {
    this.#choose(now);
    const heard = new Set<number>();
    for (const [leaf, voice] of this.#voices) if (speaks(voice, now)) heard.add(leaf);
    return heard;
  }

  /** Who spoke last for longer than a moment. */
  get featured(): number | undefined {
    return this.#featured;
  }

  /** Those who had the place, the latest first. */
  get recent(): readonly number[] {
    return this.#recent;
  }

  #choose(now: number): void {
    if (now - this.#changedAt < STAY_MS) return;
    const current = this.#featured === undefined ? undefined : this.#voices.get(this.#featured);
    const taken = current !== undefined && speaks(current, now);
    let best: { leaf: number; voice: Voice } | undefined;
    for (const [leaf, voice] of this.#voices) {
      if (leaf === this.#featured || !speaks(voice, now)) continue;
      const spoken = voice.last - voice.since;
      if (spoken < (taken ? INTERRUPT_MS : TAKE_MS)) continue;
      if (taken && voice.loudness < current.loudness * LOUDER) continue;
      if (!best || voice.loudness > best.voice.loudness) best = { leaf, voice };
    }
    if (!best) return;
    this.#featured = best.leaf;
    this.#changedAt = now;
    this.#recent = [best.leaf, ...this.#recent.filter((leaf) => leaf !== best.leaf)].slice(0, MAX_RECENT);
  }
}

function speaks(voice: Voice, now: number): boolean {
  return now - voice.last < PAUSE_MS;
}

function decay(ms: number): number {
  return Math.exp(-Math.max(0, ms) / SMOOTH_MS);
}
