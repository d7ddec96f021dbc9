import { expect, test } from 'vitest';
import { GOOD, type Quality } from './people';
import { judge, type Sample, sampleOf, Steady } from './quality';

const NONE: ReadonlySet<string> = new Set();

test('what a browser reports is read', () => {
  expect(sampleOf(REPORT)).toEqual({
    roundTrip: 0.012,
    sentLost: 0.08,
    limited: 'bandwidth',
    received: { 4: { packets: 900, lost: 12, frozen: 1.5 }, 5: { packets: 400, lost: 0, frozen: 0 } },
  });
});

test('an empty report is nothing bad', () => {
  expect(judge(sampleOf([]), sampleOf([]), 2, NONE)).toEqual(GOOD);
});

test.each<[string, Partial<Sample>, string]>([
  ['nothing wrong', {}, 'good none'],
  ['the server misses some of ours', { sentLost: 0.05 }, 'fair uplink'],
  ['the server misses much of ours', { sentLost: 0.2 }, 'poor uplink'],
  ['far away', { roundTrip: 0.6 }, 'fair uplink'],
  ['the computer is too busy', { limited: 'cpu' }, 'fair device'],
  ['the line is too narrow', { limited: 'bandwidth' }, 'fair uplink'],
  ['we miss some of theirs', { received: got(90, 5) }, 'fair downlink'],
  ['we miss much of theirs', { received: got(80, 20) }, 'poor downlink'],
  ['pictures stand still', { received: { 4: { packets: 300, lost: 0, frozen: 1 } } }, 'poor downlink'],
  ['the worst thing is told', { limited: 'cpu', sentLost: 0.2 }, 'poor uplink'],
  ['a few packets say nothing', { received: got(5, 5) }, 'good none'],
])('%s: %s', (_what, after, wanted) => {
  expect(words(judge(sample({}), sample(after), 2, NONE))).toBe(wanted);
});

test('counters are compared with those before', () => {
  const bad = sample({ received: got(500, 100) });
  expect(judge(bad, bad, 2, NONE)).toEqual(GOOD);
  expect(words(judge(bad, sample({ received: got(600, 100) }), 2, NONE))).toBe('good none');
});

test('a connection made anew starts its counters again', () => {
  expect(words(judge(sample({ received: got(9000, 900) }), sample({ received: got(100, 0) }), 2, NONE))).toBe('good none');
});

test('what another loses on the way to the server isn’t held against oneself', () => {
  expect(words(judge(sample({}), sample({ received: got(80, 20) }), 2, new Set(['4'])))).toBe('good none');
});

test('one bad moment isn’t told, two are', () => {
  expect(told('good', 'fair', 'good', 'fair', 'good')).toBe('good good good good good');
  expect(told('good', 'fair', 'fair', 'fair')).toBe('good good fair fair');
});

test('one good moment doesn’t end bad times', () => {
  expect(told('poor', 'poor', 'good', 'good', 'good', 'good')).toBe('good poor poor poor poor good');
  expect(told('poor', 'poor', 'good', 'poor', 'good', 'good')).toBe('good poor poor poor poor poor');
});

test('getting worse is told soon', () => {
  expect(told('fair', 'fair', 'poor', 'poor')).toBe('good fair fair poor');
});

test('what is missed may be another’s loss: they say so first', () => {
  const steady = new Steady();
  const missed: Quality = { level: 'fair', cause: 'downlink' };
  expect([missed, missed, missed, GOOD, missed].map((verdict) => steady.take(verdict).level)).toEqual(Array(5).fill('good'));
  expect([missed, missed, missed, missed].map((verdict) => steady.take(verdict).level).at(-1)).toBe('fair');
});

function told(...levels: Quality['level'][]): string {
  const steady = new Steady();
  return levels.map((level) => steady.take({ level, cause: level === 'good' ? 'none' : 'uplink' }).level).join(' ');
}

function words({ level, cause }: Quality): string {
  return `${level} ${cause}`;
}

function got(packets: number, lost: number): Sample['received'] {
  return { 4: { packets, lost, frozen: 0 } };
}

function sample(more: Partial<Sample>): Sample {
  return { roundTrip: 0.01, sentLost: 0, limited: 'none', received: {}, ...more };
}

/** As Chromium tells it, shortened. */
const REPORT = [
  { id: 'T', type: 'transport', selectedCandidatePairId: 'CP' },
  { id: 'CP', type: 'candidate-pair', nominated: true, currentRoundTripTime: 0.012 },
  { id: 'CQ', type: 'candidate-pair', nominated: false, currentRoundTripTime: 3 },
  { id: 'R1', type: 'remote-inbound-rtp', kind: 'video', fractionLost: 0.08, roundTripTime: 0.013 },
  { id: 'R2', type: 'remote-inbound-rtp', kind: 'audio', fractionLost: 0.01 },
  { id: 'O1', type: 'outbound-rtp', kind: 'video', qualityLimitationReason: 'bandwidth' },
  { id: 'O2', type: 'outbound-rtp', kind: 'video', qualityLimitationReason: 'cpu', active: false },
  { id: 'I1', type: 'inbound-rtp', mid: '4', kind: 'audio', packetsReceived: 900, packetsLost: 12, totalFreezesDuration: 1.5 },
  { id: 'I2', type: 'inbound-rtp', mid: '5', kind: 'video', packetsReceived: 400, packetsLost: -3 },
];
