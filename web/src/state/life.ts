/** What can be done in a talk's life by whoever looks at it, and what waits for them. */
import type {
  AgendaItem,
  Commitment,
  LifeView,
  Meeting,
  MeetingState,
  Readout,
  ReadoutVersion,
  Team,
} from '../e2ee/life-messages';
import type { Role, TalkView } from '../e2ee/talk-messages';

/** Who acts: their side's place, if they have one, and what they may do there. */
export interface Actor {
  side: number;
  /** Whether their side has to agree: a mediator's doesn't. */
  asked: boolean;
  head: boolean;
  /** Whether they may write their side's positions and requests. */
  writes: boolean;
  /** Whether they may write versions of a readout. */
  drafts: boolean;
  seated: boolean;
  seat: string | null;
}

const WRITERS: readonly Role[] = ['head', 'delegate', 'expert', 'note_taker', 'mediator'];
const DRAFTERS: readonly Role[] = ['head', 'delegate', 'note_taker', 'mediator'];

export function actor({ own, delegations, ended, stage, mismatch }: TalkView): Actor {
  const party = delegations.find(({ index }) => index === own.delegation);
  const open = stage === 'founded' && !ended && !mismatch;
  const seated = open && (own.seat === 'ready' || own.head);
  return {
    side: own.delegation ?? -1,
    asked: party !== undefined && !party.neutral,
    head: open && own.head,
    writes: seated && (own.head || WRITERS.includes(own.role!)),
    drafts: seated && (own.head || DRAFTERS.includes(own.role!)),
    seated,
    seat: own.id,
  };
}

/** Sides that haven't agreed yet, of those that are asked. */
export function missing(agreed: readonly number[], delegations: TalkView['delegations']): number[] {
  return delegations.filter(({ neutral, index }) => !neutral && !agreed.includes(index)).map(({ index }) => index);
}

export type MeetingAct =
  | 'accept' | 'decline' | 'takeBack' | 'counter' | 'move' | 'again' | 'postpone' | 'cancel' | 'begin' | 'resume' | 'adjourn' | 'end';

export function meetingActs({ state, offer }: Meeting, { head, asked, side }: Actor): MeetingAct[] {
  if (!head) return [];
  const is = (...states: MeetingState[]) => states.includes(state);
  const theirs = offer !== null && offer.by !== side;
  const propose = theirs ? 'counter' : is('cancelled', 'declined') ? 'again' : 'move';
  const all: [boolean, MeetingAct][] = [
    [theirs && asked && !offer.agreed.includes(side), 'accept'],
    [is('agreed'), 'begin'],
    [is('adjourned'), 'resume'],
    [is('in_session'), 'adjourn'],
    [is('in_session', 'adjourned'), 'end'],
    [theirs, 'decline'],
    [offer?.by === side, 'takeBack'],
    [!is('in_session', 'held'), propose],
    [is('proposed', 'agreed', 'adjourned'), 'postpone'],
    [is('proposed', 'agreed', 'postponed', 'adjourned'), 'cancel'],
  ];
  return all.filter(([can]) => can).map(([, act]) => act);
}

export type ItemAct = 'agree' | 'park' | 'reopen' | 'change';

export function itemActs({ state, marks }: AgendaItem, { head, asked, side }: Actor): ItemAct[] {
  if (!head) return [];
  const all: [boolean, ItemAct][] = [
    [asked && state !== 'agreed' && !marks.includes(side), 'agree'],
    [state === 'open', 'park'],
    [state !== 'open' || marks.includes(side), 'reopen'],
    [true, 'change'],
  ];
  return all.filter(([can]) => can).map(([, act]) => act);
}

export type FloorAct = 'call' | 'rest' | 'agreeTime' | 'proposeTime';

/** The minutes that another side says and one's own doesn't; nothing if there are none. */
export function offeredTime({ time }: Pick<AgendaItem, 'time'>, side: number): number | undefined {
  const own = time.said.find(({ delegation }) => delegation === side)?.minutes;
  return time.said.find(({ delegation, minutes }) => delegation !== side && minutes !== own)?.minutes;
}

/** What a head does while the meeting goes through the agenda. */
export function floorActs(item: Pick<AgendaItem, 'current_since' | 'time'>, { head, asked, side }: Actor): FloorAct[] {
  if (!head) return [];
  const all: [boolean, FloorAct][] = [
    [item.current_since === null, 'call'],
    [item.current_since !== null, 'rest'],
    [asked && offeredTime(item, side) !== undefined, 'agreeTime'],
    [asked, 'proposeTime'],
  ];
  return all.filter(([can]) => can).map(([, act]) => act);
}

export type TeamAct = 'agree' | 'refuse' | 'report' | 'close' | 'change';

/** Who agreed to what is open of a team: to other terms, if there are any. */
export function consents({ offer, agreed }: Pick<Team, 'offer' | 'agreed'>): number[] {
  return offer?.agreed ?? agreed;
}

export function teamActs({ state, offer, agreed, members }: Team, { head, asked, side, seat }: Actor): TeamAct[] {
  const works = state === 'agreed' || state === 'reported';
  const open = (works || state === 'proposed') && !consents({ offer, agreed }).includes(side);
  const member = members.some((one) => one.seat === seat);
  const all: [boolean, TeamAct][] = [
    [open && head && asked, 'agree'],
    [open && head && asked, 'refuse'],
    [works && (head || member), 'report'],
    [head && state !== 'closed', 'change'],
    [head && works, 'close'],
  ];
  return all.filter(([can]) => can).map(([, act]) => act);
}

export type RoomAct = 'enterRoom' | 'beginRoom' | 'moreInRoom' | 'endRoom';

/** A team's room, and what can be done about it. */
export interface TeamRoom {
  is: 'none' | 'asked' | 'there' | 'ready' | 'waits';
  acts: RoomAct[];
}

/** `free`: one's side isn't bound by an open act. */
export function teamRoom({ room, state, members }: Team, { rooms, acts }: TalkView, { head }: Actor, free: boolean): TeamRoom {
  const place = rooms.find(({ id }) => id === room);
  const asked = acts.some(({ act }) => act.is === 'begin_room' && act.room === room);
  const works = state === 'agreed' || state === 'reported';
  const listed = new Set(place?.seats);
  const same = listed.size === members.length && members.every(({ seat }) => listed.has(seat));
  const decides = head && free && !asked;
  const all: [boolean, RoomAct][] = [
    [place?.ready === true, 'enterRoom'],
    [decides && works && !place && members.length > 0, 'beginRoom'],
    [decides && works && place !== undefined && !same && members.length > 0, 'moreInRoom'],
    [decides && place !== undefined, 'endRoom'],
  ];
  const is = asked ? 'asked' : !place ? 'none' : !place.own ? 'there' : place.ready ? 'ready' : 'waits';
  return { is, acts: all.filter(([can]) => can).map(([, act]) => act) };
}

export type CommitmentAct = 'agree' | 'done' | 'reopen' | 'drop' | 'agreeDrop' | 'keep';

export function commitmentActs({ state, agreed, owner, drop_asked }: Commitment, { head, asked, side }: Actor): CommitmentAct[] {
  if (!head) return [];
  const all: [boolean, CommitmentAct][] = [
    [asked && state === 'proposed' && !agreed.includes(side), 'agree'],
    [state === 'open' && owner === side, 'done'],
    [state === 'done' && owner !== side, 'reopen'],
    [asked && (state === 'open' || state === 'proposed') && drop_asked === null, 'drop'],
    [asked && state === 'open' && drop_asked !== null && drop_asked !== side, 'agreeDrop'],
    [state === 'open' && drop_asked === side, 'keep'],
  ];
  return all.filter(([can]) => can).map(([, act]) => act);
}

/** The version that is read first: what every side signed, else the last one written. */
export function current({ versions, agreed, tips }: Readout): ReadoutVersion | undefined {
  const wanted = agreed ?? tips.at(-1);
  return versions.find(({ entry }) => entry === wanted) ?? versions.at(-1);
}

export function readoutState({ agreed, published, signatures }: Readout): 'draft' | 'signed' | 'agreed' | 'published' {
  if (published) return 'published';
  if (agreed !== null) return 'agreed';
  return signatures.length > 0 ? 'signed' : 'draft';
}

export type ReadoutAct = 'edit' | 'comment' | 'sign' | 'unsign' | 'dispute' | 'undispute' | 'publish';

export function readoutActs(readout: Readout, { head, asked, side, drafts, seated }: Actor): ReadoutAct[] {
  const version = current(readout);
  if (!version) return [];
  const { agreed, tips, signatures, disputes } = readout;
  const signed = signatures.some(({ delegation, on }) => delegation === side && on === version.entry);
  const disputed = disputes.some(({ delegation }) => delegation === side);
  const all: [boolean, ReadoutAct][] = [
    [head && asked && agreed === null && tips.length === 1 && version.brackets === 0 && !signed, 'sign'],
    [head && agreed === null && signed, 'unsign'],
    [head && agreed !== null && readout.hash !== null && !readout.published, 'publish'],
    [drafts && agreed === null, 'edit'],
    [seated, 'comment'],
    [head && agreed === null && !disputed, 'dispute'],
    [head && agreed === null && disputed, 'undispute'],
  ];
  return all.filter(([can]) => can).map(([, act]) => act);
}

export type Section = 'overview' | 'timeline' | 'meetings' | 'agenda' | 'work' | 'readouts';
export const SECTIONS: readonly Section[] = ['overview', 'timeline', 'meetings', 'agenda', 'work', 'readouts'];

/** One thing that waits for whoever looks. */
export type Next =
  | { is: 'meeting'; section: 'meetings'; at: number }
  | { is: 'team' | 'report' | 'commitment' | 'drop' | 'done'; section: 'work'; about: string }
  | { is: 'item' | 'time'; section: 'agenda'; about: string }
  | { is: 'versions' | 'sign'; section: 'readouts'; about: string };

/** `now`: a team's report and a commitment are asked for once they are due. */
export function waitsIn(life: LifeView, me: Actor, now: number): Next[] {
  const found: Next[] = [];
  for (const meeting of life.meetings) {
    if (meetingActs(meeting, me).includes('accept')) found.push({ is: 'meeting', section: 'meetings', at: meeting.offer!.plan.start });
  }
  for (const item of life.agenda) {
    const theirs = item.marks.some((side) => side !== me.side);
    if (theirs && item.state !== 'agreed' && itemActs(item, me).includes('agree')) found.push({ is: 'item', section: 'agenda', about: item.title });
    if (floorActs(item, me).includes('agreeTime')) found.push({ is: 'time', section: 'agenda', about: item.title });
  }
  for (const team of life.teams) {
    const acts = teamActs(team, me);
    const due = team.state === 'agreed' && team.due !== 0 && team.due <= now;
    if (acts.includes('agree')) found.push({ is: 'team', section: 'work', about: team.name });
    else if (due && acts.includes('report')) found.push({ is: 'report', section: 'work', about: team.name });
  }
  for (const one of life.commitments) {
    const acts = commitmentActs(one, me);
    const due = one.due !== 0 && one.due <= now;
    if (acts.includes('agree')) found.push({ is: 'commitment', section: 'work', about: one.text });
    else if (acts.includes('agreeDrop')) found.push({ is: 'drop', section: 'work', about: one.text });
    else if (due && acts.includes('done')) found.push({ is: 'done', section: 'work', about: one.text });
  }
  for (const readout of life.readouts) {
    const acts = readoutActs(readout, me);
    const about = current(readout)?.document.headline ?? '';
    if (readout.tips.length > 1 && acts.includes('edit')) found.push({ is: 'versions', section: 'readouts', about });
    else if (acts.includes('sign') && readout.signatures.length > 0) found.push({ is: 'sign', section: 'readouts', about });
  }
  return found;
}

/** How far a talk is, in one word. */
export type Stand = 'proposed' | 'open' | 'planned' | 'session' | 'postponed' | 'held' | 'agreed' | 'ended' | 'broken';

export function stand(view: TalkView, life: LifeView | undefined): Stand {
  if (view.stage === 'broken' || view.mismatch) return 'broken';
  if (view.ended) return 'ended';
  if (view.stage !== 'founded') return view.stage === 'loading' ? 'open' : 'proposed';
  const any = (...states: MeetingState[]) => life?.meetings.some(({ state }) => states.includes(state)) ?? false;
  if (any('in_session', 'adjourned')) return 'session';
  if (any('agreed')) return 'planned';
  if (life?.readouts.some(({ agreed }) => agreed !== null)) return 'agreed';
  if (any('held')) return 'held';
  return any('postponed') ? 'postponed' : 'open';
}
