/** The first page: propose a talk, join one, come back to one, end one. */
import type { E2ee } from '../e2ee/client';
import type { InvitationProblem } from '../e2ee/messages';
import { RequestError } from '../signalling/http';
import { text } from '../text';
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

export type HomeField = 'title' | 'name' | 'token' | 'invitation';

/** What goes on with a talk. */
export interface Opening {
  talk: string;
  fragment: string;
  name?: string;
}

export interface HomeParts {
  memory: Memory;
  origin: string;
  e2ee(): E2ee;
  serverInfo(): Promise<ServerInfo>;
  createTalk(talk: NewTalk, token: string | undefined): Promise<void>;
  destroyTalk(talk: string, signature: string): Promise<void>;
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

  /** Makes a talk and goes to its threshold. Rejects with a sentence for people. */
  async propose(said: { title: string; name: string; token: string }): Promise<void> {
    const [title, name] = [tidy(said.title), tidy(said.name)];
    if (title === '') throw new FieldProblem('title', text.home.needTitle);
    if (name === '') throw new FieldProblem('name', text.home.needName);
    const { memory } = this.parts;
    const token = said.token.trim() || memory.operator();
    if (this.state.get().needsToken && !token) throw new FieldProblem('token', text.home.needToken);
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
    this.parts.open({ talk: invitation.talk, fragment: invitation.fragment }, undefined);
  }

  again({ talk, fragment }: KnownTalk): void {
    this.parts.open({ talk, fragment }, undefined);
  }

  forget({ talk }: KnownTalk): void {
    this.parts.memory.forget(talk);
    this.#retell();
  }

  /** Has the server erase the talk. Rejects with a sentence for people. */
  async end({ talk, control }: KnownTalk): Promise<void> {
    if (control === undefined) return;
    const { e2ee, origin, destroyTalk, memory } = this.parts;
    const call = { name: 'signDestroy', talk, controlSecret: control, origin } as const;
    const signature = await e2ee().call(call);
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

  async #read(words: string) {
    try {
      return await this.parts.e2ee().call({ name: 'readInvitation', text: words });
    } catch (error) {
      throw new FieldProblem('invitation', invitationProblem(error));
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
