/**
 * Links in a message are shown, never followed: whoever wants to go there copies them. The host
 * stands beside a link whose letters could be mistaken for others (RFC 5891).
 */

export interface Piece {
  text: string;
  /** Of a link: whether it is one, */
  link: boolean;
  /** and its host in ASCII, if it reads differently from what was written. */
  host: string | undefined;
}

const LINK = /\b(?:https?:\/\/|www\.)[^\s<>"'\u2066-\u2069\u200e\u200f\u202a-\u202e]+/giu;
/** What ends a sentence ends a link. */
const TRAILING = /[.,;:!?…)\]}»”’]+$/u;

export function pieces(message: string): Piece[] {
  const found: Piece[] = [];
  let done = 0;
  for (const match of message.matchAll(LINK)) {
    const text = match[0].replace(TRAILING, '');
    const url = URL.parse(/^www\./i.test(text) ? `https://${text}` : text);
    if (!url) continue;
    // What stands before an @ is no host, whatever it looks like.
    const plainHost = url.username === '' && url.password === '' && text.toLowerCase().includes(url.hostname);
    if (match.index > done) found.push(plain(message.slice(done, match.index)));
    done = match.index + text.length;
    found.push({ text, link: true, host: plainHost ? undefined : url.hostname });
  }
  if (done < message.length) found.push(plain(message.slice(done)));
  return found;
}

function plain(text: string): Piece {
  return { text, link: false, host: undefined };
}
