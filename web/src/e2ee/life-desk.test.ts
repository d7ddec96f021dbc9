/** The page's view of a talk's life, as two real desks tell it across a log of a few lines. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readoutExport } from '../state/export';
import { actor, current, floorActs, meetingActs, offeredTime, readoutActs, waitsIn } from '../state/life';
import { document, plan, reason } from '../state/life-sample';
import { told } from '../state/timeline';
import { calledItem } from '../state/turns';
import { crossed, type Unsent, UnsentSteps } from '../state/unsent';
import type { ClientMessage } from '../wire/ClientMessage';
import type { LogEntry } from '../wire/LogEntry';
import type { LifeDeed, LifeView, PublishedReadout } from './life-messages';
import { initSync, proposeTalk, readoutId, readoutJson, signPublish, TalkSession, verifyPublished } from './pkg/incamera_e2ee_wasm';
import type { TalkAnswers, TalkEvent, TalkView } from './talk-messages';

initSync({ module: readFileSync(new URL('./pkg/incamera_e2ee_wasm_bg.wasm', import.meta.url)) });

type Output = ClientMessage | { type: 'event'; event: TalkEvent };

const RECORD = 'record';
const seed = (fill: number) => new Uint8Array(32).fill(fill);

/** Entries in order; a stream whose append names a position gets it or is told the next one. */
class Log {
  readonly #streams = new Map<string, string[]>();
  readonly desks: Desk[] = [];

  append(stream: string, entry: string, expected: number | null): number | undefined {
    const entries = this.#streams.get(stream) ?? [];
    if (expected !== null && expected !== entries.length) return undefined;
    this.#streams.set(stream, [...entries, entry]);
    for (const desk of this.desks) desk.follows(stream, [{ position: entries.length, entry }]);
    return entries.length;
  }

  next(stream: string): number {
    return this.#streams.get(stream)?.length ?? 0;
  }

  from(stream: string, first: number): LogEntry[] {
    return (this.#streams.get(stream) ?? []).map((entry, position) => ({ position, entry })).slice(first);
  }
}

class Desk {
  view!: TalkView;
  life: LifeView | undefined;
  secret: string | undefined;
  readonly #session: TalkSession;
  readonly #streams = new Set<string>();
  readonly #inbox: string[] = [];
  #now = 0;

  constructor(readonly log: Log, readonly talk: string, secret: string | undefined, fragment: string | undefined, readonly group: number) {
    this.#session = new TalkSession(talk, secret, fragment, 0, plan.start, seed(7 + group));
    this.secret = secret;
    log.desks.push(this);
    this.connect(group === 0);
  }

  /** The page is closed and opened again: nothing but what was kept is left. */
  again(): Desk {
    this.log.desks.splice(this.log.desks.indexOf(this), 1);
    const desk = new Desk(this.log, this.talk, this.secret, undefined, this.group);
    desk.connect(true);
    return desk;
  }

  connect(claimed: boolean): void {
    this.say({ type: 'connected', group: this.group, claimed });
  }

  say(input: object): void {
    this.#inbox.push(JSON.stringify(input));
  }

  follows(stream: string, entries: LogEntry[]): void {
    if (this.#streams.has(stream)) this.say({ type: 'entries', stream, entries, caught_up: true });
  }

  take({ seen, ...step }: LifeDeed & { seen?: number }): void {
    this.say({ type: 'life', step, seen });
  }

  /** Whether there was anything to do. */
  work(): boolean {
    const input = this.#inbox.shift();
    const due = this.#session.timeout();
    if (input !== undefined) this.#session.input(this.#now, input);
    else if (due !== undefined && due <= this.#now) this.#session.input(this.#now, '{"type":"timeout"}');
    let busy = input !== undefined;
    for (let output = this.#session.output(); output !== undefined; output = this.#session.output()) {
      this.#send(JSON.parse(output) as Output);
      busy = true;
    }
    return busy;
  }

  /** Time passes: what waits for it is due. */
  wait(ms: number): void {
    this.#now += ms;
  }

  #send(output: Output): void {
    if (output.type === 'append') {
      const { request, stream, entry, expected } = output;
      const position = this.log.append(stream, entry, expected);
      this.say(position === undefined ? { type: 'conflict', request, next: this.log.next(stream) } : { type: 'appended', request, position });
    } else if (output.type === 'subscribe') {
      const { stream, from } = output;
      this.#streams.add(stream);
      this.say({ type: 'entries', stream, entries: this.log.from(stream, from), caught_up: true });
    } else if (output.type === 'event') {
      this.#told(output.event);
    }
  }

  #told(event: TalkEvent): void {
    if (event.type === 'talk') this.view = event.talk;
    if (event.type === 'life') this.life = event.life;
    if (event.type === 'keep') this.secret = event.secret;
    if (event.type !== 'register') return;
    this.say({ type: 'registered' });
    this.say({ type: 'disconnected' });
    this.#streams.clear();
    this.connect(true);
  }
}

/** Until nobody has anything to do, also after a while. */
function settle(desks: Desk[], done: () => boolean): void {
  for (let rounds = 0; rounds < 400 && !done(); rounds += 1) {
    let busy = true;
    for (let count = 0; busy && count < 500; count += 1) busy = desks.map((desk) => desk.work()).includes(true);
    for (const desk of desks) desk.wait(250);
  }
  expect(done(), JSON.stringify(desks.map(({ view, life }) => [view?.stage, view?.broken, life?.timeline.map((line) => [line.what.is, line.void])]))).toBe(true);
}

function founded(): [Desk, Desk] {
  const made = JSON.parse(proposeTalk('Fisheries', 'North', 'Amina', seed(1))) as TalkAnswers['proposeTalk'];
  const log = new Log();
  log.append(RECORD, made.record, null);
  const first = new Desk(log, made.talk, made.secret, undefined, 0);
  const second = new Desk(log, made.talk, undefined, made.fragment, 1);
  const both = [first, second];
  settle(both, () => second.view?.stage === 'claiming');
  second.say({ type: 'claim', delegation: 'South', person: 'Jonas' });
  settle(both, () => first.view.stage === 'claimed');
  first.say({ type: 'countersign' });
  settle(both, () => both.every(({ view }) => view.stage === 'founded' && view.own.seat === 'ready'));
  return [first, second];
}

test('what two desks tell is what the page can show and act on', () => {
  const [first, second] = founded();
  const both = [first, second];
  const meets = (state: string) => settle(both, () => both.every(({ life }) => life?.meetings[0]?.state === state));
  first.take({ is: 'meeting_propose', plan: { ...plan, zone: 'Europe/Zurich' } });
  meets('proposed');
  const meeting = () => second.life!.meetings[0]!;
  expect(meetingActs(meeting(), actor(second.view))).toContain('accept');
  expect(waitsIn(second.life!, actor(second.view), plan.start)).toEqual([{ is: 'meeting', section: 'meetings', at: plan.start }]);
  second.take({ is: 'meeting_accept', meeting: meeting().id, zone: 'Mars/Olympus', seen: meeting().last });
  meets('agreed');
  expect(first.life!.meetings[0]!.zones).toEqual([{ delegation: 0, zone: 'Europe/Zurich' }, { delegation: 1, zone: 'Mars/Olympus' }]);
  second.take({ is: 'meeting_cancel', meeting: meeting().id, reason, seen: meeting().last });
  meets('cancelled');
  const lines = told(first.life!, { delegations: first.view.delegations, zone: 'UTC' });
  const says = lines.map((line) => [line.says, ...line.further].join(' ').replaceAll(/[\u2068\u2069]/g, ''));
  expect(says.at(-1)).toBe(
    'South cancelled the visit of 12 March 2027. Reason: The strait is closed. It cites: ‘No ship passes’ (10 March 2027).',
  );

  const open = document({ paragraphs: [{ text: 'The sides [will] meet.', attribution: { is: 'none' } }] });
  first.take({ is: 'readout_draft', parents: [], document: open });
  settle(both, () => second.life?.readouts.length === 1);
  const readout = () => second.life!.readouts[0]!;
  expect(current(readout())?.brackets).toBeGreaterThan(0);
  expect(readoutActs(readout(), actor(second.view))).not.toContain('sign');
  second.take({ is: 'readout_draft', readout: readout().id, parents: readout().tips, document: document() });
  settle(both, () => both.every(({ life }) => life?.readouts[0]?.versions.length === 2));
  expect(readoutActs(readout(), actor(second.view))).toContain('sign');
  for (const desk of both) desk.take({ is: 'readout_sign', readout: readout().id, on: current(readout())!.entry });
  settle(both, () => both.every(({ life }) => life?.readouts[0]?.hash != null));
  expect(first.life!.readouts[0]!.hash).toBe(second.life!.readouts[0]!.hash);
  expect(readoutActs(readout(), actor(second.view))).toEqual(['publish', 'comment']);

  second.say({ type: 'propose_act', act: { is: 'publish', hash: readout().hash } });
  settle(both, () => first.view.acts.length === 1);
  expect(readout().published).toBe(false);
  first.say({ type: 'consent', act: first.view.acts[0]!.id });
  settle(both, () => both.every(({ life }) => life?.readouts[0]?.published === true));
  // Both pages hand over the same bytes, or nothing would ever be public.
  const [content, same] = both.map(({ life, view }) => readoutJson(readoutExport(view.talk, life!.readouts[0]!, view)!));
  expect(content).toBe(same);
  const id = readoutId(content!);
  const shown = JSON.parse(verifyPublished(content!, id)!) as PublishedReadout;
  expect(shown).toMatchObject({ document: document(), delegations: ['North', 'South'] });
  expect(shown.signatures.map(({ delegation }) => delegation)).toEqual([0, 1]);
  expect(verifyPublished(content!.replace('agreed', 'refused'), id)).toBeUndefined();
  expect(verifyPublished(content!, 'A'.repeat(22))).toBeUndefined();
  // Each signs with its own key.
  const signed = both.map(({ secret }) => signPublish(secret!, 'https://talks.example', content!, 0));
  expect(new Set(signed).size).toBe(2);
  expect(signPublish(first.secret!, 'https://talks.example', content!, 1)).not.toBe(signed[0]);
});

test('versions that crossed stand side by side until one joins them; agenda and work go their way', () => {
  const [first, second] = founded();
  const both = [first, second];
  first.take({ is: 'readout_draft', parents: [], document: document() });
  settle(both, () => both.every(({ life }) => life?.readouts.length === 1));
  const readout = () => first.life!.readouts[0]!;
  const { id, tips } = readout();
  for (const [desk, headline] of [[first, 'One'], [second, 'Another']] as const) {
    desk.take({ is: 'readout_draft', readout: id, parents: tips, document: document({ headline }) });
  }
  settle(both, () => both.every(({ life }) => life?.readouts[0]?.tips.length === 2));
  expect(readoutActs(readout(), actor(first.view))).not.toContain('sign');
  expect(waitsIn(first.life!, actor(first.view), 0)).toEqual([{ is: 'versions', section: 'readouts', about: current(readout())!.document.headline }]);
  first.take({ is: 'readout_draft', readout: id, parents: readout().tips, document: document({ headline: 'Both' }) });
  settle(both, () => both.every(({ life }) => life?.readouts[0]?.tips.length === 1));
  expect(readoutActs(readout(), actor(first.view))).toContain('sign');

  first.take({ is: 'agenda_put', title: 'Quotas', order: 1, minutes: 45 });
  first.take({ is: 'team_propose', name: 'Charts', mandate: 'Draw the line.', mode: 'video', place: '', start: 0, due: 0, members: [] });
  first.take({ is: 'commitment_propose', text: 'Release the crews', owner: 1, who: '', due: 0 });
  settle(both, () => second.life?.commitments.length === 1);
  const waits = () => waitsIn(second.life!, actor(second.view), 0).map(({ is }) => is);
  expect(waits()).toEqual(['team', 'commitment']);
  const { agenda: [item], teams: [team], commitments: [commitment] } = second.life!;
  second.take({ is: 'agenda_position', item: item!.id, text: 'Half.', parents: [] });
  second.take({ is: 'team_agree', team: team!.id, seen: team!.last });
  second.take({ is: 'commitment_agree', commitment: commitment!.id, seen: commitment!.last });
  settle(both, () => both.every(({ life }) => life?.commitments[0]?.state === 'open' && life.teams[0]?.state === 'agreed'));
  expect(waits()).toEqual([]);
  expect(first.life!.agenda[0]!.sides.find(({ delegation }) => delegation === 1)?.position[0]?.text).toBe('Half.');
  // Every line reads as a sentence.
  for (const { says } of told(first.life!, { delegations: first.view.delegations, zone: 'UTC' })) expect(says).not.toMatch(/undefined|null|…/);
});

test('one item is before the meeting, and speaking time holds once both sides say it', () => {
  const [first, second] = founded();
  const both = [first, second];
  const settled = (done: (life: LifeView) => boolean) => settle(both, () => both.every(({ life }) => life !== undefined && done(life)));
  for (const title of ['Quotas', 'Inspections']) first.take({ is: 'agenda_put', title, order: 1, minutes: 45 });
  settled(({ agenda }) => agenda.length === 2);
  const item = (nth: number) => second.life!.agenda[nth]!;
  expect(calledItem(second.life)).toBeUndefined();
  first.take({ is: 'agenda_call', item: item(0).id, seen: item(0).last });
  settled(({ agenda }) => agenda[0]!.current_since !== null);
  // When it was called is what the record says, the same for both.
  expect(first.life!.agenda[0]!.current_since).toBe(item(0).current_since);
  second.take({ is: 'agenda_call', item: item(1).id, seen: item(1).last });
  settled(({ agenda }) => agenda[1]!.current_since !== null && agenda[0]!.current_since === null);
  expect(calledItem(first.life)?.title).toBe('Inspections');

  first.take({ is: 'agenda_time', item: item(1).id, minutes: 10, seen: item(1).last });
  settled(({ agenda }) => agenda[1]!.time.said.length === 1);
  expect([item(1).time.agreed, offeredTime(item(1), 0), offeredTime(item(1), 1)]).toEqual([null, undefined, 10]);
  expect(floorActs(item(1), actor(second.view))).toContain('agreeTime');
  second.take({ is: 'agenda_time', item: item(1).id, minutes: 10, seen: item(1).last });
  settled(({ agenda }) => agenda[1]!.time.agreed === 10);
  // One side's new word takes it out of force.
  first.take({ is: 'agenda_time', item: item(1).id, minutes: 20, seen: item(1).last });
  settled(({ agenda }) => agenda[1]!.time.agreed === null);
  second.take({ is: 'agenda_rest', item: item(1).id, seen: item(1).last });
  settled((life) => calledItem(life) === undefined);
  const lines = told(first.life!, { delegations: first.view.delegations, zone: 'UTC' });
  expect(lines.slice(-6).map(({ says }) => says.replaceAll(/[\u2068\u2069]/g, ''))).toEqual([
    'North took up: Quotas.',
    'South took up: Inspections.',
    'North proposed a speaking time of 10 minutes for each side: Inspections.',
    'South agreed to a speaking time of 10 minutes for each side: Inspections.',
    'North proposed a speaking time of 20 minutes for each side: Inspections.',
    'South set aside: Inspections.',
  ]);
});

test('what was decided without having seen the latest is told as crossed', () => {
  const [first, second] = founded();
  first.take({ is: 'meeting_propose', plan });
  settle([first, second], () => second.life?.meetings.length === 1);
  const { id: meeting, last: seen } = second.life!.meetings[0]!;
  first.take({ is: 'meeting_cancel', meeting, reason, seen });
  second.take({ is: 'meeting_accept', meeting, seen });
  settle([first, second], () => second.life?.meetings[0]?.state === 'cancelled');
  settle([first, second], () => first.life!.timeline.some((line) => line.void !== null));
  const lines = told(first.life!, { delegations: first.view.delegations, zone: 'UTC' });
  expect(lines.find(({ without }) => without !== undefined)?.without).toMatch(/^Without effect: something else was written at the same time/);
});

/** What a device keeps of what wasn't sent, and what the record then says of it. */
function keeper(kept: Unsent[] = []) {
  const device = { kept };
  const open = () => new UnsentSteps({ read: () => device.kept, write: (list) => (device.kept = [...list]) });
  return { device, open };
}

const south = { name: 'Jonas', delegation: 1 };

test('what was written without a connection stands in the record once the page was opened again', () => {
  const [first, second] = founded();
  first.take({ is: 'agenda_put', title: 'Quotas', order: 1, minutes: 45 });
  settle([first, second], () => second.life?.agenda.length === 1);
  const { device, open } = keeper();
  const position = { is: 'agenda_position', item: second.life!.agenda[0]!.id, text: 'Half for each side.', parents: [] } as const;
  const deed: LifeDeed = { ...position, parents: [] };
  open().add(deed, second.life);
  expect(device.kept).toHaveLength(1);

  // Closed before it went out; another page reads the record, and it isn't there.
  let desk = second.again();
  settle([first, desk], () => desk.life !== undefined);
  let unsent = open();
  unsent.settle(desk.life!, south, () => 'void');
  expect(unsent.list.get()).toMatchObject([{ deed: { text: 'Half for each side.' } }]);
  desk.take(deed);
  const read = () => first.life?.agenda[0]?.sides.find(({ delegation }) => delegation === 1)?.position ?? [];
  settle([first, desk], () => read().length === 1);
  expect(read()[0]!.text).toBe('Half for each side.');

  // Closed again before it was seen there: it is known to stand, and isn't sent a second time.
  desk = desk.again();
  settle([first, desk], () => desk.life !== undefined);
  unsent = open();
  expect(unsent.list.get()).toHaveLength(1);
  // Nobody else's word is taken for it.
  unsent.settle(desk.life!, { name: 'Amina', delegation: 0 }, () => 'void');
  expect(unsent.list.get()).toHaveLength(1);
  unsent.settle(desk.life!, south, () => 'void');
  expect([unsent.list.get(), device.kept]).toEqual([[], []]);
});

test('what crossed another step meanwhile keeps its words', () => {
  const [first, second] = founded();
  first.take({ is: 'meeting_propose', plan });
  settle([first, second], () => second.life?.meetings.length === 1);
  const { id: meeting, last: seen } = second.life!.meetings[0]!;
  const { open } = keeper();
  const decline: LifeDeed = { is: 'meeting_decline', meeting, reason, seen };
  const unsent = open();
  unsent.add(decline, second.life);
  unsent.add({ is: 'meeting_accept', meeting, seen }, second.life);
  expect(crossed(decline, second.life!)).toBe(false);
  // Both write at the same time, and the other's comes first.
  first.take({ is: 'meeting_cancel', meeting, reason, seen });
  second.take(decline);
  settle([first, second], () => second.life!.timeline.some((line) => line.void !== null));
  expect(crossed(decline, second.life!)).toBe(true);
  unsent.settle(second.life!, south, ({ void: why }) => `void: ${why}`);
  expect(unsent.list.get()).toMatchObject([{ why: 'void: crossed', deed: { is: 'meeting_decline', reason } }, { deed: { is: 'meeting_accept' } }]);
  // It stays until the person lets it go; what has no words isn't kept.
  unsent.settle(second.life!, south, () => 'again');
  const [kept, bare] = unsent.list.get();
  unsent.stop(bare!.id, 'refused');
  expect(unsent.list.get()).toEqual([kept]);
  unsent.discard(kept!.id);
  expect(unsent.list.get()).toEqual([]);
});
