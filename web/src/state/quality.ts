/** How well one's own media goes, and why not, from the browser's statistics (W3C webrtc-stats). */
import type { Quality, QualityCause, QualityLevel } from './people';
import { GOOD } from './people';

/** Counters at one moment. */
export interface Sample {
  /** Seconds to the server and back. */
  roundTrip: number | undefined;
  /** What the server said it lost of ours: 0..1, the worst of what is sent. */
  sentLost: number;
  /** Why the encoder sends less than it could. */
  limited: 'none' | 'cpu' | 'bandwidth' | 'other';
  /** By slot's m-line. */
  received: Readonly<Record<string, Received>>;
}

export interface Received {
  packets: number;
  lost: number;
  /** Seconds for which its picture stood still. */
  frozen: number;
}

type Entry = Record<string, unknown> & { type: string };

export function sampleOf(report: Iterable<unknown>): Sample {
  const sample = { roundTrip: undefined as number | undefined, sentLost: 0, limited: 'none' as Sample['limited'] };
  const received: Record<string, Received> = {};
  for (const entry of report as Iterable<Entry>) {
    const number = (name: string) => (typeof entry[name] === 'number' ? entry[name] : 0);
    if (entry.type === 'remote-inbound-rtp') {
      sample.sentLost = Math.max(sample.sentLost, number('fractionLost'));
    } else if (entry.type === 'candidate-pair' && (entry['nominated'] === true || entry['selected'] === true)) {
      if (typeof entry['currentRoundTripTime'] === 'number') sample.roundTrip = entry['currentRoundTripTime'];
    } else if (entry.type === 'outbound-rtp' && entry['kind'] === 'video' && entry['active'] !== false) {
      const reason = entry['qualityLimitationReason'];
      if (reason === 'cpu' || (reason === 'bandwidth' && sample.limited !== 'cpu')) sample.limited = reason;
    } else if (entry.type === 'inbound-rtp') {
      received[String(entry['mid'] ?? entry['id'])] = {
        packets: number('packetsReceived'),
        // Browsers let it fall when a repeated packet comes in late.
        lost: Math.max(0, number('packetsLost')),
        frozen: number('totalFreezesDuration'),
      };
    }
  }
  return { ...sample, received };
}

const LOST = { fair: 0.03, poor: 0.1 };
const FROZEN = { fair: 0.08, poor: 0.25 };
const ROUND_TRIP = { fair: 0.4, poor: 0.9 };
/** Of fewer packets nothing is concluded. */
const ENOUGH_PACKETS = 20;

/**
 * What the time between two samples was like. `theirs`: m-lines of people who say themselves that
 * they lose packets on the way to the server; those don't count against us.
 */
export function judge(before: Sample, now: Sample, seconds: number, theirs: ReadonlySet<string>): Quality {
  const { lost, frozen } = receiving(before, now, seconds, theirs);
  const verdicts: [QualityCause, QualityLevel][] = [
    ['uplink', level(now.sentLost, LOST)],
    ['downlink', worst(level(lost, LOST), level(frozen, FROZEN))],
    ['uplink', level(now.roundTrip ?? 0, ROUND_TRIP)],
    ['device', now.limited === 'cpu' ? 'fair' : 'good'],
    ['uplink', now.limited === 'bandwidth' ? 'fair' : 'good'],
  ];
  for (const wanted of ['poor', 'fair'] as const) {
    const found = verdicts.find(([, verdict]) => verdict === wanted);
    if (found) return { level: wanted, cause: found[0] };
  }
  return GOOD;
}

/** Loss over everything that is received; the share of time that the median picture stood still. */
function receiving(before: Sample, now: Sample, seconds: number, theirs: ReadonlySet<string>) {
  let packets = 0;
  let lost = 0;
  const frozen: number[] = [];
  for (const [mid, after] of Object.entries(now.received)) {
    const former = before.received[mid] ?? { packets: 0, lost: 0, frozen: 0 };
    const arrived = after.packets - former.packets;
    if (theirs.has(mid) || arrived <= 0) continue;
    packets += arrived;
    lost += Math.max(0, after.lost - former.lost);
    frozen.push(Math.max(0, after.frozen - former.frozen) / seconds);
  }
  if (packets + lost < ENOUGH_PACKETS) return { lost: 0, frozen: 0 };
  frozen.sort((a, b) => a - b);
  return { lost: lost / (packets + lost), frozen: frozen[Math.floor(frozen.length / 2)] ?? 0 };
}

function level(value: number, { fair, poor }: { fair: number; poor: number }): QualityLevel {
  if (value >= poor) return 'poor';
  return value >= fair ? 'fair' : 'good';
}

const ORDER: readonly QualityLevel[] = ['good', 'fair', 'poor'];

function worst(a: QualityLevel, b: QualityLevel): QualityLevel {
  return ORDER[Math.max(ORDER.indexOf(a), ORDER.indexOf(b))]!;
}

/** One bad moment is told to nobody, and one good moment doesn't end bad times. */
const WORSE_AFTER = 2;
/** Whoever loses packets on their own way says so by then; it isn't ours. */
const DOWNLINK_AFTER = 4;
const BETTER_AFTER = 4;

export class Steady {
  #told: Quality = GOOD;
  #other: Quality[] = [];

  /** A verdict for each span of time; the answer is what to tell. */
  take(verdict: Quality): Quality {
    if (same(verdict, this.#told)) {
      this.#other = [];
      return this.#told;
    }
    this.#other.push(verdict);
    const rises = this.#other.every(({ level }) => ORDER.indexOf(level) >= ORDER.indexOf(this.#told.level));
    const worseAfter = verdict.cause === 'downlink' ? DOWNLINK_AFTER : WORSE_AFTER;
    if (this.#other.length >= (rises ? worseAfter : BETTER_AFTER)) {
      this.#told = verdict;
      this.#other = [];
    }
    return this.#told;
  }
}

function same(a: Quality, b: Quality): boolean {
  return a.level === b.level && a.cause === b.cause;
}
