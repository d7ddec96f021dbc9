/** Tries one path to the media server, without sending or receiving anything over it. */
import type { Exchange, Path, ProbeResult } from '../state/network';

/** ICE and DTLS over a slow line. */
const CONNECT_MS = 6_000;
const STATS_MS = 1_500;
const POLL_MS = 100;

export async function probe(path: Path, exchange: Exchange): Promise<ProbeResult> {
  const peer = new RTCPeerConnection({ bundlePolicy: 'max-bundle', iceServers: [] });
  try {
    peer.addTransceiver('audio', { direction: 'recvonly' });
    await peer.setLocalDescription();
    const answer = await exchange(peer.localDescription?.sdp ?? '');
    await peer.setRemoteDescription({ type: 'answer', sdp: onlyPath(answer, path) });
    const works = await connected(peer);
    return { works, roundTrip: works ? await roundTrip(peer) : undefined };
  } finally {
    peer.close();
  }
}

/** The description without the candidates of the other path (RFC 8839 section 5.1). */
export function onlyPath(sdp: string, path: Path): string {
  return sdp
    .split('\r\n')
    .filter((line) => {
      const transport = /^a=candidate:\S+ \d+ (\S+) /i.exec(line)?.[1];
      return transport === undefined || transport.toLowerCase() === path;
    })
    .join('\r\n');
}

function connected(peer: RTCPeerConnection): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (works: boolean) => {
      clearTimeout(timer);
      peer.onconnectionstatechange = null;
      resolve(works);
    };
    const timer = setTimeout(() => settle(false), CONNECT_MS);
    const look = () => {
      if (peer.connectionState === 'connected') settle(true);
      if (peer.connectionState === 'failed') settle(false);
    };
    peer.onconnectionstatechange = look;
    look();
  });
}

/** In milliseconds; nothing where the browser doesn't tell. */
async function roundTrip(peer: RTCPeerConnection): Promise<number | undefined> {
  const end = performance.now() + STATS_MS;
  for (;;) {
    for (const entry of (await peer.getStats()).values()) {
      const { type, state, currentRoundTripTime } = entry as RTCIceCandidatePairStats;
      if (type !== 'candidate-pair' || state !== 'succeeded') continue;
      if (typeof currentRoundTripTime === 'number') return currentRoundTripTime * 1000;
    }
    if (performance.now() > end) return undefined;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
