/** What stands in a talk and what comes next, for whoever looks at it. */
import type { Asking, Delegation, OpenAct, Seated, TalkView } from '../e2ee/talk-messages';

export type Step =
  | 'loading'
  | 'offered'
  | 'claimed'
  | 'claiming'
  /** Claimant: the answer was sent. */
  | 'sent'
  /** Proposer: the charter is theirs to sign. */
  | 'countersigned'
  | 'compare'
  | 'enter'
  | 'ask'
  | 'asked'
  | 'vouched'
  | 'refused'
  /** Was a head until the own side took that back. */
  | 'demoted'
  | 'ended'
  | 'broken';

/** `claimed`: whether the connection is one of a delegation that has a head. */
export function step(view: TalkView | undefined, claimed = false): Step {
  if (!view) return 'loading';
  if (view.mismatch || view.stage === 'broken') return 'broken';
  if (view.ended) return 'ended';
  if (view.own.demoted) return 'demoted';
  switch (view.stage) {
    case 'loading':
      // A guest learns nothing before they are seated.
      if (view.own.head) return 'loading';
      return claimed || view.own.seat !== 'none' ? guestStep(view) : 'loading';
    case 'offered':
    case 'claimed':
    case 'claiming':
      return view.stage;
    case 'founding':
      return view.own.delegation === 0 ? 'countersigned' : 'sent';
    case 'founded':
      return view.own.head ? headStep(view) : guestStep(view);
  }
}

function headStep(view: TalkView): Step {
  // Keys that came from a backup have no seat yet.
  if (view.own.seat === 'none') return 'ask';
  if (view.own.seat !== 'ready') return 'vouched';
  return view.words !== null && !isCompared(view) ? 'compare' : 'enter';
}

function guestStep({ own }: TalkView): Step {
  switch (own.seat) {
    case 'none':
      return 'ask';
    case 'ready':
      return 'enter';
    default:
      return own.seat;
  }
}

export function ownDelegation(view: TalkView): Delegation | undefined {
  return view.delegations.find(({ own }) => own);
}

/** Whether a head of one's own side has said that the words agree. */
export function isCompared(view: TalkView): boolean {
  const index = view.own.delegation;
  return index !== null && view.compared.includes(index);
}

/**
 * Whether this page comes from a server that isn't one's own side's: that of who proposed. `group`:
 * the place of one's own side, as the connection has it; a guest without a seat knows no more.
 */
export function isForeign(view: TalkView | undefined, group: number | undefined): boolean {
  return view?.stage === 'claiming' || (view?.own.delegation ?? group ?? 0) !== 0;
}

/** Who asks this head to vouch for them: to make a head takes the delegation's own keys. */
export function asking(view: TalkView): Asking[] {
  return view.lobby.filter(({ state, role }) => state === 'asks' && (role !== 'head' || view.own.root));
}

/** What may be done about a seat from here: a head's goes with their office, by whoever can make heads. */
export function endingOf(view: TalkView, seat: Seated): 'withdraw' | 'revoke' | 'eject' | undefined {
  const { own, heads } = view;
  if (!own.head || seat.revoked || seat.id === own.id) return undefined;
  if (seat.delegation !== own.delegation) return isBound(view) ? undefined : 'eject';
  const head = heads.find(({ seat: id, revoked }) => id === seat.id && !revoked);
  if (!head) return 'withdraw';
  return own.root && !head.root ? 'revoke' : undefined;
}

/** Acts that one's own side is asked for and hasn't agreed to. */
export function undecided(view: TalkView): OpenAct[] {
  const index = view.own.delegation;
  return view.acts.filter(({ own, asked }) => !own && index !== null && asked.includes(index));
}

/** Whether one's own side has agreed to something that is still open: then it can agree to nothing else (R-L4). */
export function isBound(view: TalkView): boolean {
  return view.acts.some(({ own }) => own);
}

/** How many matters wait for this head. */
export function waitsFor(view: TalkView | undefined): number {
  if (!view?.own.head) return 0;
  return asking(view).length + view.waiting.length + undecided(view).length;
}

/** The half of the words that a side reads aloud: the proposer's side the first. */
export function halves(words: readonly string[], first: boolean): { yours: string[]; theirs: string[] } {
  const middle = Math.ceil(words.length / 2);
  const [head, tail] = [words.slice(0, middle), words.slice(middle)];
  return first ? { yours: head, theirs: tail } : { yours: tail, theirs: head };
}

/** The digits in groups of five, to be read out. */
export function digitGroups(digits: string): string[] {
  return digits.match(/.{1,5}/g) ?? [];
}
