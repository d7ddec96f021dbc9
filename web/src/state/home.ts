/** The first page: propose a talk, join one, come back to one, end one. */
import type { E2ee } from '../e2ee/client';
import type { InvitationProblem } from '../e2ee/messages';
import type { BackupProblem } from '../e2ee/talk-messages';
import { RequestError } from '../signalling/http';
import { text } from '../text';
import type { FoundGroup } from '../wire/FoundGroup';
import type { NewTalk } from '../wire/NewTalk';
import type { ServerInfo } from '../wire/ServerInfo';
import { Cell } from './cell';
import type { KnownTalk, Memory } from './memory';
import { FieldProblem, tidy } from './prejoin';

export interface HomeState {
  /** Whether the page has to ask for the operator's token. */
  needsToken: boolean;
  name: string;
  talks: readonly KnownTalk[];
}

export type HomeField = 'title' | 'delegation' | 'name' | 'token' | 'invitation' | 'backup-file' | 'passphrase';

/** What goes on with a talk. */
export interface Opening {
  talk: string;
  kind?: 'delegations';
  fragment: string;
  secret?: string;
  name?: string;
}

export interface HomeParts {
  memory: Memory;
  origin: string;
  e2ee(): E2ee;
  serverInfo(): Promise<ServerInfo>;
  createTalk(talk: NewTalk, token: string | undefined): Promise<void>;
  destroyTalk(talk: string, signature: string): Promise<void>;
  /** The talk that a group's access key opens; rejects for the reason `access` if there is none. */
  findGroup(access: string): Promise<FoundGroup>;
  /** Asks the browser not to clear what is kept here. */
  persist(): void;
  /** Milliseconds since 1970. */
  today(): number;
  /** Goes to the threshold of a talk. */
  open(opening: Opening, code: string | undefined): void;
  /** The server speaks another version than this page. */
  otherVersion(): void;
  version: number;
}

/** An invitation that belongs to another server: it has to be opened there. */
export class Elsewhere extends FieldProblem<'invitation'> {
  constructor(
    readonly host: string,
    readonly link: string,
  ) {
    super('invitation', text.home.elsewhere(host));
  }
}

export class Home {
  readonly state: Cell<HomeState>;

  constructor(private readonly parts: HomeParts) {
    const { memory } = parts;
    this.state = new Cell<HomeState>({
      needsToken: false,
      name: memory.preferences().name ?? '',
      talks: memory.talks(),
    });
    void this.#ask();
  }

  /**
   * Makes a talk between two delegations and goes to its page. The keys are made in the worker; the
   * proposer's stay on this device. Rejects with a sentence for people.
   */
  async proposeTalk(said: { title: string; delegation: string; name: string; token: string }): Promise<void> {
    const { title, delegation, name, token } = this.#said(said);
    const { memory, persist } = this.parts;
    persist();
    const call = { name: 'proposeTalk', title, delegation, person: name } as const;
    const made = await this.parts.e2ee().call(call);
    const { talk, access, control, record, secret } = made;
    const opening = { talk, kind: 'delegations', fragment: '', secret } as const;
    // Keys that are nowhere would leave a talk in which nobody can speak for the delegation.
    memory.keep({ ...opening, title, at: this.parts.today(), head: true, root: true, claim: made.fragment });
    if (memory.known(talk)?.secret !== secret) throw new Error(text.home.cantKeep);
    try {
      await this.#asOperator(token, () => this.parts.createTalk({ talk, access, control, record }, token));
    } catch (error) {
      memory.forget(talk);
      throw error;
    }
    if (said.token.trim() !== '') memory.setOperator(token);
    memory.prefer({ name });
    this.parts.open(opening, undefined);
  }

  /** Makes an open conversation and goes to its threshold. Rejects with a sentence for people. */
  async propose(said: { title: string; name: string; token: string }): Promise<void> {
    const { title, name, token } = this.#said(said);
    const { memory } = this.parts;
    const made = await this.parts.e2ee().call({ name: 'propose', title });
    const { talk, fragment, access, control, record } = made;
    await this.#asOperator(token, () =>
      this.parts.createTalk({ talk, access: [access], control, record }, token),
    );
    if (said.token.trim() !== '') memory.setOperator(token);
    memory.prefer({ name });
    memory.keep({ talk, fragment, title, at: this.parts.today(), control: made.control_secret });
    this.parts.open({ talk, fragment, name }, made.code);
  }

  /** Reads a link or a code and goes to its threshold. */
  async join(words: string): Promise<void> {
    const invitation = await this.#read(words);
    const { origin } = this.parts;
    if (invitation.origin !== null && invitation.origin !== origin) {
      const { host } = new URL(invitation.origin);
      throw new Elsewhere(host, `${invitation.origin}/t/${invitation.talk}#${invitation.fragment}`);
    }
    const { kind, talk, fragment, code, access } = invitation;
    // A code alone doesn't say what it opens; the server knows the key that it leads to.
    const group = kind === 'code' ? await this.#groupOf(access) : undefined;
    if (group) {
      this.parts.open({ talk: group.talk, kind: 'delegations', fragment: code }, undefined);
    } else if (kind === 'claim' || kind === 'seat') {
      this.parts.open({ talk, kind: 'delegations', fragment }, undefined);
    } else {
      this.parts.open({ talk, fragment }, undefined);
    }
  }

  again({ talk, fragment, kind, secret }: KnownTalk): void {
    const further = { ...(kind && { kind }), ...(secret !== undefined && { secret }) };
    this.parts.open({ talk, fragment, ...further }, undefined);
  }

  /** Brings a delegation's keys from a file to this device. Rejects with a sentence for people. */
  async restore(file: string | undefined, passphrase: string): Promise<void> {
    if (file === undefined) throw new FieldProblem('backup-file', text.backup.needFile);
    if (passphrase === '') throw new FieldProblem('passphrase', text.backup.needPassphrase);
    const { memory, persist, today } = this.parts;
    const call = { name: 'openBackup', text: file, passphrase } as const;
    const { talk, origin, access, keys } = await this.parts.e2ee().call(call).catch(explainBackup);
    if (origin !== this.parts.origin) {
      throw new FieldProblem('backup-file', text.backup.elsewhere(new URL(origin).host));
    }
    const { group: delegation } = await this.parts.findGroup(access).catch(explain);
    const secret = await this.parts.e2ee().call({ name: 'restoreHead', keys, delegation });
    persist();
    const title = memory.known(talk)?.title ?? '';
    memory.keep({ talk, kind: 'delegations', fragment: '', secret, title, at: today(), head: true, root: true, backup: 'full' });
    this.parts.open({ talk, kind: 'delegations', fragment: '', secret }, undefined);
  }

  forget({ talk }: KnownTalk): void {
    this.parts.memory.forget(talk);
    this.#retell();
  }

  /** Has the server erase the talk. Rejects with a sentence for people. */
  async end({ talk, control, secret, root }: KnownTalk): Promise<void> {
    const { e2ee, origin, destroyTalk, memory } = this.parts;
    let signature: string;
    if (control !== undefined) {
      signature = await e2ee().call({ name: 'signDestroy', talk, controlSecret: control, origin });
    } else if (secret !== undefined && root) {
      signature = await e2ee().call({ name: 'signTalkDestroy', secret, origin });
    } else {
      return;
    }
    await destroyTalk(talk, signature).catch(explain);
    memory.forget(talk);
    this.#retell();
  }

  async #ask(): Promise<void> {
    try {
      const { version, proposing } = await this.parts.serverInfo();
      if (version !== this.parts.version) return this.parts.otherVersion();
      const needsToken = proposing === 'token' && this.parts.memory.operator() === undefined;
      this.state.update((state) => ({ ...state, needsToken }));
    } catch {
      // Whoever proposes is told then; whoever joins is told on the threshold.
    }
  }

  async #asOperator(token: string | undefined, request: () => Promise<void>): Promise<void> {
    try {
      await request();
    } catch (error) {
      const reason = error instanceof RequestError ? error.reason : undefined;
      if (reason !== 'token_missing' && reason !== 'token_wrong') return explain(error);
      this.parts.memory.setOperator(undefined);
      this.state.update((state) => ({ ...state, needsToken: true }));
      throw new FieldProblem('token', token ? text.home.wrongToken : text.home.needToken);
    }
  }

  /** What every proposal says; rejects at the field that is wrong. */
  #said(said: { title: string; delegation?: string; name: string; token: string }) {
    const [title, name] = [tidy(said.title), tidy(said.name)];
    const delegation = tidy(said.delegation ?? '');
    if (title === '') throw new FieldProblem('title', text.home.needTitle);
    if (delegation === '' && said.delegation !== undefined) {
      throw new FieldProblem('delegation', text.talk.needDelegation);
    }
    if (name === '') throw new FieldProblem('name', text.home.needName);
    const token = said.token.trim() || this.parts.memory.operator();
    if (this.state.get().needsToken && !token) throw new FieldProblem('token', text.home.needToken);
    return { title, delegation, name, token };
  }

  async #read(words: string) {
    try {
      return await this.parts.e2ee().call({ name: 'readInvitation', text: words });
    } catch (error) {
      throw new FieldProblem('invitation', invitationProblem(error));
    }
  }

  async #groupOf(access: string): Promise<FoundGroup | undefined> {
    try {
      return await this.parts.findGroup(access);
    } catch (error) {
      if (error instanceof RequestError && error.reason === 'access') return undefined;
      return explain(error);
    }
  }

  #retell(): void {
    this.state.update((state) => ({ ...state, talks: this.parts.memory.talks() }));
  }
}

/** Which of the known problems an error names; anything else is no invitation at all. */
export function problemCode(error: unknown): InvitationProblem {
  const { message } = error as Error;
  return Object.hasOwn(text.home.invitationProblem, message)
    ? (message as InvitationProblem)
    : 'not_invitation';
}

function invitationProblem(error: unknown): string {
  return text.home.invitationProblem[problemCode(error)];
}

/** The server's refusal in the reader's language. */
function explain(error: unknown): never {
  if (error instanceof RequestError) throw new Error(text.server[error.reason]);
  throw error;
}

/** What is wrong with a backup, at the field where it can be mended. */
function explainBackup(error: unknown): never {
  const { message } = error as Error;
  const problem = (Object.hasOwn(text.backup.problem, message) ? message : 'damaged') as BackupProblem;
  throw new FieldProblem(problem === 'passphrase' ? 'passphrase' : 'backup-file', text.backup.problem[problem]);
}
