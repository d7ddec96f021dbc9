import { describe, expect, test } from 'vitest';
import type { Deed, TimelineLine, What } from '../e2ee/life-messages';
import { isolate } from '../text/forms';
import { amina, line, lifeView, plan, readout, reason } from './life-sample';
import { talkView } from './talk-sample';
import { type Told, told } from './timeline';

const reader = { delegations: talkView().delegations, zone: 'UTC' };
const plain = (words: string) => words.replaceAll(/[\u2066-\u2069]/g, '').replaceAll(/[\u2009\u202f]/g, ' ');
const tell = (...timeline: TimelineLine[]) => told(lifeView({ timeline, readouts: [readout()] }), reader);
const all = ({ says, further }: Told) => plain([says, ...further].join(' '));
const object = 'm';
const video = { ...plan, mode: 'video', place: '' } as const;

test('a visit that is cancelled says who, which, why, and what is cited', () => {
  const [proposed, accepted, cancelled] = tell(
    line({ is: 'meeting_proposed', object, plan }, amina),
    line({ is: 'meeting_accepted', object, plan }),
    line({ is: 'meeting_cancelled', object, reason }),
  );
  expect(all(proposed!)).toMatch(/^North proposed a meeting: Friday,? 12 March 2027.*09:00.*10:30, in person, Lissen\.$/);
  expect(all(accepted!)).toMatch(/^South accepted the meeting: Friday/);
  expect(all(cancelled!)).toBe(
    'South cancelled the visit of 12 March 2027. Reason: The strait is closed. It cites: ‘No ship passes’ (10 March 2027).',
  );
});

test('a meeting goes by the time that was agreed, not by one that was only proposed', () => {
  const later = { ...plan, start: plan.start + 86_400_000 };
  const lines = tell(
    line({ is: 'meeting_proposed', object, plan }),
    line({ is: 'meeting_accepted', object, plan }),
    line({ is: 'meeting_countered', object, plan: later }),
    line({ is: 'meeting_accepted', object, plan: later }, amina, { void: 'crossed' }),
    line({ is: 'meeting_begun', object }),
  );
  expect(plain(lines[2]!.says)).toMatch(/^South proposed for the meeting of 12 March 2027: Saturday/);
  expect(plain(lines[4]!.says)).toBe('The meeting of 12 March 2027 began.');
  expect(lines[3]!.without).toMatch(/^Without effect: something else was written at the same time/);
  expect(lines[2]!.without).toBeUndefined();
});

test('the move to video is said as one', () => {
  const [, , moved, again] = tell(
    line({ is: 'meeting_proposed', object, plan }),
    line({ is: 'meeting_accepted', object, plan }),
    line({ is: 'meeting_countered', object, plan: video }),
    line({ is: 'meeting_countered', object, plan }),
  );
  expect(plain(moved!.says)).toMatch(/^South proposed to move the meeting of 12 March 2027 to video: .*, by video\.$/);
  expect(plain(again!.says)).not.toContain('to video');
});

test('one entry that is told in several lines has a key for each', () => {
  const one = line({ is: 'act_in_force', act: { is: 'lock' }, object });
  const other = { ...one, what: { is: 'act_consented', object } } as const;
  const lines = tell(other, one, line({ is: 'meeting_begun', object }));
  expect(lines[0]!.position).toBe(lines[1]!.position);
  expect(new Set(lines.map(({ key }) => key)).size).toBe(3);
});

test('a team that is proposed again is changed', () => {
  const team = { is: 'team_proposed', object, name: 'Charts', mandate: '' } as const;
  const [first, other, again] = tell(line(team), line({ ...team, object: 'other' }), line(team));
  expect([first, other, again].map((told) => plain(told!.says))).toEqual([
    'South proposed a team: Charts.', 'South proposed a team: Charts.', 'South proposed to change the team Charts.',
  ]);
});

test('a reason that is for the delegations alone says so', () => {
  const [, declined] = tell(
    line({ is: 'meeting_proposed', object, plan }),
    line({ is: 'meeting_declined', object, reason: { public: 'Other duties.', between: 'The envoy is ill.', cause: null } }),
  );
  expect(all(declined!)).toContain('Reason: Other duties. Between the delegations: The envoy is ill.');
});

test('entries without news are no lines, and don’t move the others', () => {
  const lines = tell(line({ is: 'nothing', count: 3 }), line({ is: 'seated', name: 'Cleo' }));
  expect(lines.map(({ says }) => plain(says))).toEqual(['Cleo has a seat.']);
});

test('a reason unknown to this page is still said to have no effect', () => {
  expect(tell(line({ is: 'meeting_begun', object }, amina, { void: 'whatever' }))[0]!.without).toMatch(/the rules of the record/);
});

/** One of each thing that may happen. */
const EACH: { [Is in Exclude<Deed, 'nothing'>]: Extract<What, { is: Is }> } = {
  founded: { is: 'founded', title: 'Fisheries' },
  words_compared: { is: 'words_compared', same: true },
  act_proposed: { is: 'act_proposed', act: { is: 'lock' } },
  act_in_force: { is: 'act_in_force', act: { is: 'lock' } },
  act_expired: { is: 'act_expired', act: { is: 'lock' } },
  act_superseded: { is: 'act_superseded', act: { is: 'lock' } },
  act_consented: { is: 'act_consented' },
  act_retracted: { is: 'act_retracted' },
  amended: { is: 'amended' },
  head_revoked: { is: 'head_revoked' },
  seated: { is: 'seated', name: 'Cleo' },
  left: { is: 'left', name: 'Cleo' },
  meeting_proposed: { is: 'meeting_proposed', plan },
  meeting_countered: { is: 'meeting_countered', plan },
  meeting_accepted: { is: 'meeting_accepted', plan },
  meeting_declined: { is: 'meeting_declined', reason },
  meeting_postponed: { is: 'meeting_postponed', reason, plan: null },
  meeting_cancelled: { is: 'meeting_cancelled', reason },
  meeting_begun: { is: 'meeting_begun' },
  meeting_adjourned: { is: 'meeting_adjourned', reason },
  meeting_resumed: { is: 'meeting_resumed' },
  meeting_ended: { is: 'meeting_ended' },
  agenda_put: { is: 'agenda_put', title: 'Quotas' },
  agenda_position: { is: 'agenda_position', title: 'Quotas', text: 'Half.' },
  agenda_request: { is: 'agenda_request', title: 'Quotas', text: 'All.' },
  agenda_marked: { is: 'agenda_marked', title: 'Quotas', state: 'parked' },
  agenda_called: { is: 'agenda_called', title: 'Quotas' },
  agenda_rested: { is: 'agenda_rested', title: 'Quotas' },
  agenda_timed: { is: 'agenda_timed', title: 'Quotas', minutes: 10, agreed: false },
  team_proposed: { is: 'team_proposed', name: 'Charts', mandate: 'Draw the line.' },
  team_agreed: { is: 'team_agreed', name: 'Charts' },
  team_refused: { is: 'team_refused', name: 'Charts', reason },
  team_reported: { is: 'team_reported', name: 'Charts', text: 'Drawn.' },
  team_closed: { is: 'team_closed', name: 'Charts' },
  commitment_proposed: { is: 'commitment_proposed', text: 'Release the crews.', owner: 1 },
  commitment_agreed: { is: 'commitment_agreed', text: 'Release the crews.' },
  commitment_done: { is: 'commitment_done', text: 'Release the crews.' },
  commitment_dropped: { is: 'commitment_dropped', text: 'Release the crews.', reason },
  commitment_reopened: { is: 'commitment_reopened', text: 'Release the crews.' },
  readout_drafted: { is: 'readout_drafted', object: 'r', headline: 'The strait reopens' },
  readout_commented: { is: 'readout_commented', object: 'r', text: 'June?' },
  readout_disputed: { is: 'readout_disputed', object: 'r', text: 'Not so.' },
  readout_undisputed: { is: 'readout_undisputed', object: 'r' },
  readout_signed: { is: 'readout_signed', object: 'r' },
  readout_unsigned: { is: 'readout_unsigned', object: 'r' },
  readout_agreed: { is: 'readout_agreed', object: 'r' },
};

describe('each thing that may happen', () => {
  test.each(Object.values(EACH).map((what) => [what.is, what] as const))('%s is a sentence', (_, what) => {
    const [one] = tell(line(what));
    const words = plain(one!.says);
    expect(words).toMatch(/^[‘\p{Lu}].*[.:]?.*\p{L}.*\.$/u);
    expect(words).not.toMatch(/undefined|null|\[object/);
  });

  test('no two say the same', () => {
    const says = Object.values(EACH).map((what) => tell(line(what))[0]!.says);
    expect(new Set(says).size).toBe(says.length - 1);
    // A counter-proposal to nothing is a proposal.
    expect(says.filter((one) => one === says[Object.keys(EACH).indexOf('meeting_proposed')])).toHaveLength(2);
  });

  test('speaking time that all agreed to is another thing than one side’s word, and no limit is said to be none', () => {
    const says = (minutes: number, agreed: boolean) => plain(tell(line({ is: 'agenda_timed', title: 'Quotas', minutes, agreed }))[0]!.says);
    expect(says(1, false)).toBe('South proposed a speaking time of 1 minute for each side: Quotas.');
    expect(says(10, true)).toBe('South agreed to a speaking time of 10 minutes for each side: Quotas.');
    expect(says(0, false)).toBe('South wants no limit to speaking time: Quotas.');
    expect(says(0, true)).toBe('South agreed to no limit to speaking time: Quotas.');
  });

  test('names keep their direction to themselves', () => {
    expect(tell(line(EACH.seated))[0]!.says).toContain(isolate('Cleo'));
  });
});
