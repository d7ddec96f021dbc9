import { isolate } from '../forms';

/** The page of a published readout. */
export const published = {
  loading: 'Fetching and verifying the readout…',
  kicker: 'A readout that both sides signed',
  verified: 'This page has verified it: the signatures hold over exactly this text, and it is what was published at this address.',
  embargo: (time: string) => `Was under embargo until ${time}.`,
  signatures: 'Who signed',
  signedFor: (delegation: string) => `For ${isolate(delegation)}`,
  fingerprint: 'Fingerprint of the key (SHA-256)',
  meaning:
    'A signature shows that the holder of the key signed this text. Whose key it is, the delegation tells: ask it to read the fingerprint to you. The address says which content it is; who gave it to you vouches for it.',
  verify: 'Verify it yourself',
  how: 'Save the page: all files for it are in there as links. Put them into one folder and run these commands; OpenSSL 3 is enough. Each has to answer “Signature Verified Successfully”.',
  save: 'Save it',
  whole: 'The page',
  text: 'The signed text',
  data: 'For programs',
  print: 'Print it',
  saveFailed: 'It couldn’t be saved. Reload the page and try again.',
  missingHeading: 'Nothing is published here, or not yet',
  missing: 'Compare the address with the one that you were given. If the readout is under embargo, come again when that has ended.',
  uncheckedHeading: 'The readout can’t be shown now',
  cantVerify: 'This browser couldn’t verify it, so nothing of it is shown. Reload the page, or use a current browser.',
  again: 'Try again',
  falseHeading: 'This is not the readout that was published here',
  false: 'What the server sent isn’t what both sides signed and published at this address. Nothing of it is shown. Don’t rely on this server for it: ask a delegation for its file.',
};
