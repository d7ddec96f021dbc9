/** What happened in a talk, as plain sentences in the order of the record. */
import type { By, LifeView, Plan, Reason, TimelineLine, What } from '../e2ee/life-messages';
import type { Delegation } from '../e2ee/talk-messages';
import { text } from '../text';
import { actWords } from './acts';
import { dateWords, dayWords, spanWords } from './times';

/** Who reads, and where. */
export interface Reader {
  delegations: readonly Delegation[];
  zone: string;
}

export interface Told {
  position: number;
  /** Its own: one entry of the record may be told in several lines. */
  key: string;
  at: number;
  by: By | null;
  says: string;
  /** Reasons, what was cited, a text in full; each a sentence. */
  further: string[];
  /** Why it has no effect. */
  without: string | undefined;
}

export function partyName(delegations: readonly Delegation[], index: number): string {
  return delegations.find((one) => one.index === index)?.name ?? text.talk.somebody;
}

/** "Friday 12 March 2027, 10:00 to 12:00, in person, Lissen". */
export function planWords({ start, minutes, mode, place }: Plan, zone: string): string {
  const t = text.life.plan;
  const when = spanWords(start, minutes, zone);
  if (mode === 'video') return t.video(when);
  return t[mode](when, place || t.somewhere);
}

/** Seals, beats and the like. */
const isNews = ({ what }: TimelineLine) => what.is !== 'nothing';

export function told(life: Pick<LifeView, 'timeline' | 'readouts'>, reader: Reader): Told[] {
  const plans = new Plans();
  const lines = new Map<number, number>();
  return life.timeline.filter(isNews).map((line) => {
    const nth = lines.get(line.position) ?? 0;
    lines.set(line.position, nth + 1);
    const says = sentence(line, plans, life, reader);
    const further = details(line.what, reader.zone);
    if (line.void === null) plans.follow(line.what);
    return {
      position: line.position,
      key: `${line.position}.${nth}`,
      at: line.at,
      by: line.by,
      says,
      further,
      without: line.void === null ? undefined : text.life.timeline.void(voidWords(line.void) ?? text.life.timeline.reasons.other),
    };
  });
}

/** What each meeting was planned as, and which teams there were, when a line was written. */
class Plans {
  readonly #agreed = new Map<string, Plan>();
  readonly #offered = new Map<string, Plan>();
  readonly #teams = new Set<string>();

  hasTeam({ object }: What): boolean {
    return this.#teams.has(object ?? '');
  }

  of(what: What): Plan | undefined {
    const id = what.object ?? '';
    return this.#agreed.get(id) ?? this.#offered.get(id);
  }

  follow(what: What): void {
    const id = what.object ?? '';
    switch (what.is) {
      case 'meeting_proposed':
      case 'meeting_countered':
        this.#offered.set(id, what.plan);
        break;
      case 'meeting_accepted':
        if (what.plan) this.#agreed.set(id, what.plan);
        break;
      case 'meeting_postponed':
      case 'meeting_adjourned':
        if (what.plan) this.#offered.set(id, what.plan);
        break;
      case 'team_proposed':
        this.#teams.add(id);
        break;
    }
  }
}

function sentence({ by, what }: TimelineLine, plans: Plans, life: Pick<LifeView, 'readouts'>, reader: Reader): string {
  const t = text.life.timeline;
  const who = by ? partyName(reader.delegations, by.delegation) : text.talk.somebody;
  switch (what.is) {
    case 'founded':
      return t.founded(what.title);
    case 'words_compared':
      return what.same ? t.compared(who) : t.differed(who);
    case 'act_proposed':
      return t.act_proposed(who, actWords(what.act, null));
    case 'act_in_force':
    case 'act_expired':
    case 'act_superseded':
      return t[what.is](actWords(what.act, null));
    case 'seated':
    case 'left':
      return t[what.is](what.name ?? text.talk.somebody);
    case 'act_consented':
    case 'act_retracted':
    case 'head_revoked':
      return t[what.is](who);
    case 'amended':
      return t.amended;
    case 'nothing':
      return t.nothing(what.count);
    case 'agenda_put':
    case 'agenda_position':
    case 'agenda_request':
      return t[what.is](who, what.title);
    case 'agenda_called':
    case 'agenda_rested':
      return t[what.is](who, what.title);
    case 'agenda_timed':
      return (what.agreed ? t.agenda_time_agreed : t.agenda_timed)(who, what.minutes, what.title);
    case 'agenda_marked': {
      const marks = { open: t.agenda_opened, agreed: t.agenda_agreed, parked: t.agenda_parked };
      return marks[what.state](who, what.title);
    }
    case 'team_proposed':
      return (plans.hasTeam(what) ? t.team_changed : t.team_proposed)(who, what.name);
    case 'team_agreed':
    case 'team_refused':
    case 'team_reported':
    case 'team_closed':
      return t[what.is](who, what.name);
    case 'commitment_proposed':
      return t.commitment_proposed(who, partyName(reader.delegations, what.owner), what.text);
    case 'commitment_agreed':
    case 'commitment_done':
    case 'commitment_dropped':
    case 'commitment_reopened':
      return t[what.is](who, what.text);
    case 'readout_drafted':
      return t.readout_drafted(who, what.headline || text.life.readouts.untitled);
    case 'readout_agreed':
      return t.readout_agreed(headlineOf(what, life));
    case 'readout_commented':
    case 'readout_disputed':
    case 'readout_undisputed':
    case 'readout_signed':
    case 'readout_unsigned':
      return t[what.is](who, headlineOf(what, life));
    default:
      return meeting(what, who, plans.of(what), reader.zone);
  }
}

type MeetingDeed = Extract<What, { is: `meeting_${string}` }>;

function meeting(what: MeetingDeed, who: string, known: Plan | undefined, zone: string): string {
  const t = text.life.timeline;
  const day = known ? dayWords(known.start, zone) : '…';
  switch (what.is) {
    case 'meeting_accepted': {
      const plan = what.plan ?? known;
      return t.meeting_accepted(who, plan ? planWords(plan, zone) : day);
    }
    case 'meeting_proposed':
    case 'meeting_countered': {
      const plan = planWords(what.plan, zone);
      // After a cancellation, or for another time.
      if (!known) return t.meeting_proposed(who, plan);
      const toVideo = what.plan.mode === 'video' && known.mode !== 'video';
      return toVideo ? t.meeting_to_video(who, day, plan) : t.meeting_countered(who, day, plan);
    }
    case 'meeting_cancelled':
      return (known?.mode === 'in_person' ? t.visit_cancelled : t.meeting_cancelled)(who, day);
    case 'meeting_postponed':
      return (known?.mode === 'in_person' ? t.visit_postponed : t.meeting_postponed)(who, day);
    case 'meeting_declined':
    case 'meeting_adjourned':
      return t[what.is](who, day);
    case 'meeting_begun':
    case 'meeting_resumed':
    case 'meeting_ended':
      return t[what.is](day);
  }
}

function details(what: What, zone: string): string[] {
  const t = text.life.timeline;
  const reasons = 'reason' in what && what.reason ? reasonWords(what.reason) : [];
  if ((what.is === 'meeting_postponed' || what.is === 'meeting_adjourned') && what.plan) return [...reasons, t.instead(planWords(what.plan, zone))];
  if (what.is === 'team_proposed') return what.mandate === '' ? [] : [t.quotes(what.mandate)];
  const quoted = ['agenda_position', 'agenda_request', 'team_reported', 'readout_commented', 'readout_disputed'];
  if (quoted.includes(what.is) && 'text' in what && what.text) return [t.quotes(what.text)];
  return reasons;
}

export function reasonWords({ public: open, between, cause }: Reason): string[] {
  const t = text.life.timeline;
  return [
    ...(open === '' ? [] : [t.reason(open)]),
    ...(between === '' ? [] : [t.between(between)]),
    ...(cause === null ? [] : [t.cites(cause.text, dateWords(cause.date))]),
  ];
}

/** The headline that a readout has now. */
function headlineOf({ object }: What, { readouts }: Pick<LifeView, 'readouts'>): string {
  const readout = readouts.find(({ id }) => id === object);
  return readout?.versions.at(-1)?.document.headline || text.life.readouts.untitled;
}

/** Why something has no effect, if it is one of the reasons that this page knows. */
export function voidWords(reason: string): string | undefined {
  const t = text.life.timeline.reasons;
  const known = reason.replaceAll('-', '_');
  return Object.hasOwn(t, known) ? t[known as keyof typeof t] : undefined;
}
