/** That the desk understands each step as the page writes it: names, and fields that have to be there. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { document, plan, reason } from '../state/life-sample';
import type { LifeDeed, LifeStep } from './life-messages';
import { initSync, proposeTalk, TalkSession } from './pkg/incamera_e2ee_wasm';

initSync({ module: readFileSync(new URL('./pkg/incamera_e2ee_wasm_bg.wasm', import.meta.url)) });

const id = 'AAAAAAAAAAAAAAAAAAAAAA';
const terms = { name: 'Charts', mandate: 'Draw the line.', mode: 'video', place: '', start: 0, due: 1, members: [] } as const;
const attributions = [
  { is: 'none' },
  { is: 'name', delegation: 1, name: 'Jonas', role: '' },
  { is: 'role', delegation: 1, role: 'Minister' },
  { is: 'anonymous', delegation: 0 },
] as const;
const full = document({ points: ['One.'], paragraphs: attributions.map((attribution) => ({ text: 'A.', attribution })) });

/** One of each, so that none is forgotten. */
const EACH: { [Is in LifeDeed['is']]: Extract<LifeStep, { is: Is }> | LifeStep } = {
  meeting_propose: { is: 'meeting_propose', plan },
  meeting_accept: { is: 'meeting_accept', meeting: id, zone: 'Europe/Zurich' },
  meeting_decline: { is: 'meeting_decline', meeting: id, reason },
  meeting_postpone: { is: 'meeting_postpone', meeting: id, reason, plan },
  meeting_cancel: { is: 'meeting_cancel', meeting: id, reason: { ...reason, cause: null } },
  meeting_begin: { is: 'meeting_begin', meeting: id },
  meeting_adjourn: { is: 'meeting_adjourn', meeting: id, reason },
  meeting_resume: { is: 'meeting_resume', meeting: id },
  meeting_end: { is: 'meeting_end', meeting: id },
  agenda_put: { is: 'agenda_put', title: 'Quotas', order: 1, minutes: 45 },
  agenda_position: { is: 'agenda_position', item: id, text: 'Half.\nOr more.', parents: [3] },
  agenda_request: { is: 'agenda_request', item: id, text: 'All.', parents: [] },
  agenda_mark: { is: 'agenda_mark', item: id, state: 'parked' },
  agenda_call: { is: 'agenda_call', item: id },
  agenda_rest: { is: 'agenda_rest', item: id },
  agenda_time: { is: 'agenda_time', item: id, minutes: 10 },
  team_propose: { is: 'team_propose', ...terms, members: [] },
  team_agree: { is: 'team_agree', team: id },
  team_refuse: { is: 'team_refuse', team: id, reason },
  team_report: { is: 'team_report', team: id, text: 'Drawn.' },
  team_close: { is: 'team_close', team: id },
  commitment_propose: { is: 'commitment_propose', text: 'Release the crews.', owner: 1, who: '', due: 0 },
  commitment_agree: { is: 'commitment_agree', commitment: id },
  commitment_done: { is: 'commitment_done', commitment: id },
  commitment_drop: { is: 'commitment_drop', commitment: id, reason },
  commitment_reopen: { is: 'commitment_reopen', commitment: id },
  readout_draft: { is: 'readout_draft', parents: [], document: full },
  readout_comment: { is: 'readout_comment', readout: id, on: 7, paragraph: null, text: 'June?' },
  readout_dispute: { is: 'readout_dispute', readout: id, on: 7, text: 'Not so.' },
  readout_undispute: { is: 'readout_undispute', readout: id, on: 7 },
  readout_sign: { is: 'readout_sign', readout: id, on: 7 },
  readout_unsign: { is: 'readout_unsign', readout: id, on: 7 },
};

/** What the desk of a talk that isn't founded says to it. */
function answer(step: object): string {
  const { talk, secret } = JSON.parse(proposeTalk('Fisheries', 'North', 'Amina', new Uint8Array(32).fill(1))) as Record<string, string>;
  const session = new TalkSession(talk!, secret, undefined, 0, plan.start, new Uint8Array(32).fill(2));
  try {
    session.input(1, JSON.stringify({ type: 'life', step, seen: 5 }));
    return 'taken';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    session.free();
  }
}

const unfounded = answer(EACH.meeting_accept);

test.each(Object.values(EACH).map((step) => [step.is, step] as const))('%s is understood', (_, step) => {
  expect(answer(step)).toBe(unfounded);
});

test('what isn’t a step, or lacks something, is told apart', () => {
  for (const step of [{ is: 'meeting_accepted', meeting: id }, { is: 'meeting_accept' }, { is: 'meeting_propose', plan: { ...plan, mode: 'boat' } }]) {
    expect(answer(step)).not.toBe(unfounded);
  }
});
