import { expect, test } from 'vitest';
import { type Place, arrive, linkOf, remember } from './link';

const TALK = 'AAAAAAAAAAAAAAAAAAAAAA';

test('the secret is stripped from the address at once and kept in the tab', () => {
  const place = at(`/t/${TALK}`, '#1.secret');
  expect(arrive(place)).toEqual({ name: 'talk', remembered: { talk: TALK, fragment: '1.secret' } });
  expect(place.address).toBe(`/t/${TALK}`);
  expect(JSON.stringify([...place.stored])).toContain('1.secret');
});

test('a reload comes back with what the tab remembers', () => {
  const place = at(`/t/${TALK}`, '');
  remember(place, { talk: TALK, fragment: '1.secret', name: 'Amina', seat: '{}', inside: true });
  expect(arrive(place)).toMatchObject({ name: 'talk', remembered: { inside: true } });
});

test('another link takes the place of what was remembered', () => {
  const place = at(`/t/${TALK}`, '#1.other');
  remember(place, { talk: TALK, fragment: '1.secret', seat: '{}', inside: true });
  expect(arrive(place)).toEqual({ name: 'talk', remembered: { talk: TALK, fragment: '1.other' } });
});

test('a published readout is known by its address alone', () => {
  const place = at(`/r/${TALK}`, '#anything');
  expect(arrive(place)).toEqual({ name: 'readout', id: TALK });
  expect(place.address).toBe(`/r/${TALK}`);
  expect([...place.stored]).toEqual([]);
  for (const other of ['/r/', '/r/short', `/r/${TALK}x`]) expect(arrive(at(other, ''))).toEqual({ name: 'broken', why: 'nowhere' });
});

test('the address of a talk in which one has a seat is enough', () => {
  const kept = { talk: TALK, kind: 'delegations', fragment: '1.claim', secret: 'keys' } as const;
  const known = (talk: string) => (talk === TALK ? kept : undefined);
  expect(arrive(at(`/t/${TALK}`, ''), known)).toEqual({ name: 'talk', remembered: kept });
  expect(arrive(at(`/t/${TALK}`, '#1.claim'), known)).toEqual({ name: 'talk', remembered: kept });
  // A new link is for something else.
  expect(arrive(at(`/t/${TALK}`, '#1.seat'), known)).toEqual({
    name: 'talk',
    remembered: { talk: TALK, fragment: '1.seat' },
  });
  expect(arrive(at(`/t/${'B'.repeat(22)}`, ''), known).name).toBe('broken');
});

test.each([
  ['/', '', 'home'],
  [`/t/${TALK}`, '', 'broken'],
  ['/t/short', '#1.secret', 'broken'],
  ['/elsewhere', '', 'broken'],
  ['/', '#1.secret', 'home'],
])('%s%s is %s', (pathname, hash, name) => {
  expect(arrive(at(pathname, hash)).name).toBe(name);
});

test('the operator’s token is taken from the address and stripped', () => {
  const place = at('/', '#operator.abc-123_X');
  expect(arrive(place)).toEqual({ name: 'home', operator: 'abc-123_X' });
  expect(place.address).toBe('/');
});

test.each([
  [`/t/${TALK}`, '', 'incomplete'],
  ['/t/short', '#1.secret', 'incomplete'],
  ['/elsewhere', '', 'nowhere'],
])('%s%s: %s', (pathname, hash, why) => {
  expect(arrive(at(pathname, hash))).toEqual({ name: 'broken', why });
});

test('damaged memory counts as none', () => {
  const place = at(`/t/${TALK}`, '');
  place.stored.set('incamera', '{"talk":');
  expect(arrive(place).name).toBe('broken');
});

test('a link is written as it is read', () => {
  const place = at('/', '');
  const url = new URL(linkOf(place, TALK, '1.secret'));
  expect(arrive(at(url.pathname, url.hash))).toMatchObject({ remembered: { fragment: '1.secret' } });
});

function at(pathname: string, hash: string) {
  const stored = new Map<string, string>();
  const place = {
    pathname,
    hash,
    origin: 'https://talks.example',
    address: pathname + hash,
    stored,
    replace(path: string) {
      place.address = path;
    },
    storage: {
      getItem: (key: string) => stored.get(key) ?? null,
      setItem: (key: string, value: string) => void stored.set(key, value),
      removeItem: (key: string) => void stored.delete(key),
    },
  } satisfies Place & Record<string, unknown>;
  return place;
}
