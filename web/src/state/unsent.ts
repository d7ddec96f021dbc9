/**
 * What somebody wrote into a talk's life and doesn't stand in the record yet. The session forgets what
 * waits in it when the page goes; this is kept on the device until the record has it, or the person
 * lets it go.
 */
import type { Deed, LifeDeed, LifeView, TimelineLine } from '../e2ee/life-messages';
import { Cell } from './cell';
import type { Section } from './life';

export interface Unsent {
  id: number;
  deed: LifeDeed;
  /** The first place of the record at which it can stand. */
  from: number;
  /** Why it won't go by itself any more, for people. */
  why?: string;
}

export interface UnsentStore {
  read(): readonly Unsent[];
  write(list: readonly Unsent[]): void;
}

/** More isn't kept: it goes out with the connection, or with a page that stays open. */
const MAX_UNSENT = 64;

/** What the record says of each step once it stands there. */
const STANDS: Record<LifeDeed['is'], readonly Deed[]> = {
  meeting_propose: ['meeting_proposed', 'meeting_countered'],
  meeting_accept: ['meeting_accepted'],
  meeting_decline: ['meeting_declined'],
  meeting_postpone: ['meeting_postponed'],
  meeting_cancel: ['meeting_cancelled'],
  meeting_begin: ['meeting_begun'],
  meeting_adjourn: ['meeting_adjourned'],
  meeting_resume: ['meeting_resumed'],
  meeting_end: ['meeting_ended'],
  agenda_put: ['agenda_put'],
  agenda_position: ['agenda_position'],
  agenda_request: ['agenda_request'],
  agenda_mark: ['agenda_marked'],
  agenda_call: ['agenda_called'],
  agenda_rest: ['agenda_rested'],
  agenda_time: ['agenda_timed'],
  team_propose: ['team_proposed'],
  team_agree: ['team_agreed'],
  team_refuse: ['team_refused'],
  team_report: ['team_reported'],
  team_close: ['team_closed'],
  commitment_propose: ['commitment_proposed'],
  commitment_agree: ['commitment_agreed'],
  commitment_done: ['commitment_done'],
  commitment_drop: ['commitment_dropped'],
  commitment_reopen: ['commitment_reopened'],
  readout_draft: ['readout_drafted'],
  readout_comment: ['readout_commented'],
  readout_dispute: ['readout_disputed'],
  readout_undispute: ['readout_undisputed'],
  readout_sign: ['readout_signed', 'readout_agreed'],
  readout_unsign: ['readout_unsigned'],
};

export class UnsentSteps {
  readonly list: Cell<readonly Unsent[]>;
  #last = 0;

  constructor(private readonly store: UnsentStore) {
    const kept = store.read().slice(0, MAX_UNSENT);
    this.list = new Cell<readonly Unsent[]>(kept);
    this.#last = Math.max(0, ...kept.map(({ id }) => id));
  }

  /** What a step is known by here; nothing if it can't be kept. */
  add(deed: LifeDeed, life: LifeView | undefined): number | undefined {
    if (this.list.get().length >= MAX_UNSENT) return undefined;
    const id = ++this.#last;
    this.#set([...this.list.get(), { id, deed, from: end(life) }]);
    return id;
  }

  /** It won't go by itself; what has no words isn't worth keeping. */
  stop(id: number, why: string): void {
    const changed = this.list.get().map((one) => (one.id === id ? { ...one, why } : one));
    this.#set(changed.filter((one) => one.id !== id || words(one.deed) !== ''));
  }

  discard(id: number): void {
    this.#set(this.list.get().filter((one) => one.id !== id));
  }

  /** Lets go of what stands in the record; `voided` says for people why a line has no effect. */
  settle(life: LifeView, own: { name: string; delegation: number }, voided: (line: TimelineLine) => string): void {
    for (const line of life.timeline) {
      if (line.by?.name !== own.name || line.by.delegation !== own.delegation) continue;
      const found = this.list.get().find((one) => one.why === undefined && stands(one, line));
      if (!found) continue;
      if (line.void === null) this.discard(found.id);
      else this.stop(found.id, voided(line));
      // They are written in their order: what is left stands behind it.
      const from = line.position + 1;
      this.#set(this.list.get().map((one) => ({ ...one, from: Math.max(one.from, from) })));
    }
  }

  #set(list: readonly Unsent[]): void {
    this.list.set(list);
    this.store.write(list);
  }
}

/** Whether it is what this version keeps. */
export function isUnsent(value: unknown): value is Unsent {
  if (typeof value !== 'object' || value === null) return false;
  const { id, from, why, deed } = value as Record<string, unknown>;
  const is = typeof deed === 'object' && deed !== null && 'is' in deed ? deed.is : undefined;
  const known = typeof is === 'string' && Object.hasOwn(STANDS, is);
  return known && typeof id === 'number' && typeof from === 'number' && (why === undefined || typeof why === 'string');
}

/** Whether a step goes on from what isn't the latest any more. Texts are kept side by side instead. */
export function crossed(deed: LifeDeed, life: LifeView): boolean {
  if (!('seen' in deed) || deed.seen === undefined || deed.is === 'team_report') return false;
  return object(deed, life)?.last !== deed.seen;
}

export function sectionOf({ is }: LifeDeed): Section {
  const [kind] = is.split('_');
  const sections: Partial<Record<string, Section>> = { meeting: 'meetings', agenda: 'agenda', readout: 'readouts' };
  return sections[kind!] ?? 'work';
}

/** What the person wrote, to be read and copied again. */
export function words(deed: LifeDeed): string {
  switch (deed.is) {
    case 'readout_draft': {
      const { headline, points, paragraphs } = deed.document;
      return [headline, ...points, ...paragraphs.map(({ text }) => text)].join('\n');
    }
    case 'team_propose':
      return [deed.name, deed.mandate].filter(Boolean).join('\n');
    case 'meeting_propose':
      return deed.plan.place;
    case 'agenda_put':
      return deed.title;
  }
  if ('text' in deed) return deed.text;
  if ('reason' in deed) return [deed.reason.public, deed.reason.between].filter(Boolean).join('\n');
  return '';
}

function end(life: LifeView | undefined): number {
  const last = life?.timeline.at(-1);
  return last ? last.position + 1 : 0;
}

function stands({ deed, from }: Unsent, { position, what }: TimelineLine): boolean {
  if (position < from || !STANDS[deed.is].includes(what.is)) return false;
  const id = idOf(deed);
  if (id !== undefined && what.object !== id) return false;
  if ('text' in deed && 'text' in what) return same(deed.text, what.text);
  if (deed.is === 'agenda_put' && 'title' in what) return same(deed.title, what.title);
  if (deed.is === 'agenda_mark' && 'state' in what) return deed.state === what.state;
  if (deed.is === 'agenda_time' && 'minutes' in what) return deed.minutes === what.minutes;
  if (deed.is === 'team_propose' && 'name' in what) return same(deed.name, what.name ?? '');
  if (deed.is === 'readout_draft' && 'headline' in what) return same(deed.document.headline, what.headline);
  if (deed.is === 'meeting_propose' && 'plan' in what) return deed.plan.start === what.plan?.start && deed.plan.mode === what.plan.mode;
  return true;
}

const same = (one: string, other: string) => one.normalize('NFC').trim() === other.normalize('NFC').trim();

function idOf(deed: LifeDeed): string | undefined {
  if ('meeting' in deed) return deed.meeting;
  if ('item' in deed) return deed.item;
  if ('readout' in deed) return deed.readout;
  if ('commitment' in deed) return deed.commitment;
  // A commitment names the team that it came from.
  return 'team' in deed && deed.is !== 'commitment_propose' ? deed.team : undefined;
}

function object(deed: LifeDeed, life: LifeView): { last: number } | undefined {
  const all = [...life.meetings, ...life.agenda, ...life.teams, ...life.commitments];
  return all.find(({ id }) => id === idOf(deed));
}
