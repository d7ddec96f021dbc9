import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Readout } from '../e2ee/life-messages';
import { RequestError } from '../signalling/http';
import type { PublishReadout } from '../wire/PublishReadout';
import type { Published } from '../wire/Published';
import { document, lifeView, readout } from './life-sample';
import { Publishing } from './publishing';
import { talkView } from './talk-sample';

const decided = readout({ agreed: 7, published: true });

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('what isn’t decided by both sides is handed to nobody', async () => {
  const bench = new Bench();
  await bench.look(readout({ agreed: 7 }));
  expect([bench.handed, bench.read]).toEqual([[], []]);
  await bench.look(decided);
  expect(bench.handed).toHaveLength(1);
});

test('it is handed over once for one’s own side, again until the other’s page did, and then no more', async () => {
  const bench = new Bench();
  await bench.look(decided);
  await bench.look(decided);
  expect(bench.handed).toEqual([['talk', 0, { content: 'content of r', not_before: 0, signature: 'over content of r, 0' }]]);
  expect(bench.at('r')).toEqual({ state: 'waiting', address: 'https://talks.example/r/id' });
  bench.answer = 'public';
  await vi.advanceTimersByTimeAsync(2_000);
  expect(bench.at('r')?.state).toBe('public');
  await vi.advanceTimersByTimeAsync(600_000);
  expect(bench.handed).toHaveLength(2);
});

test('an embargo is signed with it', async () => {
  const bench = new Bench();
  bench.answer = 'embargoed';
  const version = { ...decided.versions[0]!, document: document({ embargo: 5_000 }) };
  await bench.look({ ...decided, versions: [version] });
  expect(bench.handed[0]?.[2]).toMatchObject({ not_before: 5_000, signature: 'over content of r, 5000' });
  expect(bench.at('r')?.state).toBe('embargoed');
});

test('what passes is tried again, what the server refuses is told and left', async () => {
  const bench = new Bench();
  bench.refusal = new RequestError('', 'unreachable');
  await bench.look(decided);
  expect(bench.at('r')).toMatchObject({ state: 'unreachable', problem: expect.stringContaining('could not be reached') as string });
  bench.refusal = new RequestError('', 'full');
  await vi.advanceTimersByTimeAsync(2_000);
  expect(bench.at('r')).toMatchObject({ state: 'refused', problem: expect.stringContaining('no room') as string });
  bench.refusal = undefined;
  await vi.advanceTimersByTimeAsync(600_000);
  expect(bench.handed).toHaveLength(2);
});

test('a readout that isn’t as it was signed isn’t handed over', async () => {
  const bench = new Bench();
  bench.broken = true;
  await bench.look(decided);
  expect(bench.at('r')).toMatchObject({ state: 'refused', problem: expect.stringContaining('isn’t as it was signed') as string });
  expect(bench.handed).toEqual([]);
});

test('whoever has no keys only looks', async () => {
  const bench = new Bench();
  bench.refusal = new RequestError('', 'access');
  await bench.look(decided, false);
  expect(bench.at('r')?.state).toBe('waiting');
  bench.refusal = undefined;
  await vi.advanceTimersByTimeAsync(2_000);
  expect(bench.at('r')?.state).toBe('public');
  expect([bench.handed, bench.read]).toEqual([[], ['id', 'id']]);
});

test('nothing goes on once the page is left', async () => {
  const bench = new Bench();
  await bench.look(decided);
  bench.publishing.stop();
  await vi.advanceTimersByTimeAsync(600_000);
  expect(bench.handed).toHaveLength(1);
});

class Bench {
  readonly handed: [string, number, PublishReadout][] = [];
  readonly read: string[] = [];
  answer: Published['state'] = 'waiting';
  refusal: RequestError | undefined;
  broken = false;
  readonly publishing = new Publishing({
    talk: 'talk',
    origin: 'https://talks.example',
    content: ({ id }) => (this.broken ? Promise.reject(new Error('a signature is wrong')) : Promise.resolve(`content of ${id}`)),
    idOf: () => Promise.resolve('id'),
    sign: (content, notBefore) => Promise.resolve(`over ${content}, ${notBefore}`),
    publishReadout: (talk, group, handed) => {
      this.handed.push([talk, group, handed]);
      return this.refusal ? Promise.reject(this.refusal) : Promise.resolve({ readout: 'id', state: this.answer });
    },
    readPublished: (id) => {
      this.read.push(id);
      return this.refusal ? Promise.reject(this.refusal) : Promise.resolve('content');
    },
  });

  async look(one: Readout, root = true): Promise<void> {
    this.publishing.look(lifeView({ readouts: [one] }), talkView({}, { root }));
    await vi.advanceTimersByTimeAsync(0);
  }

  at(id: string) {
    return this.publishing.state.get().get(id);
  }
}
