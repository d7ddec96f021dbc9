import type { InvitationProblem } from '../../e2ee/messages';
import { isolate } from '../forms';

export const home = {
  lead: 'A sealed room for talks between organisations that don’t share a server they trust.',
  join: 'Join a talk',
  invitation: 'Link or code of the invitation',
  invitationHint: 'Capital letters, spaces and hyphens don’t matter.',
  open: 'Go on',
  opening: 'Reading the invitation',
  invitationProblem: {
    empty: 'Paste the link that you were sent, or type its code.',
    incomplete: 'The end of the invitation is missing. Copy or type the whole of it.',
    mistyped: 'A character of the code is wrong. Compare it with the one you were given.',
    other_version:
      'This invitation was made by another version of In Camera. Reload this page; if that doesn’t help, ask for a new invitation.',
    not_invitation: 'This is no invitation. Paste the link that you were sent, or type its code.',
  } satisfies Record<InvitationProblem, string>,
  elsewhere: (host: string) => `This invitation belongs to ${isolate(host)}. Open it there.`,
  openThere: 'Open it there',
  propose: 'Propose a talk',
  title: 'What is it about?',
  titleHint: 'Sealed with the talk: the server never learns it.',
  titlePlaceholder: 'Fisheries, second round',
  name: 'Your name',
  namePlaceholder: 'Amina Diallo',
  token: 'Operator’s token',
  tokenHint: 'Here only people with this token propose talks. Whoever runs the server has it.',
  needToken: 'Enter the operator’s token. Whoever runs the server has it.',
  wrongToken: 'This token is not, or no longer, the right one. Ask whoever runs the server.',
  submit: 'Make the invitation',
  submitting: 'Making the invitation',
  needTitle: 'Give the talk a title, so that guests know what they are invited to.',
  needName: 'Enter the name under which the others will see you.',
  recent: 'Talks on this device',
  recentHint:
    'Kept in this browser only, with their links. Forget them on a device that others use.',
  again: 'Open',
  againTitle: (title: string) => `Open ${isolate(title)}`,
  forget: 'Forget',
  forgetTitle: (title: string) => `Forget ${isolate(title)} on this device`,
  end: 'End this talk',
  endTitle: (title: string) => `End this talk for everybody: ${isolate(title)}`,
  endHeading: (title: string) => `End ${isolate(title)}?`,
  endHint:
    'Everybody is shown out, the invitation stops working, and the server erases what it kept of the talk. This can’t be undone.',
  endCancel: 'Keep it',
  ended: (title: string) => `${isolate(title)} has ended. The server has erased it.`,
  points: [
    'Picture, sound and words are sealed in your browser and opened in theirs. The server passes on what it can’t read.',
    'Guests need the invitation and a browser. No account, nothing to install.',
    'A sentence tells you at all times who can hear you.',
  ],
};
