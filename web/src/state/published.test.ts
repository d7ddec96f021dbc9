import { expect, test } from 'vitest';
import type { E2ee } from '../e2ee/client';
import type { PublishedReadout } from '../e2ee/life-messages';
import type { Call } from '../e2ee/messages';
import { RequestError } from '../signalling/http';
import { document } from './life-sample';
import { PublishedPage } from './published';

const readout: PublishedReadout = {
  document: document(),
  delegations: ['North', 'South'],
  signatures: [{ delegation: 0, name: 'North', fingerprint: '5625', command: 'openssl' }],
};

test('it is shown once it was verified, and saved as it came', async () => {
  const bench = new Bench();
  expect(bench.page.state.get()).toEqual({ name: 'loading' });
  await expect(bench.page.save('data')).rejects.toThrow();
  await bench.page.load();
  expect(bench.page.state.get()).toEqual({ name: 'shown', readout });
  expect(bench.calls[0]).toEqual({ name: 'verifyPublished', content: 'content', id: 'id' });
  expect(await bench.page.save('data')).toBe('content');
  await bench.page.save('text');
  expect(bench.calls.at(-1)).toMatchObject({ name: 'exportReadout', readout: 'content', as: 'text' });
});

test('what isn’t genuine is refused, and nothing of it can be saved', async () => {
  const bench = new Bench();
  bench.verified = null;
  await bench.page.load();
  expect(bench.page.state.get()).toEqual({ name: 'false' });
  await expect(bench.page.save('data')).rejects.toThrow();
});

test('a browser that can’t verify shows nothing', async () => {
  const bench = new Bench();
  bench.broken = true;
  await bench.page.load();
  expect(bench.page.state.get()).toMatchObject({ name: 'unchecked', problem: expect.stringContaining('verify') as string });
});

test.each([
  ['access', 'missing'],
  ['unreachable', 'unchecked'],
  ['too_many', 'unchecked'],
] as const)('%s: %s, and tried again by hand', async (reason, name) => {
  const bench = new Bench();
  bench.refusal = new RequestError('', reason);
  await bench.page.load();
  expect(bench.page.state.get().name).toBe(name);
  bench.refusal = undefined;
  await bench.page.load();
  expect(bench.page.state.get().name).toBe('shown');
});

class Bench {
  readonly calls: Call[] = [];
  verified: PublishedReadout | null = readout;
  broken = false;
  refusal: RequestError | undefined;
  readonly page = new PublishedPage({
    id: 'id',
    e2ee: { call: (call: Call) => this.#answer(call) } as unknown as E2ee,
    readPublished: () => (this.refusal ? Promise.reject(this.refusal) : Promise.resolve('content')),
  });

  #answer(call: Call): Promise<unknown> {
    this.calls.push(call);
    if (this.broken) return Promise.reject(new Error('the worker did not start'));
    return Promise.resolve(call.name === 'verifyPublished' ? this.verified : 'file');
  }
}
