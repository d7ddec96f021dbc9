import type { InvitationProblem } from '../../e2ee/messages';
import type { ApiReason } from '../../wire/ApiReason';

export const left = {
  heading: 'You have left the room',
  hint: 'Camera and microphone are off. You can enter again from this tab.',
  again: 'Enter again',
  home: 'To the first page',
};

interface Told {
  heading: string;
  hint: string;
}

const incomplete = {
  heading: 'This link is not complete',
  hint: 'The part after # is missing or cut off. Open or copy the whole link, or enter the code of the invitation on the first page.',
};

/** Why a talk can't be opened, and what to do. */
export const trouble = {
  empty: incomplete,
  incomplete,
  not_invitation: incomplete,
  mistyped: {
    heading: 'This link is damaged',
    hint: 'A character of it has changed on the way. Ask for it again, or enter the code of the invitation on the first page.',
  },
  other_version: {
    heading: 'This invitation is of another version',
    hint: 'Reload the page. If that doesn’t help, ask for a new invitation.',
  },
  nowhere: {
    heading: 'There is nothing at this address',
    hint: 'Open the link that you were sent, or begin at the first page.',
  },
  no_demonstration: {
    heading: 'This link is for a demonstration',
    hint: 'The server at this address doesn’t say that it is one, so the keys in the link weren’t used. Open it where the demonstration runs.',
  },
  unknown: {
    heading: 'This link opens no talk on this server',
    hint: 'It may belong to another server. Compare the address with the one that you were sent, or ask for a new invitation.',
  },
  gone: {
    heading: 'This talk has ended',
    hint: 'Whoever proposed it has ended it, and the server has erased it. Ask for a new invitation if the talks go on.',
  },
  full: {
    heading: 'There is no place left',
    hint: 'The room or the server is full. Try again in a few minutes, or ask somebody to leave.',
  },
  version: {
    heading: 'The server speaks another version',
    hint: 'This page is older or newer than the server. Reload it: your seat and what you wrote are kept.',
  },
  origin: {
    heading: 'The server doesn’t know this address',
    hint: 'It doesn’t know itself by this name. Use the address that you were given.',
  },
} satisfies Record<InvitationProblem | 'nowhere', Told> & Record<string, Told>;

export const page = {
  home: 'To the first page',
  reload: 'Reload the page',
};

export const unsupported = {
  heading: 'This browser can’t seal a call',
  hint: 'Use a current Chrome, Edge or Firefox.',
  insecureHeading: 'This address is not secure',
  insecure:
    'Over http:// the browser gives out neither camera nor keys. Ask whoever runs the server for its address that starts with https://.',
};

/** What a server may answer to a request. */
export const server = {
  unreachable: 'The server could not be reached. Check your connection, then try again.',
  malformed: 'The server could not read the request. Reload the page, then try again.',
  origin: 'The server doesn’t know itself by this address. Use the address that you were given.',
  token_missing: 'Enter the operator’s token. Whoever runs the server has it.',
  token_wrong: 'This token is not, or no longer, the right one. Ask whoever runs the server.',
  access: 'The server knows no such talk, or this device can’t end it.',
  taken: 'The server has another talk by this name. Try again.',
  too_large: 'This is too large for the server. Make it shorter.',
  too_many: 'This was too often in a short time. Wait a minute, then try again.',
  full: 'The server is full. Try again later, or ask whoever runs it.',
  unavailable: 'The server can’t store anything at the moment. Try again later.',
} satisfies Record<ApiReason | 'unreachable', string>;
