/** A talk between delegations, as one of its people sees it, and what they can do in it. */
import type {
  ExportKind,
  Act,
  DeskNotice,
  InvitedRole,
  TalkCommand,
  TalkEvent,
  TalkOpening,
  TalkView,
} from '../e2ee/talk-messages';
import type { LifeDeed, LifeStep, LifeView, Meeting, Readout, TimelineLine } from '../e2ee/life-messages';
import type { SessionEvent } from '../e2ee/messages';
import { RequestError } from '../signalling/http';
import type { WakeCause } from '../signalling/socket';
import { LANGUAGES, language, text } from '../text';
import type { Refusal } from '../wire/Refusal';
import type { RegisterGroup } from '../wire/RegisterGroup';
import { actWords } from './acts';
import { Cell } from './cell';
import { ChoiceBook } from './choices';
import { readoutExport } from './export';
import { Line, type LineParts } from './line';
import { linkOf } from './link';
import { Notices } from './notices';
import { FieldProblem, type Invitation, tidy } from './prejoin';
import type { Proof } from './proof';
import { Publishing, type PublishingCalls } from './publishing';
import { lifeNews, news } from './talk-news';
import { refusal } from './refusal';
import { isForeign } from './talk-step';
import { voidWords } from './timeline';
import { crossed, UnsentSteps, type UnsentStore } from './unsent';

export interface TalkParts extends LineParts, PublishingCalls {
  opening: TalkOpening;
  /** The claim link's secret part, with whoever proposed. */
  claim: string | undefined;
  /** The title as this device knows it, until the talk says it. */
  title: string | undefined;
  /** Whether the keys were put into a file on this device. */
  backup: 'early' | 'full' | undefined;
  /** What wasn't sent yet when the page was left. */
  unsent?: UnsentStore;
  /** Whether no other page of this device sends it. */
  alone?(): Promise<boolean>;
  /** Whether others have the same keys, as in a demonstration. */
  demonstration?: boolean;
  registerGroup(talk: string, group: number, keys: RegisterGroup): Promise<void>;
  /** Asks the browser not to clear what is kept here. */
  persist(): void;
  /** To be remembered on this device. */
  kept(change: { secret?: string; title?: string; head?: boolean; root?: boolean; backup?: 'early' | 'full' }): void;
  /** The server won't have us. */
  turnedAway(reason: Refusal): void;
}

/** An invitation that was made here since the page was opened. */
export interface Invited extends Invitation {
  id: string;
  role: InvitedRole;
  /** For whom, or empty. */
  hint: string;
}

export type TalkField = 'delegation' | 'person' | 'hint' | 'passphrase' | 'reason';

export const MIN_PASSPHRASE = 12;
const RETRY_MS = 2_000;
const MAX_INVITED = 64;
const MOST_TOLD = 2;

export class Talk {
  readonly view = new Cell<TalkView | undefined>(undefined);
  /** Meetings, agenda, readouts; nothing before one is seated. */
  readonly life = new Cell<LifeView | undefined>(undefined);
  /** Counts what another side wrote since the page was opened. */
  readonly newLines = new Cell(0);
  /** The link for the head of the other side. */
  readonly claimLink = new Cell<Invitation | undefined>(undefined);
  readonly invited = new Cell<readonly Invited[]>([]);
  /** The last command that was given, until something came of it. */
  readonly sent = new Cell<TalkCommand['type'] | undefined>(undefined);
  /** Whether the page comes from another side's server. */
  readonly foreign = new Cell(false);
  /** Why nothing goes on without the person's help. */
  readonly failure = new Cell<string | undefined>(undefined);
  /** What was written and doesn't stand in the record yet. */
  readonly unsent: UnsentSteps;
  readonly notices: Notices;
  readonly publishing: Publishing;
  readonly line: Line;
  #secret: string | undefined;
  #group: number | undefined;
  /** The last command, as it went out. */
  #said = '';
  /** What is kept of the step that the session was given last, until it has answered. */
  #asked: number | undefined;
  #elsewhere: Notices | undefined;
  /** Which of the keys is tried, and how many there are. */
  #nth = 0;
  #keys = 1;
  /** Whether the server is being told another key, or was told and it is to be proven. */
  #registering: 'no' | 'asking' | 'done' = 'no';
  #stopped = false;

  constructor(private readonly parts: TalkParts) {
    this.#secret = parts.opening.secret;
    this.unsent = new UnsentSteps(parts.unsent ?? { read: () => [], write: () => undefined });
    this.notices = new Notices(new ChoiceBook());
    this.line = new Line(parts, {
      prove: (nonce) => this.#prove(nonce),
      event: (event) => this.#event(event),
      refused: (error) => this.#refused(error),
      notice: ({ notice }: Extract<SessionEvent, { type: 'notice' }>) => this.notices.tellOf(notice),
      broken: () => this.failure.set(text.room.broken),
    });
    const { opening, publishReadout, readPublished } = parts;
    this.publishing = new Publishing({
      ...opening,
      publishReadout,
      readPublished,
      content: (readout) => this.exportReadout(readout, 'data'),
      idOf: (content) => parts.e2ee.call({ name: 'readoutId', content }),
      sign: (content, notBefore) => this.#signPublish(content, notBefore),
    });
    this.line.connection.subscribe((state) => {
      if (state.name === 'ready') this.#group = state.group;
      this.foreign.set(isForeign(this.view.get(), this.#group));
      if (state.name === 'ready' && this.#registering === 'done') this.#registering = 'no';
      if (state.name !== 'refused') return;
      // The key that was proven is no longer the group's; the answer that says so is on its way.
      if (this.#registering === 'asking' && state.reason === 'access') return;
      if (state.reason === 'access' && this.#nth + 1 < this.#keys) {
        this.#nth += 1;
        // Not while the connection is telling this.
        queueMicrotask(() => !this.#stopped && this.line.reconnect());
        return;
      }
      parts.turnedAway(state.reason);
    });
  }

  start(): void {
    this.line.start(this.parts.opening);
    const { claim } = this.parts;
    if (claim !== undefined) void this.#invitation(claim).then((link) => this.claimLink.set(link));
  }

  stop(): void {
    this.#stopped = true;
    this.publishing.stop();
    this.line.stop();
  }

  wake(cause: WakeCause): void {
    this.line.wake(cause);
  }

  /** Where the person looks now; nothing for the talk's own page. */
  tellIn(elsewhere: Notices | undefined): void {
    this.#elsewhere = elsewhere;
  }

  get id(): string {
    return this.parts.opening.talk;
  }

  get origin(): string {
    return this.parts.opening.origin;
  }

  /** Whether the keys are a demonstration's, which others have too. */
  get demonstration(): boolean {
    return this.parts.demonstration ?? false;
  }

  get title(): string {
    return this.view.get()?.title || this.parts.title || text.talk.untitled;
  }

  /** What is known of an earlier file with the keys. */
  get backedUp(): 'early' | 'full' | undefined {
    return this.parts.backup;
  }

  claim(said: { delegation: string; person: string }): void {
    const [delegation, person] = [tidy(said.delegation), tidy(said.person)];
    if (delegation === '') throw new FieldProblem('delegation', text.talk.needDelegation);
    if (person === '') throw new FieldProblem('person', text.home.needName);
    this.parts.persist();
    this.#command({ type: 'claim', delegation, person });
  }

  countersign(): void {
    this.#command({ type: 'countersign' });
  }

  refuseClaim(): void {
    this.#command({ type: 'refuse_claim' });
  }

  compared(same: boolean): void {
    this.#command({ type: 'compared', same });
  }

  ask(person: string): void {
    this.#command({ type: 'ask', person });
  }

  /** `days`: how long it may be used; nothing for as long as the talk goes on. */
  invite(said: { role: InvitedRole; hint: string; days: number | undefined; automatic: boolean }, today: number): void {
    const { role, days, automatic } = said;
    const expiry = days === undefined ? 0 : today + days * 86_400_000;
    this.#command({ type: 'invite', role, hint: tidy(said.hint) || null, expiry, automatic });
  }

  vouch(seats: readonly string[]): void {
    this.#command({ type: 'vouch', seats: [...seats] });
  }

  refuse(seat: string, reason: string): void {
    if (tidy(reason) === '') throw new FieldProblem('reason', text.talk.needReason);
    this.#command({ type: 'refuse', seat, reason: tidy(reason) });
  }

  approve(seats: readonly string[]): void {
    this.#command({ type: 'approve', seats: [...seats] });
  }

  withdraw(seat: string): void {
    this.#command({ type: 'withdraw', seat });
  }

  revokeHead(head: string): void {
    this.#command({ type: 'revoke_head', head });
  }

  propose(act: Act): void {
    this.#command({ type: 'propose_act', act });
  }

  consent(act: string): void {
    this.#command({ type: 'consent', act });
  }

  retract(act: string): void {
    this.#command({ type: 'retract', act });
  }

  /** Something in the talk's life, to be written into the record. */
  take(deed: LifeDeed): void {
    const command = lifeCommand(deed);
    if (this.#isRepeated(command)) return;
    const id = this.unsent.add(deed, this.life.get());
    this.#command(command);
    void this.#answered(id);
  }

  /** The file that brings the delegation's keys to another device. Rejects with a sentence for people. */
  async backup(passphrase: string): Promise<string> {
    const secret = this.#secret;
    if ([...passphrase.trim().normalize('NFC')].length < MIN_PASSPHRASE) {
      throw new FieldProblem('passphrase', text.backup.short(MIN_PASSPHRASE));
    }
    if (secret === undefined) throw new Error(text.backup.nothing);
    const file = await this.line.e2ee.call({ name: 'makeBackup', secret, origin: this.origin, passphrase });
    this.parts.kept({ backup: this.view.get()?.stage === 'founded' ? 'full' : 'early' });
    return file;
  }

  /** A meeting for calendars; what the talk is called and where it is go in only if they are named. */
  calendar(meeting: Meeting, { title, page }: { title: boolean; page: boolean }, now: number): Promise<string> {
    const told = {
      ...meeting,
      summary: title ? this.view.get()?.title ?? this.title : text.life.calendar.summary,
      ...(page && { page: `${this.origin}/t/${this.id}` }),
    };
    return this.line.e2ee.call({ name: 'calendarFile', meeting: JSON.stringify(told), now });
  }

  /** A readout that every side signed, as a file. Rejects if anything in it isn't as it was signed. */
  exportReadout(readout: Readout, as: ExportKind): Promise<string> {
    const content = readoutExport(this.id, readout, this.view.get());
    if (content === undefined) return Promise.reject(new Error(text.life.exports.failed));
    const words = { lang: language, rtl: LANGUAGES[language].dir === 'rtl', ...text.life.exports.page };
    return this.line.e2ee.call({ name: 'exportReadout', readout: content, as, words: JSON.stringify(words) });
  }

  #event(event: TalkEvent): void {
    switch (event.type) {
      case 'talk':
        return this.#viewChanged(event.talk);
      case 'life':
        return this.#lifeChanged(event.life);
      case 'keep':
        this.#secret = event.secret;
        this.#nth = 0;
        return this.parts.kept({ secret: event.secret });
      case 'register':
        return void this.#register(event);
      case 'invited':
        return this.#invitedNow(event);
      case 'desk':
        return this.#tell(this.#says(event.notice));
    }
  }

  #viewChanged(view: TalkView): void {
    const before = this.view.get();
    this.view.set(view);
    this.foreign.set(isForeign(view, this.#group));
    this.sent.set(undefined);
    const life = this.life.get();
    if (life) this.publishing.look(life, view);
    const { title, own } = view;
    if (title !== null && (title !== before?.title || own.head !== before.own.head)) {
      this.parts.kept({ title, head: own.head, root: own.root });
    }
    if (before && own.demoted && !before.own.demoted) this.#tell(text.talk.demoted.told);
    if (before && !before.own.head && own.head) this.#tell(text.talk.promoted);
    if (!before || !own.head) return;
    // The talk's own page shows what is new where it belongs.
    if (this.#elsewhere) for (const line of news(before, view)) this.#tell(line);
  }

  #lifeChanged(life: LifeView): void {
    const before = this.life.get();
    this.life.set(life);
    this.sent.set(undefined);
    const view = this.view.get();
    const { name, delegation } = view?.own ?? { name: null, delegation: null };
    if (name !== null && delegation !== null) this.unsent.settle(life, { name, delegation }, voidLine);
    if (view) this.publishing.look(life, view);
    if (!before) void this.#sendAgain(life);
    if (!before || !view) return;
    const lines = lifeNews(before, life, view);
    if (lines.length === 0) return;
    this.newLines.update((count) => count + lines.length);
    // Much at once is what was missed while one was away: the timeline has it.
    for (const line of lines.length > MOST_TOLD ? [text.life.news(lines.length)] : lines) this.#tell(line);
  }

  /** Before the page was left these didn't reach the record; what is there is known by now. */
  async #sendAgain(life: LifeView): Promise<void> {
    const kept = this.unsent.list.get().filter(({ why }) => why === undefined);
    if (kept.length === 0 || !(await (this.parts.alone?.() ?? Promise.resolve(true)))) return;
    for (const { id, deed } of kept) {
      if (this.#stopped) return;
      if (crossed(deed, life)) {
        this.unsent.stop(id, text.life.unsent.crossed);
        this.#tell(text.life.unsent.crossed);
        continue;
      }
      this.line.command(lifeCommand(deed));
      await this.#answered(id);
    }
  }

  /** Until the session has taken a step, or refused it. */
  async #answered(id: number | undefined): Promise<void> {
    this.#asked = id;
    await this.line.e2ee.call({ name: 'settled' }).catch(() => undefined);
    if (this.#asked === id) this.#asked = undefined;
  }

  #refused(error: string): void {
    this.sent.set(undefined);
    const sentence = refusal(error);
    if (this.#asked !== undefined) this.unsent.stop(this.#asked, sentence);
    this.#tell(sentence);
  }

  #tell(line: string): void {
    (this.#elsewhere ?? this.notices).tell(line);
  }

  async #prove(nonce: string): Promise<Proof> {
    const { talk, fragment, origin } = this.parts.opening;
    const { e2ee } = this.line;
    // A secret that is about to come may have another key.
    await e2ee.call({ name: 'settled' });
    const secret = this.#secret;
    const { key, signature, keys } = await e2ee.call({
      name: 'proveTalk',
      talk,
      origin,
      nonce,
      nth: this.#nth,
      ...(secret === undefined ? {} : { secret }),
      ...(fragment === undefined ? {} : { fragment }),
    });
    this.#keys = keys;
    return { key, signature };
  }

  /** Tells the server the group's keys, however long that takes, and comes back under the new one. */
  async #register({ group, access, control }: Extract<TalkEvent, { type: 'register' }>): Promise<void> {
    const secret = this.#secret;
    if (this.#registering === 'asking' || secret === undefined) return;
    this.#registering = 'asking';
    const { talk, origin } = this.parts.opening;
    const call = { name: 'signGroup', secret, origin, group, access, control } as const;
    while (!this.#stopped) {
      try {
        const signature = await this.line.e2ee.call(call);
        await this.parts.registerGroup(talk, group, { access, control, signature });
        break;
      } catch (error) {
        const { reason } = error as Partial<RequestError>;
        const passing = reason === 'unreachable' || reason === 'unavailable' || reason === 'too_many';
        if (!passing) return this.failure.set(reason === undefined ? text.room.broken : text.server[reason]);
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
    if (this.#stopped) return;
    this.#registering = 'done';
    this.line.command({ type: 'registered' });
    this.line.reconnect();
  }

  #signPublish(content: string, notBefore: number): Promise<string> {
    const secret = this.#secret ?? '';
    return this.line.e2ee.call({ name: 'signPublish', secret, origin: this.origin, content, notBefore });
  }

  #invitedNow({ id, fragment, code, role, hint }: Extract<TalkEvent, { type: 'invited' }>): void {
    const link = linkOf(this.parts.opening, this.parts.opening.talk, fragment);
    const made = { id, role, hint: hint ?? '', link, code };
    this.invited.update((list) => [made, ...list].slice(0, MAX_INVITED));
    this.sent.set(undefined);
  }

  #says(notice: DeskNotice): string {
    const t = text.talk.desk;
    if (notice.code === 'void') {
      const why = voidWords(notice.reason);
      return why === undefined ? t.void(notice.reason) : text.life.timeline.void(why);
    }
    if (notice.code === 'server_refuses') return text.notices.server_refuses(notice);
    const { act } = notice;
    const seat = act.is === 'eject' ? this.view.get()?.seats.find(({ id }) => id === act.seat) : undefined;
    return t[notice.code](actWords(act, seat?.name ?? null));
  }

  async #invitation(fragment: string): Promise<Invitation> {
    const link = linkOf(this.parts.opening, this.parts.opening.talk, fragment);
    const { code } = await this.line.e2ee.call({ name: 'readInvitation', text: link });
    return { link, code };
  }

  /** The same again, pressed twice say, waits until something came of the first. */
  #command(command: TalkCommand): void {
    if (this.#isRepeated(command)) return;
    this.#said = JSON.stringify(command);
    this.sent.set(command.type);
    this.line.command(command);
  }

  #isRepeated(command: TalkCommand): boolean {
    return this.sent.get() === command.type && JSON.stringify(command) === this.#said;
  }
}

function lifeCommand(deed: LifeDeed): TalkCommand {
  const { seen, ...step } = deed as LifeDeed & { seen?: number };
  return { type: 'life', step: step as LifeStep, ...(seen !== undefined && { seen }) };
}

function voidLine({ void: reason }: TimelineLine): string {
  return text.life.timeline.void(voidWords(reason ?? '') ?? text.life.timeline.reasons.other);
}
