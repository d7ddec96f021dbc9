import { expect, test } from 'vitest';
import type { E2ee } from '../e2ee/client';
import type { Call } from '../e2ee/messages';
import { RequestError } from '../signalling/http';
import type { ServerInfo } from '../wire/ServerInfo';
import { Home, type HomeParts, type Opening } from './home';
import { Memory } from './memory';

const SAID = { title: ' Fisheries ', name: 'Amina', token: '' };

test('a talk is made, kept with its key on this device, and opened', async () => {
  const bench = new Bench();
  await bench.home.propose(SAID);
  expect(bench.created).toEqual([{ talk: 'talk', access: ['access'], control: 'public', record: 'r' }]);
  expect(bench.memory.talks()).toEqual([
    { talk: 'talk', fragment: '1.f', title: 'Fisheries', at: 7, control: 'secret' },
  ]);
  expect(bench.opened).toEqual([{ talk: 'talk', fragment: '1.f', name: 'Amina' }]);
});

test('a talk between delegations is made with keys that stay here, and opened', async () => {
  const bench = new Bench();
  await bench.home.proposeTalk({ ...SAID, delegation: ' North ' });
  expect(bench.asked).toEqual([
    { name: 'proposeTalk', title: 'Fisheries', delegation: 'North', person: 'Amina' },
  ]);
  expect(bench.created).toEqual([{ talk: 'talk', access: ['a0', 'a1'], control: 'public', record: 'r' }]);
  expect(bench.memory.talks()).toEqual([
    { talk: 'talk', kind: 'delegations', fragment: '', title: 'Fisheries', at: 7, secret: 'keys', head: true, root: true, claim: '1.claim' },
  ]);
  expect(bench.opened).toEqual([{ talk: 'talk', kind: 'delegations', fragment: '', secret: 'keys' }]);
  expect(bench.persisted).toBe(true);
});

test('keys that can’t be kept, or a talk that the server refuses, leave nothing behind', async () => {
  const bench = new Bench();
  bench.refusal = new RequestError('no', 'full');
  await expect(bench.home.proposeTalk({ ...SAID, delegation: 'North' })).rejects.toThrow('The server is full.');
  expect(bench.memory.talks()).toEqual([]);
  bench.refusal = undefined;
  bench.forgetful = true;
  await expect(bench.home.proposeTalk({ ...SAID, delegation: 'North' })).rejects.toThrow('keeps nothing');
  expect(bench.created).toEqual([]);
});

test('nothing is made without a delegation', async () => {
  const bench = new Bench();
  await expect(bench.home.proposeTalk({ ...SAID, delegation: ' ' })).rejects.toMatchObject({ field: 'delegation' });
  expect([bench.asked, bench.created]).toEqual([[], []]);
});

test('a code is asked of the server: it may be of a delegation', async () => {
  const bench = new Bench();
  bench.origin = null;
  bench.group = { talk: 'other', group: 1 };
  await bench.home.join('a code');
  expect(bench.opened).toEqual([{ talk: 'other', kind: 'delegations', fragment: 'CODE' }]);
});

test.each(['claim', 'seat'] as const)('a %s link opens a talk between delegations', async (kind) => {
  const bench = new Bench();
  bench.kind = kind;
  bench.origin = 'https://talks.example';
  await bench.home.join('a link');
  expect(bench.opened).toEqual([{ talk: 'talk', kind: 'delegations', fragment: '1.f' }]);
});

test('a backup brings a head’s keys back, where the talk is', async () => {
  const bench = new Bench();
  await expect(bench.home.restore(undefined, 'x')).rejects.toMatchObject({ field: 'backup-file' });
  await expect(bench.home.restore('file', '')).rejects.toMatchObject({ field: 'passphrase' });
  bench.problem = 'passphrase';
  await expect(bench.home.restore('file', 'wrong')).rejects.toMatchObject({ field: 'passphrase' });
  bench.problem = 'anything else';
  await expect(bench.home.restore('file', 'right')).rejects.toThrow('damaged');
  bench.problem = undefined;
  bench.origin = 'https://other.example';
  await expect(bench.home.restore('file', 'right')).rejects.toThrow('other.example');
  expect(bench.memory.talks()).toEqual([]);
  bench.origin = 'https://talks.example';
  await expect(bench.home.restore('file', 'right')).rejects.toThrow('knows no such talk');
  expect(bench.memory.talks()).toEqual([]);
  bench.group = { talk: 'talk', group: 1 };
  await bench.home.restore('file', 'right');
  expect(bench.memory.known('talk')).toMatchObject({ secret: 'keys of 1', head: true, backup: 'full' });
  expect(bench.opened).toEqual([{ talk: 'talk', kind: 'delegations', fragment: '', secret: 'keys of 1' }]);
});

test('a head ends a talk with the delegation’s key, a guest not at all', async () => {
  const bench = new Bench();
  const known = { talk: 'talk', kind: 'delegations', fragment: '', title: '', at: 1, secret: 'keys' } as const;
  await bench.home.end(known);
  expect(bench.destroyed).toEqual([]);
  await bench.home.end({ ...known, head: true, root: true });
  expect(bench.destroyed).toEqual([['talk', 'signed by keys']]);
});

test.each([
  [{ ...SAID, title: ' ' }, 'title'],
  [{ ...SAID, name: '' }, 'name'],
])('what is missing is asked for at its field', async (said, field) => {
  await expect(new Bench().home.propose(said)).rejects.toMatchObject({ field });
});

test('the token is asked for where it is needed, and kept only when it was right', async () => {
  const bench = new Bench({ proposing: 'token' });
  await settled();
  expect(bench.home.state.get().needsToken).toBe(true);
  await expect(bench.home.propose(SAID)).rejects.toMatchObject({ field: 'token' });
  bench.refusal = new RequestError('no', 'token_wrong');
  await expect(bench.home.propose({ ...SAID, token: 'wrong' })).rejects.toMatchObject({ field: 'token' });
  expect(bench.memory.operator()).toBeUndefined();
  bench.refusal = undefined;
  await bench.home.propose({ ...SAID, token: 'right' });
  expect(bench.memory.operator()).toBe('right');
  expect(bench.tokens).toEqual(['wrong', 'right']);
});

test('a token that was kept and is right no longer is asked for again', async () => {
  const bench = new Bench({ proposing: 'token' }, 'old');
  await settled();
  expect(bench.home.state.get().needsToken).toBe(false);
  bench.refusal = new RequestError('no', 'token_wrong');
  await expect(bench.home.propose(SAID)).rejects.toMatchObject({ field: 'token' });
  expect(bench.home.state.get().needsToken).toBe(true);
});

test('a refusal is said in the page’s words, not in the server’s', async () => {
  const bench = new Bench();
  bench.refusal = new RequestError('from the server', 'full');
  await expect(bench.home.propose(SAID)).rejects.toThrow('The server is full.');
});

test('an invitation of another server is to be opened there', async () => {
  const bench = new Bench();
  bench.origin = 'https://other.example';
  await expect(bench.home.join('a link')).rejects.toMatchObject({
    host: 'other.example',
    link: 'https://other.example/t/talk#1.f',
  });
  bench.origin = null;
  await bench.home.join('a code');
  expect(bench.opened).toEqual([{ talk: 'talk', fragment: '1.f' }]);
});

test.each([
  ['incomplete', /end of the invitation is missing/],
  ['mistyped', /character of the code is wrong/],
  ['other_version', /another version/],
  ['anything else', /no invitation/],
])('%s is told apart', async (problem, words) => {
  const bench = new Bench();
  bench.problem = problem;
  await expect(bench.home.join('x')).rejects.toThrow(words);
});

test('ending a talk forgets it once the server has', async () => {
  const bench = new Bench();
  await bench.home.propose(SAID);
  const [talk] = bench.memory.talks();
  bench.refusal = new RequestError('no');
  await expect(bench.home.end(talk!)).rejects.toThrow('could not be reached');
  expect(bench.memory.talks()).toHaveLength(1);
  bench.refusal = undefined;
  await bench.home.end(talk!);
  expect(bench.destroyed).toEqual([['talk', 'signed secret']]);
  expect(bench.home.state.get().talks).toEqual([]);
});

test('another version of the server is told at once', async () => {
  const bench = new Bench({ version: 3 });
  await settled();
  expect(bench.otherVersion).toBe(true);
});

async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

class Bench {
  asked: Call[] = [];
  created: unknown[] = [];
  tokens: (string | undefined)[] = [];
  destroyed: string[][] = [];
  opened: Opening[] = [];
  otherVersion = false;
  /** What the server knows of a code's key. */
  group: { talk: string; group: number } | undefined;
  persisted = false;
  /** Storage that takes nothing. */
  forgetful = false;
  kind: 'open' | 'claim' | 'seat' = 'open';
  refusal: Error | undefined;
  problem: string | undefined;
  origin: string | null = null;
  readonly memory: Memory;
  readonly home: Home;

  constructor(info: Partial<ServerInfo> = {}, token?: string) {
    const values = new Map<string, string>();
    this.memory = new Memory({
      getItem: (key) => values.get(key) ?? null,
      setItem: (key, value) => void (this.forgetful || values.set(key, value)),
      removeItem: (key) => void values.delete(key),
    });
    this.memory.setOperator(token);
    const refuse = () => (this.refusal ? Promise.reject(this.refusal) : Promise.resolve());
    const parts: HomeParts = {
      memory: this.memory,
      origin: 'https://talks.example',
      version: 2,
      e2ee: () => ({ call: (call: Call) => this.#answer(call) }) as unknown as E2ee,
      serverInfo: () => Promise.resolve({ version: 2, proposing: 'open', demonstration: false, ...info }),
      createTalk: (talk, used) => {
        this.tokens.push(used);
        if (!this.refusal) this.created.push(talk);
        return refuse();
      },
      destroyTalk: (talk, signature) => {
        if (!this.refusal) this.destroyed.push([talk, signature]);
        return refuse();
      },
      findGroup: () => (this.group ? Promise.resolve(this.group) : Promise.reject(new RequestError('', 'access'))),
      persist: () => (this.persisted = true),
      today: () => 7,
      open: (opening) => this.opened.push(opening),
      otherVersion: () => (this.otherVersion = true),
    };
    this.home = new Home(parts);
  }

  #answer(call: Call): Promise<unknown> {
    const invitation = { talk: 'talk', fragment: '1.f', code: 'CODE' };
    if (call.name === 'signDestroy') return Promise.resolve(`signed ${call.controlSecret}`);
    if (call.name === 'propose') {
      const keys = { access: 'access', record: 'r', control: 'public', control_secret: 'secret' };
      return Promise.resolve({ ...invitation, ...keys });
    }
    if (call.name === 'signTalkDestroy') return Promise.resolve(`signed by ${call.secret}`);
    if (call.name === 'proposeTalk') {
      this.asked.push(call);
      const keys = { access: ['a0', 'a1'], record: 'r', control: 'public', secret: 'keys' };
      return Promise.resolve({ talk: 'talk', fragment: '1.claim', code: 'CODE', ...keys });
    }
    if (this.problem !== undefined) return Promise.reject(new Error(this.problem));
    if (call.name === 'restoreHead') return Promise.resolve(`${call.keys} of ${call.delegation}`);
    if (call.name === 'openBackup') return Promise.resolve({ talk: 'talk', keys: 'keys', origin: this.origin, access: 'key' });
    const kind = this.origin === null ? 'code' : this.kind;
    return Promise.resolve({ ...invitation, kind, origin: this.origin, access: 'key' });
  }
}
