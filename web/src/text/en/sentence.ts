import type { SessionState } from '../../e2ee/messages';
import { plurals } from '../forms';

type StopCode = Extract<SessionState, { is: 'stopped' }>['code'];
const plural = plurals('en');

export const sentence = {
  joining: 'Sealing the room. Nothing is sent yet.',
  left: 'You have left. Nothing is sent.',
  sealed: 'Sealed.',
  team: 'A team’s own room.',
  alone: 'Nobody else is here.',
  people: (count: number) => plural(count, { one: '# person.', other: '# people.' }),
  peopleOf: (people: number, delegations: number) =>
    `${plural(people, { one: '# person', other: '# people' })}, ${plural(delegations, { one: '# delegation.', other: '# delegations.' })}`,
  uncompared: 'Not yet compared.',
  verified: 'Roots verified.',
  differs: 'The words differ.',
  noRecording: 'No recording declared.',
  stopped: 'Stopped.',
  stoppedBecause: {
    fork: 'The server shows others a different room than you. Nothing is sent.',
    bad_record: 'The record of this talk can’t be opened with your link. Nothing is sent.',
    replaced: 'Your seat was taken in another tab or on another device. Nothing is sent from here.',
    revoked: 'Your seat was withdrawn, or both delegations decided that you leave. Nothing is sent.',
    not_approved: 'Your seat lacks an approval under the rules as they are now. Nothing is sent.',
    locked_out: 'The room was locked, and you are not among those who may be in it. Nothing is sent.',
    room_ended: 'Both delegations have ended this room. Nothing is sent.',
    ended: 'Both delegations have ended the talk. Nothing is sent.',
    internal: 'The sealing failed in a way that it never should. Nothing is sent.',
  } satisfies Record<StopCode, string>,
  open: 'Who can hear you',
};
