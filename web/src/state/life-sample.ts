/** A talk's life to test with. */
import type { By, LifeView, Meeting, Plan, Readout, ReadoutDocument, Reason, TimelineLine, What } from '../e2ee/life-messages';
import { emptyDocument } from './document';

export const MARCH_12 = Date.UTC(2027, 2, 12, 9);
export const amina: By = { name: 'Amina', delegation: 0 };
export const jonas: By = { name: 'Jonas', delegation: 1 };
export const plan: Plan = { start: MARCH_12, minutes: 90, mode: 'in_person', place: 'Lissen' };
export const reason: Reason = {
  public: 'The strait is closed.',
  between: '',
  cause: { date: 20_887, text: 'No ship passes', link: 'https://example.org/strait' },
};

export function lifeView(change: Partial<LifeView> = {}): LifeView {
  return { timeline: [], dropped: 0, meetings: [], agenda: [], teams: [], commitments: [], readouts: [], ...change };
}

export function meeting(change: Partial<Meeting> = {}): Meeting {
  return { id: 'm', uid: 'u', state: 'proposed', plan: null, offer: { plan, by: 1, agreed: [1] }, reason: null, reason_by: null, sequence: 1, zones: [], last: 5, ...change };
}

export function document(change: Partial<ReadoutDocument> = {}): ReadoutDocument {
  return { ...emptyDocument(), headline: 'The strait reopens', paragraphs: [{ text: 'The sides agreed.', attribution: { is: 'none' } }], ...change };
}

export function readout(change: Partial<Readout> = {}): Readout {
  const version = { entry: 7, parents: [], by: amina, at: MARCH_12, document: document(), brackets: 0 };
  return { id: 'r', versions: [version], tips: [7], comments: [], disputes: [], signatures: [], agreed: null, hash: null, stands: null, published: false, ...change };
}

let position = 0;
export function line(what: What, by: By | null = jonas, change: Partial<TimelineLine> = {}): TimelineLine {
  return { position: (position += 1), at: MARCH_12, by, what, void: null, ...change };
}
