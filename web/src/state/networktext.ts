import { text } from '../text';
import type { NetworkState } from './network';

export interface NetworkLine {
  tone: 'pending' | 'good' | 'bad';
  words: string;
}

/** What the network lets through, in one line. */
export function networkLine(state: NetworkState): NetworkLine {
  const t = text.network;
  if (state.is === 'connecting') return { tone: 'pending', words: t.connecting };
  if (state.is === 'unreachable') return { tone: 'bad', words: t.unreachable };
  if (state.is === 'full') return { tone: 'bad', words: t.full };
  if (state.is === 'trying') return { tone: 'pending', words: t.trying };
  const { udp, tcp, roundTrip } = state;
  if (!udp && !tcp) return { tone: 'bad', words: t.neither };
  const works = udp ? (tcp ? t.works : t.udpOnly) : t.tcpOnly;
  const words = roundTrip === undefined ? works : `${works} ${t.roundTrip(roundTrip)}`;
  return { tone: udp ? 'good' : 'bad', words };
}
